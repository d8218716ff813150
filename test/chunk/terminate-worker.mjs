// One of the workers of terminate.mjs: everything that a pool can do, without an end.
import { parentPort, workerData } from 'node:worker_threads';
import { ChunkPool } from '../../dist/index.js';
import { randomFrom } from './read-arguments.mjs';

const pool = ChunkPool.attach(workerData.shared);
const random = randomFrom(workerData.seed);
const live = [];
const leases = [];
parentPort.postMessage(pool.workerId);

function take() {
  try {
    live.push(pool.alloc(random(400)));
  } catch (error) {
    if (error.code !== 'ERR_HEAPWRIGHT_OUT_OF_MEMORY') throw error;
    for (const buffer of live.splice(0, 1 + live.length / 2)) pool.free(buffer);
  }
}

function change() {
  const at = random(live.length);
  try {
    live[at] = pool.realloc(live[at], random(400));
  } catch (error) {
    if (!/OUT_OF_MEMORY|LEASED/.test(error.code)) throw error;
  }
}

function lease() {
  const at = random(live.length);
  leases.push(pool.lease(live[at]));
  pool.free(live.splice(at, 1)[0]);
}

for (;;) {
  const what = live.length === 0 ? 0 : random(10);
  if (what < 4) take();
  else if (what < 7) pool.free(live.splice(random(live.length), 1)[0]);
  else if (what < 9) change();
  else if (leases.length < 8) lease();
  else leases.splice(random(8), 1)[0].dispose();
}
