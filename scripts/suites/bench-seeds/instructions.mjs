import { countRun, whyNotCounted } from '../../lib/callgrind.mjs';
import { environment, seedsPath } from '../bench-native/driver.mjs';
import { COUNTED, EMPTY, OURS } from './parts.mjs';

const ITERATIONS = 20_000;

/** The loop alone: not the heap's making, nor what is left at the end. */
const LOOP = 'same_work_loop_*';

/**
 * Instructions for one iteration of the same work, which is one allocation and 0.69 frees, less
 * what the loop takes without an allocator; the call itself stays in. `{ counts, problems }`, or
 * with `skipped`, why not.
 */
export async function countSameWork({ quick }) {
  const skipped = whyNotCounted();
  if (skipped !== null) return { skipped, counts: {}, problems: [] };
  const counts = {};
  const problems = [];
  const loop = await count(EMPTY);
  for (const contestant of quick ? [OURS] : COUNTED) {
    const counted = await count(contestant);
    const failed = loop.failed ?? counted.failed;
    if (failed === undefined) {
      counts[contestant.id] = (counted.value - loop.value) / ITERATIONS;
    } else {
      problems.push(`instructions of ${contestant.id}: ${failed}`);
    }
  }
  return { counts, problems };
}

function count(contestant) {
  const args = ['same-work', ...contestant.args, '--cold', '--untimed', '--ops', `${ITERATIONS}`];
  return countRun(seedsPath, args, { env: environment(contestant), within: LOOP });
}
