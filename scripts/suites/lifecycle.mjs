/** The programs of test/lifecycle, and what each must do. */
import { cells, ENDS } from '../../test/lifecycle/matrix.mjs';
import { inPool, judge, runChild } from './children.mjs';

/** For programs that measure what malloc keeps: it would raise these by itself as it goes. */
const STEADY_MALLOC = { MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' };

const POOL = 2;

const file = (name) => `test/lifecycle/${name}.mjs`;

function expectation({ thread, code, signal }) {
  if (signal !== undefined) return { signal, says: 'ready' };
  return { code: thread === 'main' ? code : 0, says: 'as expected' };
}

const matrixProgram = ({ end, fate }) => ({
  name: `${end} x ${fate}`,
  args: [file('child'), end, fate],
  expected: expectation(ENDS[end]),
});

/** What the matrix cannot show: `workers` come and go in the largest of them. */
function others(workers) {
  const mainEnds = Object.entries(ENDS).filter(([, { thread }]) => thread === 'main');
  const says = 'as expected';
  return [
    ...mainEnds.map(([end, expected]) => ({
      name: `${end} while workers are inside the addon`,
      args: [file('exit-inside'), end],
      expected: expectation(expected),
    })),
    {
      name: 'workers terminated inside the addon',
      args: [file('terminate-inside')],
      expected: { says },
    },
    {
      name: 'the only worker that loaded the addon ends',
      args: [file('only-worker')],
      expected: { says },
    },
    ...[[], ['freed']].map((what) => ({
      name: `${workers} workers come and go ${what.length > 0 ? 'and freed all' : ''}`.trimEnd(),
      args: [file('many-workers'), String(workers), ...what],
      expected: { says },
      env: STEADY_MALLOC,
      once: true,
    })),
  ];
}

/** Everything: the cells of the matrix, then the others. Each by its name. */
export const lifecyclePrograms = (hasTransfer, workers) => [
  ...cells(hasTransfer).map(matrixProgram),
  ...others(workers),
];

/** Runs one program with the Node at `command`; resolves to its result, with `problem` or null. */
export async function runProgram(command, program, env = {}) {
  const args = ['--expose-gc', ...program.args];
  const result = await runChild(command, args, { ...program.env, ...env });
  return { ...result, problem: judge(result, program.expected) };
}

/**
 * Runs everything with the Node at `command`, `repeat` times but for what takes long, and prints
 * what failed. Resolves to counts, one for each program.
 */
export async function runLifecycle({ command, hasTransfer, repeat, workers }) {
  const programs = lifecyclePrograms(hasTransfer, workers);
  const runs = programs.flatMap((program) =>
    Array.from({ length: program.once ? 1 : repeat }, () => program),
  );
  const failures = new Map();
  // The longest first, so that the pool is used to the end.
  await inPool(runs.reverse(), POOL, async (program) => {
    const { problem, ...result } = await runProgram(command, program);
    if (problem === null) return;
    const known = failures.get(program) ?? { count: 0, problem, result };
    failures.set(program, { ...known, count: known.count + 1 });
  });
  for (const [program, { count, problem, result }] of failures) {
    console.log(`  FAIL  ${program.name}: ${problem} (${count} of ${program.once ? 1 : repeat})`);
    console.log(tail(result));
  }
  return {
    passed: programs.length - failures.size,
    failed: failures.size,
    cells: cells(hasTransfer).length,
    programs: programs.length,
    runs: runs.length,
  };
}

const lastLines = (text, count) => text.trimEnd().split('\n').slice(-count);

const tail = ({ stdout, stderr }) =>
  [...lastLines(stdout, 4), ...lastLines(stderr, 16)].join('\n').replace(/^/gm, '        ');
