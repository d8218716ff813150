/** The programs of test/load, and what each must do. */
import { inPool, judge, runChild } from './children.mjs';

const says = 'as expected';

/** `seconds` for each that runs for a while; the soak has its own. */
function programs({ seconds, workers, soak, warmUp }) {
  const file = (name) => `test/load/${name}.mjs`;
  return [
    ...['64', '1000', '4096'].map((size) => ({
      name: `Buffers of ${size} bytes forgotten for ${seconds} s`,
      args: [file('forgotten'), `${seconds}`, size],
      expected: { says },
    })),
    {
      name: `${workers} workers with a pool each`,
      args: [file('pool-workers'), `${workers}`],
      expected: { says },
    },
    {
      name: `random traffic for ${soak} s`,
      args: [file('soak'), `${soak}`, `${warmUp}`],
      expected: { says },
    },
    {
      name: 'random traffic that leaks, which must fail',
      args: [file('soak'), '9', '2', 'leak'],
      expected: { code: 1 },
    },
  ];
}

/** Runs everything and prints it; resolves to counts, one for each program. */
export async function runLoad({ command, ...extent }) {
  const counts = { passed: 0, failed: 0 };
  const timeout = (extent.soak + 300) * 1000;
  await inPool(programs(extent), 1, async ({ name, args, expected }) => {
    const result = await runChild(command, args, {}, timeout);
    const last = result.stdout.trimEnd().split('\n');
    const problem = judge(result, { says: last.at(-1), ...expected });
    counts[problem === null ? 'passed' : 'failed'] += 1;
    console.log(`  ${problem === null ? 'ok  ' : 'FAIL'}  ${name}`);
    for (const line of last.slice(0, -1)) console.log(`        ${line}`);
    if (problem !== null) console.log(`        ${problem}\n${result.stderr.trimEnd()}`);
  });
  return counts;
}
