// Frees blocks while requests of every kind are in flight, and looks whether anybody but their
// owners ever touches the memory: npm run test:inflight -- [options]
//
//   --frees N    frees in flight, in each of the two runs (default 100000; a soak: 1000000)
//   --quick      5000 of them
//   --seed N     repeats the choices of an earlier run
//   --node PATH  another Node than the one that runs this
//   --json FILE  everything that was counted
//
// In one run the addon and malloc are under ASan, in the other freed memory has a new owner at
// once. Then both must catch the controls: builds of the addon with one mistake each.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { add, none } from './lib/checks.mjs';
import { setUp } from './lib/install.mjs';
import { main, Stop } from './lib/run.mjs';
import { build, findAsan, MODES } from './suites/inflight/builds.mjs';
import { CONTROLS, isHurt } from './suites/inflight/controls.mjs';
import { runTraffic } from './suites/inflight/outcome.mjs';
import { describe, printRows } from './suites/inflight/report.mjs';
import { judge } from './suites/inflight/verdict.mjs';

/** Frees in flight of each kind of request with each control, were it none. */
const CONTROL_FREES = 300;

function readOptions() {
  const { values } = parseArgs({
    options: {
      frees: { type: 'string' },
      quick: { type: 'boolean', default: false },
      seed: { type: 'string' },
      node: { type: 'string', default: process.execPath },
      json: { type: 'string' },
    },
  });
  const frees = Number(values.frees ?? (values.quick ? 5_000 : 100_000));
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
  if (!Number.isSafeInteger(frees) || frees < 1) throw new Stop('--frees is a count, from 1');
  if (!Number.isSafeInteger(seed)) throw new Stop('--seed is an integer');
  return { ...values, frees, seed };
}

async function buildFor(name, mode, edits) {
  const result = await build(name, mode, edits);
  if (result.code === 0) return result.addon;
  console.log(result.output);
  throw new Stop(`the addon does not build: ${name}, ${MODES[mode]}`);
}

function tell(name, holds, output) {
  console.log(`  ${holds ? 'ok  ' : 'FAIL'}  ${name}`);
  if (!holds) console.log(output.trimEnd());
  return { passed: holds ? 1 : 0, failed: holds ? 0 : 1 };
}

/** The addon as it is, in one mode: a table, and a check for each thing that must hold. */
async function runProduct(mode, { node, frees, seed, asan }, record) {
  console.log(`== the addon, ${MODES[mode]}`);
  const addon = await buildFor('addon', mode);
  const outcome = await runTraffic({
    ...{ node, addon, frees, seed, asan: mode === 'asan' ? asan : null },
    ...{ limitMs: 120_000 + frees * 20, stallMs: 60_000 },
  });
  record.runs.push({ mode, ...outcome });
  if (outcome.result !== null) printRows(outcome.result.rows);
  let counts = none;
  for (const { name, holds, output } of judge(mode, outcome, frees)) {
    counts = add(counts, tell(name, holds, output));
  }
  console.log(`== ${outcome.seconds.toFixed(1)} s\n`);
  return counts;
}

/** One control: every kind of request runs alone, in a process of its own. */
async function runControl(control, { node, seed, asan }, record) {
  const { name, mode, edits, which, kinds, expected } = control;
  const blocks = which === undefined ? '' : `, ${which} blocks alone`;
  console.log(`== control: ${name}${blocks}, ${MODES[mode]}`);
  const addon = await buildFor(name, mode, edits);
  const outcomes = [];
  for (const kind of kinds) {
    const outcome = await runTraffic({
      ...{ node, addon, seed, kind, which, frees: CONTROL_FREES },
      asan: mode === 'asan' ? asan : null,
      ...{ limitMs: 60_000, stallMs: 5_000 },
    });
    console.log(`    ${kind.padEnd(22)}  ${describe(outcome)}`);
    outcomes.push(outcome);
    record.controls.push({ name, mode, which, kind, caught: isHurt(outcome), ...outcome });
  }
  const missed = kinds.filter((_, at) => !isHurt(outcomes[at]));
  const holds = missed.length === 0 && outcomes.some(expected.isSeen);
  const why = missed.length > 0 ? `missed by ${missed.join(', ')}` : `without ${expected.what}`;
  return tell(`caught by ${kinds.length} kinds of request, with ${expected.what}`, holds, why);
}

await main(async () => {
  const options = readOptions();
  await setUp();
  options.asan = await findAsan();
  console.log(`in flight: ${options.frees} frees a run, seed ${options.seed}\n`);

  const record = { seed: options.seed, frees: options.frees, runs: [], controls: [] };
  let counts = none;
  for (const mode of Object.keys(MODES)) {
    counts = add(counts, await runProduct(mode, options, record));
  }
  for (const control of CONTROLS) counts = add(counts, await runControl(control, options, record));

  if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(record, null, 2));
  console.log(`\n${counts.passed} passed, ${counts.failed} failed`);
  return counts.failed === 0 ? 0 : 1;
});
