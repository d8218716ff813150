// Random traffic for minutes: after a while memory must not grow any more.
// soak.mjs [SECONDS] [WARM-UP SECONDS] [leak: keeps a part of what it allocates, which must fail]
import { ok, strictEqual } from 'node:assert';
import { setImmediate } from 'node:timers/promises';
import { ArenaAllocator, BufferPool } from '../../dist/index.js';
import { makeRandom } from '../gc/random.mjs';

const MiB = 2 ** 20;
/** Resident bytes that may come on in a minute. */
const MOST_A_MINUTE = MiB;
/** Where less than two minutes are measured a collection more or less shows: the whole growth. */
const MOST_IN_SHORT = 64 * MiB;
const SHORT = 120;
const SAMPLE_MS = 250;
/** Between two collections memory comes and goes: of so many milliseconds the lowest sample counts. */
const WINDOW_MS = 10_000;
const LIVE = 2000;

const seconds = Number(process.argv[2] ?? 600);
const warmUp = Number(process.argv[3] ?? Math.min(120, seconds / 3));
const measured = seconds - warmUp;
const leaks = process.argv[4] === 'leak';
const random = makeRandom(1);
const pool = new BufferPool(new ArenaAllocator(), { limit: 256 * MiB });
const live = Array.from({ length: LIVE }, () => pool.alloc(64));
const leaked = [];

function pickSize() {
  const kind = random(100);
  if (kind < 70) return random(600);
  if (kind < 95) return random(9000);
  return kind < 99 ? random(33_000) : 33_000 + random(100_000);
}

/** One Buffer goes, in one of the ways to do so, and another comes. */
function step() {
  const at = random(LIVE);
  const old = live[at];
  const fate = random(10);
  if (fate < 6) pool.free(old);
  else if (fate < 8) {
    const lease = pool.lease(old);
    pool.free(old);
    lease.dispose();
  } else if (fate === 8) {
    live[at] = pool.realloc(old, pickSize());
    return;
  } // else it is forgotten
  live[at] = pool.alloc(pickSize());
  if (leaks && random(8) === 0) leaked.push(pool.alloc(1000).fill(1));
}

/** The lowest sample of each window; all of them where there are few. */
function floorOf(samples) {
  if (measured < SHORT) return samples;
  const lowest = new Map();
  for (const sample of samples) {
    const window = Math.floor(sample[0] / WINDOW_MS);
    if ((lowest.get(window)?.[1] ?? Number.POSITIVE_INFINITY) > sample[1]) {
      lowest.set(window, sample);
    }
  }
  return [...lowest.values()];
}

/** Bytes a minute: the slope of the line that fits best. */
function slopeOf(samples) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [time, bytes] = [mean(samples.map(([t]) => t)), mean(samples.map(([, b]) => b))];
  let above = 0;
  let below = 0;
  for (const [t, b] of samples) {
    above += (t - time) * (b - bytes);
    below += (t - time) ** 2;
  }
  return (above / below) * 60_000;
}

const start = performance.now();
const samples = [];
let steps = 0;
for (let now = 0, next = 0; now < seconds * 1000; now = performance.now() - start) {
  for (let count = 0; count < 1000; count++) step();
  steps += 1000;
  await setImmediate();
  if (now < next) continue;
  next = now + SAMPLE_MS;
  if (now >= warmUp * 1000) samples.push([now, process.memoryUsage.rss()]);
}
strictEqual(pool.verify(), true);
const { mappedBytes, recoveredBlocks, liveBlocks } = pool.stats();
const slope = slopeOf(floorOf(samples));
const most = measured >= SHORT ? MOST_A_MINUTE : (MOST_IN_SHORT / measured) * 60;
console.log(
  `${steps} steps, ${recoveredBlocks} recovered, ${liveBlocks} out, ${mappedBytes} B held`,
);
console.log(`${Math.round(slope)} B a minute, at most ${Math.round(most)} may`);
ok(samples.length > 2 && slope <= most, 'memory grows');
console.log('as expected');
