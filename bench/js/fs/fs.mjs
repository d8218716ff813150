/**
 * File reads: a loop of `fs.readSync` and one of `fs.read` over a file in the page cache, a fresh
 * Buffer for each read. What a Buffer costs is the difference; the copy by the system is in all.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atLeast, findBroken } from '../../report/goals.mjs';
import { ratioByRound, runRounds } from '../../report/rounds.mjs';
import { summarize } from '../../report/stats.mjs';
import { formatSize } from '../../report/table.mjs';
import { runScript } from '../child.mjs';
import { TITLES } from '../pool/contenders.mjs';
import { findRuntimes } from '../runtimes.mjs';

const FILE_BYTES = 16 << 20;

const CONTENDERS = ['pool', 'allocUnsafe', 'allocUnsafeSlow', 'alloc'];

/**
 * Of the reads a second with pooled Buffers to those with `Buffer.allocUnsafe`: not slower, or by no
 * more than noise where the way to the thread pool and back takes most of the time.
 */
const SPEED = { readSync: [1, 2], read: [0.95] };

const PLANS = {
  full: { warmUpMs: 150, measureMs: 300, rounds: 9 },
  quick: { warmUpMs: 30, measureMs: 40, rounds: 3 },
};

/** Resolves to the table's rows, the goals and the problems that must fail the benchmark. */
export async function measureFs({ quick, folders }) {
  const plan = quick ? PLANS.quick : PLANS.full;
  const { runtimes, skipped } = await findRuntimes();
  const folder = mkdtempSync(join(folders[0], 'reads-'));
  try {
    const file = join(folder, 'file');
    writeFileSync(file, randomBytes(FILE_BYTES));
    const groups = runtimes.flatMap(groupsFor);
    const results = await runRounds(
      'fs',
      groups.flatMap((group) => casesOf(group, file, plan)),
    );
    const rows = groups.map((group, at) =>
      toRow(group, results.slice(at * CONTENDERS.length, (at + 1) * CONTENDERS.length)),
    );
    const goals = rows.map(toGoal);
    return {
      plan,
      skipped,
      contenders: CONTENDERS,
      rows,
      goals,
      problems: findBroken(goals, quick),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const groupsFor = (runtime) =>
  ['readSync', 'read'].flatMap((how) =>
    [4 << 10, 64 << 10].map((bytes) => ({ runtime, how, bytes })),
  );

const casesOf = ({ runtime, how, bytes }, file, { warmUpMs, measureMs, rounds }) =>
  CONTENDERS.map((contender) => ({
    title: `fs.${how} ${formatSize(bytes)} ${TITLES[contender]}, ${runtime.title}`,
    rounds,
    run() {
      const task = { contender, how, file, bytes, warmUpMs, measureMs };
      return runScript(runtime, 'bench/js/fs/child.mjs', [JSON.stringify(task)]);
    },
  }));

function toRow({ runtime, how, bytes }, results) {
  const times = Object.fromEntries(
    CONTENDERS.map((name, at) => [name, results[at].map(({ nanoseconds }) => nanoseconds)]),
  );
  const nanoseconds = Object.fromEntries(
    Object.entries(times).map(([name, list]) => [name, summarize(list)]),
  );
  return { runtime: runtime.title, how, bytes, times, nanoseconds };
}

const toGoal = ({ runtime, how, bytes, times }) =>
  atLeast(
    `${runtime}, fs.${how}, ${formatSize(bytes)}: pool speed / allocUnsafe`,
    ratioByRound(times.allocUnsafe, times.pool),
    ...SPEED[how],
  );
