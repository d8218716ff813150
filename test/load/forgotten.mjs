// Pooled Buffers that nobody frees, at full speed: forgotten.mjs [SECONDS] [SIZE]
// While the loop ticks, memory stays bounded and comes back, and live Buffers keep their contents.
// Without a tick a pool grows to its limit, refuses, and recovers in the ticks after that.
import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import { setImmediate } from 'node:timers/promises';
import { ArenaAllocator, BufferPool } from '../../dist/index.js';

const MiB = 2 ** 20;
const LIMIT = 32 * MiB;
const LIVE = 500;
/** Between two ticks; far less than the limit holds. */
const BYTES_PER_TICK = MiB;

const seconds = Number(process.argv[2] ?? 3);
const size = Number(process.argv[3] ?? 1000);
const pool = new BufferPool(new ArenaAllocator(), { limit: LIMIT });

const live = Array.from({ length: LIVE }, (_, at) => pool.alloc(size).fill(at));
function checkLive() {
  for (const [at, buffer] of live.entries()) {
    strictEqual(buffer.length, size);
    ok(buffer.every((byte) => byte === (at & 0xff)));
  }
}

/** Forgets `count` Buffers; what each read before shows that no live one lay there. */
function forget(count) {
  for (let done = 0; done < count; done++) pool.allocUnsafe(size).fill(0xff);
}

/** As `forget`, up to the limit. How many there were. */
function forgetWhatFits(count) {
  try {
    forget(count);
    return count;
  } catch (error) {
    strictEqual(error.code, 'ERR_HEAPWRIGHT_LIMIT');
    return 0;
  }
}

async function whileTicking() {
  let allocated = 0;
  let recovered = 0;
  let mostResident = 0;
  for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
    allocated += forgetWhatFits(Math.ceil(BYTES_PER_TICK / size));
    await setImmediate();
    mostResident = Math.max(mostResident, process.memoryUsage.rss());
  }
  const { peakBytes, failures, recoveredBytes } = pool.stats();
  ok(recoveredBytes > recovered, 'nothing came back');
  recovered = recoveredBytes;
  ok(peakBytes <= LIMIT, `held ${peakBytes}`);
  checkLive();
  console.log(`${allocated} forgotten, ${recovered} B came back, ${mostResident} B resident`);
  // Where a collection is late the limit holds, and what the tick after it needs is there.
  console.log(`refused at the limit: ${failures}`);
}

/** The limit's error, or null after far more than it holds. */
function fill() {
  try {
    forget((4 * LIMIT) / size);
    return null;
  } catch (error) {
    return error;
  }
}

async function withoutTick() {
  for (let round = 0; round < 3; round++) {
    strictEqual(fill()?.code, 'ERR_HEAPWRIGHT_LIMIT');
    ok(pool.stats().mappedBytes <= LIMIT);
    checkLive();
    const { recoveredBytes } = pool.stats();
    for (let ticks = 0; pool.stats().recoveredBytes === recoveredBytes; ticks++) {
      ok(ticks < 10_000, 'does not recover');
      await setImmediate();
    }
    forget(10);
  }
}

await whileTicking();
await withoutTick();
checkLive();
strictEqual(pool.verify(), true);
deepStrictEqual(
  live.map((buffer) => pool.free(buffer)),
  live.map(() => true),
);
console.log('as expected');
