/** What another thread may rely on for memory that outlived the thread which allocated it. */
import { strictEqual } from 'node:assert';

const OURS = 0x5c;

const isAll = (bytes, value) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).equals(
    Buffer.alloc(bytes.length, value),
  );

/** Every byte reads zero, to both edges. */
export function expectZeros(buffers) {
  for (const buffer of buffers) {
    strictEqual(isAll(new Uint8Array(buffer), 0), true, `${buffer.byteLength} B are not all zero`);
  }
}

/** They can be written, and no block that `allocator` of the package makes lies in them. */
export function expectPrivate(buffers, { Layout }, allocator) {
  for (const buffer of buffers) new Uint8Array(buffer).fill(OURS);
  const layouts = buffers.map(({ byteLength }) => Layout.from(byteLength));
  for (let round = 0; round < 8; round++) {
    const blocks = layouts.map((layout) => allocator.allocate(layout));
    for (const block of blocks) {
      strictEqual(isAll(new Uint8Array(block), 0), true, 'a new block is not zero');
      new Uint8Array(block).fill(round);
    }
    for (const buffer of buffers) {
      strictEqual(
        isAll(new Uint8Array(buffer), OURS),
        true,
        'a new block lies in laundered memory',
      );
    }
    for (const [at, block] of blocks.entries()) allocator.deallocate(block, layouts[at]);
  }
}
