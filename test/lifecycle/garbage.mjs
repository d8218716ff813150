import { setImmediate } from 'node:timers/promises';

/** Collects garbage, with ticks for the finalizers, until `done` or for `rounds`. */
export async function collect(done = () => false, rounds = 5) {
  for (let round = 0; round < rounds && !done(); round++) {
    globalThis.gc();
    await setImmediate();
    await setImmediate();
  }
}
