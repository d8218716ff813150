// A bitmap and a memory that are scribbled over at random while a pool works on them:
// node test/chunk/scribble.mjs [--rounds 200] [--seed N]
// Every block has to lie in the memory, apart from all others, and to be freed once. Ends with 1
// where that is not so.
import { ChunkPool, heapBitmap } from '../../dist/index.js';
import { randomFrom, readArguments } from './read-arguments.mjs';

const { rounds, seed } = readArguments({ rounds: 200, seed: Date.now() % 2 ** 31 });
const random = randomFrom(seed);
const counts = { allocations: 0, frees: 0, full: 0, wrong: 0 };
const CALLS = 500;

function scribble(bytes) {
  const from = random(bytes.length);
  const end = from + random(bytes.length - from + 1);
  const kind = random(4);
  for (let at = from; at < end; at++) bytes[at] = kind < 2 ? kind * 255 : random(256);
}

/** Counts what is wrong about a block that was just made. */
function check(memory, live, buffer) {
  const [start, end] = [buffer.byteOffset, buffer.byteOffset + buffer.length];
  if (buffer.buffer !== memory || end > memory.byteLength) counts.wrong++;
  for (const other of live) {
    const otherEnd = other.byteOffset + other.length;
    if (start < otherEnd && other.byteOffset < end) counts.wrong++;
  }
}

function round() {
  const chunkSize = 8 << random(5);
  const chunks = 1 + random(200);
  const memory = new ArrayBuffer(chunks * chunkSize);
  const bitmap = heapBitmap({ chunks });
  const fit = random(2) === 0 ? 'next-fit' : 'best-fit';
  const pool = ChunkPool.over(memory, { bitmap, chunkSize, fit });
  const live = [];
  const take = (make) => {
    try {
      const buffer = make();
      check(memory, live, buffer);
      live.push(buffer);
      counts.allocations++;
    } catch (error) {
      if (error.code !== 'ERR_HEAPWRIGHT_OUT_OF_MEMORY') throw error;
      counts.full++;
    }
  };
  for (let call = 0; call < CALLS; call++) {
    scribble(bitmap);
    if (random(8) === 0) scribble(new Uint8Array(memory));
    const what = live.length === 0 ? 0 : random(8);
    if (what < 4) take(() => pool.alloc(random(chunkSize * 6), 7));
    else if (what < 6) {
      if (!pool.free(live.splice(random(live.length), 1)[0])) counts.wrong++;
      counts.frees++;
    } else {
      const [old] = live.splice(random(live.length), 1);
      take(() => {
        try {
          return pool.realloc(old, random(chunkSize * 6));
        } catch (error) {
          live.push(old);
          throw error;
        }
      });
    }
  }
  if (!pool.verify() || pool.stats().liveBlocks !== live.length) counts.wrong++;
  for (const buffer of live) pool.free(buffer);
  if (pool.usage() !== 0 || pool.largestFreeRun() !== chunks) counts.wrong++;
  pool.dispose();
}

for (let done = 0; done < rounds; done++) round();
console.log(JSON.stringify({ seed, rounds, ...counts }));
process.exitCode = counts.wrong === 0 && counts.allocations > 0 && counts.frees > 0 ? 0 : 1;
