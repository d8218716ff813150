import { BaseAllocator, defineAllocator, type Layout } from '../../../lib/index.js';

// expect TS2515
export class WithoutDeallocate extends BaseAllocator {
  override allocate(layout: Layout): ArrayBuffer {
    return new ArrayBuffer(layout.size);
  }
}

// expect TS2654
export class WithNothing extends BaseAllocator<Buffer> {}

export class OfAnotherKind extends BaseAllocator<Buffer> {
  // expect TS2416
  override allocate(layout: Layout): ArrayBuffer {
    return new ArrayBuffer(layout.size);
  }
  override deallocate(): boolean {
    return true;
  }
}

export class WithoutAnswer extends BaseAllocator {
  override allocate(layout: Layout): ArrayBuffer {
    return new ArrayBuffer(layout.size);
  }
  // expect TS2416
  override deallocate(): void {}
}

// expect TS2511
new BaseAllocator();

// expect TS2345
defineAllocator({ allocate: (layout: Layout) => new ArrayBuffer(layout.size) });

defineAllocator<Buffer>({
  // expect TS2740
  allocate: (layout) => new ArrayBuffer(layout.size),
  deallocate: () => true,
});
