import { Progress } from '../../../bench/report/progress.mjs';
import { countRun, whyNotCounted } from '../../lib/callgrind.mjs';
import { ABSENT, driverPath, environment } from './driver.mjs';
import { COUNTED } from './rows.mjs';

/** Whole rounds of every counted workload: multiples of 6 (lifo) and 50,000 (bulk). */
const PAIRS = { quick: 150_000, full: 1_200_000 };

/** Far above what the workloads hold: the limit is checked and never met. */
const LIMIT = String(2 ** 40);

/** How our allocator is asked for. Absent variants are those that this build cannot make. */
const VARIANTS = [
  { variant: 'plain', args: [] },
  { variant: 'limit', args: ['--limit', LIMIT] },
  { variant: 'exact', args: ['--exact'] },
];

/**
 * Instructions that one malloc and its free take, as the simulator counts them: the difference of
 * two lengths of run, which drops start-up, less the same difference of the empty allocator, which
 * drops the workload's own loop. What is left holds the calls themselves.
 */
export async function countInstructions(contestants, { quick }) {
  const skipped = whyNotCounted();
  if (skipped !== null) return { skipped, problems: [] };
  const [ours, ...others] = contestants;
  // A short run leaves the rivals out: only ours is held to a ceiling.
  const jobs = [
    ...VARIANTS.map(({ variant, args }) => ({ ...ours, id: label(ours, variant), args })),
    ...(quick ? [] : others.map((other) => ({ ...other, args: [] }))),
  ];
  const pairs = quick ? PAIRS.quick : PAIRS.full;
  const progress = new Progress('instructions', (jobs.length + 1) * COUNTED.length);
  const counts = {};
  const problems = [];
  for (const workload of COUNTED) {
    const loop = await perPair({ allocator: 'empty', args: [] }, workload, pairs);
    progress.step(`${workload}, the loop itself`);
    for (const job of jobs) {
      const counted = await perPair(job, workload, pairs);
      const failed = loop.failed ?? counted.failed;
      if (failed !== undefined) problems.push(`instructions, ${workload} on ${job.id}: ${failed}`);
      counts[job.id] ??= {};
      counts[job.id][workload] =
        counted.value === undefined || loop.value === undefined ? null : counted.value - loop.value;
      progress.step(`${workload} on ${job.id}`);
    }
  }
  return { counts, problems };
}

/** `arena` and, for its variants, `arena, limit`. */
export const label = ({ id }, variant) => (variant === 'plain' ? id : `${id}, ${variant}`);

async function perPair(job, workload, pairs) {
  const short = await count(job, workload, pairs);
  if (short.value === undefined) return short;
  const long = await count(job, workload, 2 * pairs);
  if (long.value === undefined) return long;
  return { value: (long.value - short.value) / pairs };
}

/** `{ value }`, `{ absent }` where the build lacks it, or `{ failed }`. */
async function count(job, workload, pairs) {
  const args = [workload, job.allocator, '--ops', String(pairs), ...job.args];
  const counted = await countRun(driverPath, args, { env: environment(job) });
  return counted.code === ABSENT ? { absent: true } : counted;
}
