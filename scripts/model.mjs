// Checks the model of the block states and the gate with Spin: npm run test:model
// The model itself must hold; each seeded bug, and each assumption that is lifted, must be found.
// Ends with the line `N passed, N failed`.
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { add, none } from './lib/checks.mjs';
import { fromRoot } from './lib/project.mjs';
import { main, run, Stop, seconds } from './lib/run.mjs';
import { compiler, findTool } from './lib/tools.mjs';

const MODEL = fromRoot('test/model/gate.pml');
const SAFETY = { compile: ['-O1', '-DSAFETY', '-DNOCLAIM'], search: [] };
/** A bug is found early: compiling costs more than searching. */
const QUICK = { ...SAFETY, compile: ['-O0', '-DSAFETY', '-DNOCLAIM'] };
/** Acceptance cycles under weak fairness. */
const PROGRESS = { compile: ['-O1', '-DNFAIR=4'], search: ['-a', '-f'] };

/** What must hold: no assertion fails, nothing is stuck, all states were seen. */
const HOLDS = [
  { name: 'every assertion, no deadlock', defines: [], ...SAFETY },
  { name: 'all memory comes back (fair)', defines: ['PROGRESS'], ...PROGRESS },
];

/** Seeded bugs: a macro of the model, and what it does to the C code. */
const BUGS = {
  GATE_NOT_ASKED: 'deallocate does not ask the gate',
  DETACHED_WHEN_BUSY: 'abandoned blocks are detached',
  END_LEASE_SKIPS_GATE: 'the last lease ends without the gate',
  FREE_IGNORES_LEASES: 'deallocate does not look at leases',
  BUFFER_NOT_LOOKED_AT: 'a moved buffer is not noticed',
  STORE_WITHOUT_COMPARE: 'a store instead of compare-and-swap',
  FINISH_STAYS_REVOKING: 'finish does not step to REVOKED',
  CANCEL_RESTORES_NOTHING: 'cancel does not go back to LIVE',
  FINALIZER_IN_DETACH_UNNOTICED: 'no FINALIZED in the detach',
  FINALIZER_RELEASES_REVOKED: 'finalize releases a REVOKED block',
  RECYCLED_BEFORE_FINALIZER: 'finish recycles the record',
  GENERATION_STAYS: 'claim keeps the generation',
  ABORT_TRUSTS_THE_STATUS: 'abort does not look at the word',
  TEARDOWN_RELEASES: 'teardown releases, not retires',
  END_FORGETS_BLOCKS: 'the end orphans nothing',
};

/** What the model assumes, lifted: found, or the assumption would be needless. */
const LIMITS = {
  MOVED_IN_FLIGHT: 'a script moves a buffer in flight',
  FINALIZER_AFTER_THE_END: 'REVOKED, finalised after the end',
};

/** What the model has to come across, or it would hold for want of anything to see. */
const REACHED = {
  FINALIZED_IN_DETACH: 'finalised inside the detach',
  NEW_OWNER: 'released memory with a new owner',
  RECORD_USED_AGAIN: 'a record used again',
  FREED_UNDER_LEASES: 'freed under two leases',
  KEPT_IN_FLIGHT: 'kept, reachable, in flight',
  ORPHAN_HELD_ELSEWHERE: 'orphaned, held by another thread',
};

const find = (group, prefix) =>
  Object.entries(group).map(([key, name]) => ({ name, defines: [prefix + key], ...QUICK }));
const FOUND = [
  ...find(BUGS, 'BUG_').map((job) => ({ ...job, kind: 'bug' })),
  ...find(LIMITS, 'LIMIT_').map((job) => ({ ...job, kind: 'limit' })),
  ...find(REACHED, 'REACH_').map((job) => ({ ...job, kind: 'reach' })),
];

async function requireSpin() {
  if (findTool(compiler().command) === null) {
    throw new Stop('a C compiler is missing. On Debian or Ubuntu: apt-get install gcc');
  }
  if (findTool('spin') !== null) return;
  if (process.getuid?.() === 0 && findTool('apt-get') !== null) {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    const install = () => run('apt-get', ['install', '-y', 'spin'], { env });
    if ((await install()).code !== 0) {
      await run('apt-get', ['update'], { env });
      await install();
    }
  }
  if (findTool('spin') === null) {
    throw new Stop('spin is missing. On Debian or Ubuntu: apt-get install spin');
  }
}

/** One search in a folder of its own, for Spin writes beside where it is called. */
async function search({ defines, compile, search: options }, folder) {
  const within = (command, args) =>
    run('sh', ['-c', 'cd "$0" && exec "$@"', folder, command, ...args]);
  const { command, args } = compiler();
  const macros = defines.map((define) => `-D${define}`);
  const steps = [
    // Its own preprocessor is whatever `gcc` is.
    ['spin', [`-P${[command, ...args].join(' ')} -E -x c`, ...macros, '-a', '-o2', MODEL]],
    [command, [...args, '-w', '-DCOLLAPSE', ...compile, '-o', 'pan', 'pan.c']],
  ];
  for (const [program, programArgs] of steps) {
    const { code, output } = await within(program, programArgs);
    if (code !== 0) return { broken: output || `${program} failed` };
  }
  const { code, output } = await within('./pan', [...options, '-m200000', '-w23']);
  const stored = /(\d+) states, stored/.exec(output);
  const errors = /errors: (\d+)/.exec(output);
  if (code !== 0 || stored === null || errors === null) return { broken: output };
  return {
    states: Number(stored[1]),
    errors: Number(errors[1]),
    complete: !/Search not completed|max search depth too small/.test(output),
    violated: /pan:1: assertion violated (.*) \(at depth \d+\)/.exec(output)?.[1].trim(),
    output,
  };
}

function judge(kind, result) {
  if (result.broken !== undefined) return { verdict: 'BROKEN', passed: false };
  if (kind === 'model') {
    const holds = result.errors === 0 && result.complete;
    return { verdict: holds ? 'holds' : 'DOES NOT HOLD', passed: holds };
  }
  // Nothing but a failed assertion counts as found.
  const found = result.violated !== undefined;
  return { verdict: found ? 'found' : 'NOT FOUND', passed: found };
}

async function checkJob(job, folder) {
  const start = performance.now();
  const result = await search(job, folder);
  const { verdict, passed } = judge(job.kind, result);
  const states = result.states === undefined ? '-' : result.states.toLocaleString('en');
  const cells = [job.kind.padEnd(6), job.name.padEnd(36), states.padStart(10), verdict.padEnd(9)];
  console.log(`${cells.join('  ')}  ${seconds(start)}`);
  if (!passed) console.log((result.broken ?? result.output).trimEnd());
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1 };
}

/** Runs the jobs, as many at once as there are processors. */
async function checkAll(jobs) {
  const folder = mkdtempSync(join(tmpdir(), 'heapwright-model-'));
  let counts = none;
  try {
    const queue = jobs.entries();
    const worker = async () => {
      for (const [at, job] of queue) {
        const own = mkdtempSync(join(folder, `${at}-`));
        const outcome = await checkJob(job, own);
        counts = add(counts, outcome);
        rmSync(own, { recursive: true, force: true });
      }
    };
    await Promise.all(Array.from({ length: availableParallelism() }, worker));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return counts;
}

await main(async () => {
  await requireSpin();
  console.log(`${'kind'.padEnd(6)}  ${'name'.padEnd(36)}  ${'states'.padStart(10)}  verdict`);
  const jobs = [...HOLDS.map((job) => ({ ...job, kind: 'model' })), ...FOUND];
  const { passed, failed } = await checkAll(jobs);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
});
