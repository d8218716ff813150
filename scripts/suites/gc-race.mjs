/**
 * The variants of test/gc/race.mjs, and whether their flags did anything; the same flags for the
 * other programs.
 */
import { judge, runChild } from './children.mjs';

const PLAIN = 'no flag';

/** Each has the collector run at other moments than by itself. `share` is of the allocations. */
const VARIANTS = {
  [PLAIN]: { flags: [], share: 0.25 },
  '--expose-gc': { flags: ['--expose-gc'], share: 0.25 },
  '--stress-scavenge=50': { flags: ['--stress-scavenge=50'], share: 0.13 },
  '--stress-incremental-marking': { flags: ['--stress-incremental-marking'], share: 0.17 },
  '--stress-compaction': { flags: ['--stress-compaction'], share: 0.2 },
};

/** A count differs if chance alone would not make it: by this much, and by a few collections. */
const CLEARLY = 1.25;
const A_FEW = 5;

const differs = (a, b) => {
  const [less, more] = a < b ? [a, b] : [b, a];
  return more - less >= A_FEW && more >= less * CLEARLY;
};

const describe = (counts) =>
  Object.entries(counts)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ');

const RACE = 'test/gc/race.mjs';
const OTHERS = { pools: 'test/gc/pools.mjs', composed: 'test/gc/composed.mjs' };

async function runVariant(command, program, flags, count, seed) {
  const args = [...flags, program, String(count), String(seed)];
  const result = await runChild(command, args);
  const line = result.stdout.trimEnd().split('\n').at(-1);
  const problem = judge(result, { says: line });
  return { problem, output: result.stderr, ...(problem === null ? JSON.parse(line) : {}) };
}

/** What as many allocations would have cost in collections without the flag. */
function scaled(collections, factor) {
  return Object.fromEntries(Object.entries(collections).map(([kind, n]) => [kind, n * factor]));
}

/** Why a variant that ran well still proves nothing, or null. */
function idleFlag(collections, plain) {
  const isOther = Object.keys(plain).some((kind) => differs(plain[kind], collections[kind]));
  return isOther ? null : 'collected as without the flag';
}

function print(name, { allocations, seconds, collections, fates, problem, output }) {
  const verdict = problem === null ? 'ok  ' : 'FAIL';
  console.log(`  ${verdict}  ${name}: ${allocations} allocations (${seconds.toFixed(1)} s)`);
  if (collections !== undefined) console.log(`        ${describe(collections)}`);
  if (fates !== undefined) console.log(`        ${describe(fates)}`);
  if (problem !== null) console.log(`        ${problem}\n${output.trimEnd()}`);
}

/** Divides `count` allocations among the variants, run one after the other; resolves to counts. */
export async function runGcRace({ command, count, seed }) {
  const counts = { passed: 0, failed: 0 };
  let plain = null;
  for (const [name, { flags, share }] of Object.entries(VARIANTS)) {
    const allocations = Math.ceil(count * share);
    const start = performance.now();
    const result = await runVariant(command, RACE, flags, allocations, seed);
    if (name === PLAIN) {
      plain = result.collections ?? null;
    } else if (result.problem === null && plain !== null) {
      const factor = share / VARIANTS[PLAIN].share;
      result.problem = idleFlag(result.collections, scaled(plain, factor));
    }
    counts[result.problem === null ? 'passed' : 'failed'] += 1;
    print(name, { ...result, allocations, seconds: (performance.now() - start) / 1000 });
  }
  for (const [what, program] of Object.entries(OTHERS)) {
    for (const [name, { flags, share }] of Object.entries(VARIANTS)) {
      const allocations = Math.ceil(count * share);
      const start = performance.now();
      const result = await runVariant(command, program, flags, allocations, seed);
      counts[result.problem === null ? 'passed' : 'failed'] += 1;
      const seconds = (performance.now() - start) / 1000;
      print(`${what}, ${name}`, { ...result, allocations, seconds });
    }
  }
  return counts;
}
