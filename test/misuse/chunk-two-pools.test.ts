// Bytes that one pool gives out are given out by no other: for that is what corrupts blocks.
import { expect, it } from 'vitest';
import { ChunkPool, heap } from '../../lib/index.js';
import { collect, withCode } from '../support/idle.js';
import { endOf, messageOf, runProgram, startWorker } from '../support/programs.js';

/** Shared memory of WebAssembly: an object for each length it ever had, all over the same bytes. */
function wasmMemory() {
  return Reflect.construct(Reflect.get(globalThis, 'WebAssembly').Memory, [
    { initial: 1, maximum: 4, shared: true },
  ]) as { readonly buffer: SharedArrayBuffer; grow(pages: number): void };
}

it('twice over the same memory is BUSY, until the first pool is disposed', () => {
  for (const memory of [heap(), new SharedArrayBuffer(4096)]) {
    const first = ChunkPool.over(memory);
    expect(() => ChunkPool.over(memory)).toThrow(withCode('BUSY'));
    first.dispose();
    expect(() => ChunkPool.over(memory).dispose()).not.toThrow();
    expect(ChunkPool.over(memory).usage()).toBe(0);
  }
});

it('over shared memory is BUSY while any pool lies over it, attached ones too', () => {
  const memory = new SharedArrayBuffer(4096);
  const first = ChunkPool.over(memory);
  const second = ChunkPool.attach(first.shared);
  first.dispose();
  expect(() => ChunkPool.over(memory)).toThrow(withCode('BUSY'));
  second.dispose();
  expect(() => ChunkPool.over(memory)).not.toThrow();
});

it('over a clone of shared memory is BUSY: it has the same bytes', () => {
  const memory = new SharedArrayBuffer(4096);
  const pool = ChunkPool.over(memory);
  expect(() => ChunkPool.over(structuredClone(memory))).toThrow(withCode('BUSY'));
  expect(pool.verify()).toBe(true);
});

it('over shared memory that has grown under another object is BUSY', () => {
  const wasm = wasmMemory();
  const pool = ChunkPool.over(wasm.buffer);
  const buffer = pool.from('mine');
  wasm.grow(1);
  expect(() => ChunkPool.over(wasm.buffer)).toThrow(withCode('BUSY'));
  const { id } = pool.shared;
  expect(() => ChunkPool.attach({ memory: wasm.buffer, id })).toThrow(withCode('NOT_OWNED'));
  expect(buffer.toString()).toBe('mine');
  pool.dispose();
  expect(ChunkPool.over(wasm.buffer).capacity).toBe(2 * 65536);
});

it('in another thread over memory that has a pool is BUSY, and both go on by attach', async () => {
  const memory = new SharedArrayBuffer(4096);
  const pool = ChunkPool.over(memory);
  const buffer = pool.from('mine');
  const worker = startWorker(
    `const code = (action) => { try { return action(); } catch (error) { return error.code; } };
     const first = code(() => hw.ChunkPool.over(data.memory));
     const theirs = hw.ChunkPool.attach(data).from('theirs');
     port.postMessage([first, theirs.toString()]);`,
    pool.shared,
  );
  expect(await messageOf(worker)).toEqual(['ERR_HEAPWRIGHT_BUSY', 'theirs']);
  expect(buffer.toString()).toBe('mine');
  await endOf(worker);
});

it('is noticed whatever was done to the classes of the engine', async () => {
  const { code, stdout } = await runProgram(`
    const memory = hw.heap();
    const first = hw.ChunkPool.over(memory);
    WeakRef.prototype.deref = () => undefined;
    WeakMap.prototype.get = WeakMap.prototype.has = () => undefined;
    Set.prototype.has = () => false;
    globalThis.WeakRef = class {};
    try { hw.ChunkPool.over(memory); } catch (error) { console.log(error.code); }`);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'ERR_HEAPWRIGHT_BUSY\n' });
});

it('an option that makes a pool over the memory meanwhile: one of the two is BUSY', () => {
  const memory = heap();
  let inner: ChunkPool | undefined;
  const options = {
    get chunkSize() {
      inner = ChunkPool.over(memory);
      return 256;
    },
  };
  expect(() => ChunkPool.over(memory, options)).toThrow(withCode('BUSY'));
  expect(inner?.from('mine').toString()).toBe('mine');
});

it('memory is free again when its pool was collected', async () => {
  for (const memory of [heap(), new SharedArrayBuffer(1 << 16)]) {
    (() => ChunkPool.over(memory).alloc(100))();
    const isFree = () => {
      try {
        ChunkPool.over(memory).dispose();
        return true;
      } catch {
        return false;
      }
    };
    expect(await collect(isFree)).toBe(true);
  }
});
