import {
  allocate,
  deallocate,
  globalAllocator,
  Layout,
  SystemAllocator,
  setAllocErrorHook,
  setGlobalAllocator,
  withAllocator,
  withBudget,
} from '../../../lib/index.js';

const layout = Layout.from(64);

// expect TS2322
export const block: ArrayBuffer = allocate(layout);

// expect TS2345
deallocate(new Uint16Array(64), layout);

// expect TS2554
deallocate(allocate(layout));

// expect TS2345
globalAllocator().deallocate(new ArrayBuffer(64), layout);

// expect TS2345
setGlobalAllocator({ allocate: () => new ArrayBuffer(8) });

// expect TS2345
setAllocErrorHook(undefined);

// expect TS2554
withAllocator(new SystemAllocator());

// expect TS2353
withBudget({ blocks: 1 }, () => 1);

// expect TS2540
withBudget({ bytes: 1 }, (budget) => (budget.usedBytes = 0));

// expect TS2322
export const answer: string = withBudget({ bytes: 1 }, () => 7);
