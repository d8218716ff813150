import { setTimeout } from 'node:timers/promises';

/** Collects garbage now; Bun has a function of its own for that. */
export const collectNow = globalThis.gc ?? (() => globalThis.Bun.gc(true));

/** Collects, with time for the finalizers, until `done` or for a second or so. */
export async function collect(done) {
  for (let round = 0; round < 100 && !done(); round++) {
    collectNow();
    await setTimeout(10);
  }
  return done();
}
