import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { add, check } from '../lib/checks.mjs';
import { buildTests, runTests } from '../lib/ctest.mjs';
import { run } from '../lib/run.mjs';
import { findClangTool } from '../lib/tools.mjs';
import { runVitest } from '../lib/vitest.mjs';
import { runChunks } from './chunks.mjs';

/** Optimised and without sanitizers: what counts here is how much is tried. */
const TESTS = 'build-cmake/deep';
const FUZZ = 'build-cmake/fuzz';
/**
 * The fuzz targets: how many runs the quick form makes of each, and the full one, which otherwise
 * goes by time; and the most bytes of an input.
 */
const FUZZERS = {
  fuzz_chunk: { quick: 200_000, full: 10_000_000, longest: 512 },
  fuzz_ops: { quick: 8000, longest: 4096 },
  fuzz_misuse: { quick: 8000, longest: 4096 },
  fuzz_runs: { quick: 3000, longest: 4096 },
};

/** Resolves to the counts of passed and failed. */
export async function runDeep({ ops, fuzzSeconds, quick }) {
  const built = await check('build, optimised', () =>
    buildTests(TESTS, ['-DCMAKE_BUILD_TYPE=RelWithDebInfo']),
  );
  let counts = built;
  if (built.failed === 0) {
    counts = add(counts, await model(ops));
    counts = add(counts, await threads(quick));
  }
  counts = add(counts, await runChunks({ quick }));
  counts = add(counts, await pools(quick ? 200_000 : 2_000_000));
  counts = add(counts, await trees(quick ? 100_000 : 1_000_000));
  return add(counts, await fuzz(quick ? null : fuzzSeconds));
}

/** One process for each processor shares the calls. */
async function model(ops) {
  const shards = availableParallelism();
  const each = Math.ceil(ops / shards);
  const name = `${(each * shards).toLocaleString('en')} calls agree with the model`;
  return check(name, async () => {
    const env = { HW_TEST_DEEP_OPS: `${each}` };
    const results = await Promise.all(
      Array.from({ length: shards }, (_, shard) => {
        // Seeds that differ, whatever the clock says.
        const seed = `${(Date.now() % 1_000_000_007) * shards + shard}`;
        return run(`${TESTS}/test_model_arena`, [], { env: { ...env, HW_TEST_SEED: seed } });
      }),
    );
    const failed = results.find(({ code }) => code !== 0);
    return failed ?? { code: 0 };
  });
}

/** Pooled Buffers against their model. */
function pools(operations) {
  return runVitest(['test/unit/pool-model'], { HEAPWRIGHT_POOL_OPERATIONS: `${operations}` });
}

/** Random compositions against theirs. */
function trees(operations) {
  return runVitest(['test/unit/tree-model'], { HEAPWRIGHT_TREE_OPERATIONS: `${operations}` });
}

/** All other C tests, with the long counts. */
function threads(quick) {
  const env = quick ? {} : { HW_TEST_DEEP: '1' };
  const timeout = ['--timeout', '3600'];
  return runTests(TESTS, { args: ['-E', '^(model_arena|fuzz_.*)$', ...timeout], env });
}

async function fuzz(fuzzSeconds) {
  const clang = await findClangTool('clang');
  if (clang === null) {
    const skipped = 'clang 19 is not installed (apt: clang-19 libclang-rt-19-dev)';
    return check('fuzzers', () => ({ skipped }));
  }
  const built = await check('build with -fsanitize=fuzzer,address,undefined', () =>
    buildTests(FUZZ, ['-DHW_FUZZ=ON', `-DCMAKE_C_COMPILER=${clang}`]),
  );
  if (built.failed > 0) return built;

  let counts = built;
  const queue = Object.entries(FUZZERS).values();
  const worker = async () => {
    for (const [name, extent] of queue) {
      const outcome = await fuzzOne(name, extent, fuzzSeconds);
      counts = add(counts, outcome);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return counts;
}

/** With a corpus that stays, or (`fuzzSeconds` null) for runs that are the same every time. */
async function fuzzOne(name, { quick, full, longest }, fuzzSeconds) {
  const corpus = `${FUZZ}/corpus/${name}`;
  mkdirSync(corpus, { recursive: true });
  const whole = full === undefined ? `-max_total_time=${fuzzSeconds}` : `-runs=${full}`;
  const extent = fuzzSeconds === null ? [`-runs=${quick}`, '-seed=1'] : [whole, corpus];
  const options = [
    ...[`-max_len=${longest}`, '-len_control=20'],
    ...['-print_final_stats=1', `-artifact_prefix=${FUZZ}/`],
    ...extent,
  ];
  const env = { ASAN_OPTIONS: 'allocator_may_return_null=1:detect_leaks=1' };
  let executed = '';
  const counts = await check(name, async () => {
    const result = await run(`${FUZZ}/${name}`, options, { env });
    executed = /number_of_executed_units:\s*(\d+)/.exec(result.output)?.[1] ?? '';
    return executed === '' && result.code === 0 ? { ...result, code: 1 } : result;
  });
  if (executed !== '') console.log(`        ${Number(executed).toLocaleString('en')} executions`);
  return counts;
}
