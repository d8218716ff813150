/** Chunks over a program's memory, by the package as it was built: the programs of test/chunk. */
import { add, check, none } from '../lib/checks.mjs';
import { run } from '../lib/run.mjs';
import { installRuntimes, RUNTIMES } from './runtimes/binaries.mjs';

/** What each counts, and how many in the long run and in the quick one. */
const PROGRAMS = [
  {
    ...{ file: 'exchange', what: 'calls of 4 workers on one memory', onEveryNode: true },
    ...{ option: '--operations', full: 10_000_000, quick: 1_000_000 },
  },
  {
    ...{ file: 'hostile', what: 'calls of 4 workers that do everything wrong' },
    ...{ option: '--operations', full: 4_000_000, quick: 100_000 },
  },
  {
    ...{ file: 'terminate', what: 'workers terminated at random moments' },
    ...{ option: '--rounds', full: 1000, quick: 50 },
  },
  {
    ...{ file: 'scribble', what: 'bitmaps scribbled over' },
    ...{ option: '--rounds', full: 10_000, quick: 200 },
  },
];

const THIS_NODE = { title: `Node ${process.versions.node}`, command: process.execPath };

/** Resolves to the counts of passed and failed. */
export async function runChunks({ quick }) {
  const nodes = quick ? [THIS_NODE] : await findNodes();
  let counts = none;
  for (const { file, what, onEveryNode, option, ...amounts } of PROGRAMS) {
    const amount = quick ? amounts.quick : amounts.full;
    for (const { title, command } of onEveryNode ? nodes : [THIS_NODE]) {
      const args = [`test/chunk/${file}.mjs`, option, `${amount}`];
      const name = `${amount.toLocaleString('en')} ${what}, ${title}`;
      counts = add(counts, await check(name, () => run(command, args)));
    }
  }
  return counts;
}

/** Every Node of the matrix; this one where they cannot be had. */
async function findNodes() {
  try {
    await installRuntimes();
    return Object.values(RUNTIMES).filter(({ isNode }) => isNode);
  } catch (error) {
    console.log(`  only on this Node: ${error.message}`);
    return [THIS_NODE];
  }
}
