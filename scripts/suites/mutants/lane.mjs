/**
 * A lane works through its mutants one after the other, in a copy of the project of its own. There
 * are two, about as long: one builds and runs C tests, the other the addon and what runs in JavaScript.
 */
import * as coreTests from './core-tests.mjs';
import * as lifecycleTests from './lifecycle-tests.mjs';
import { copyTree, removeTree, withEdits } from './tree.mjs';
import * as vitestTests from './vitest-tests.mjs';

/** Verdicts on a mutant. Only the first is a success. */
export const KILLED = 'killed';
export const SURVIVED = 'SURVIVED';
export const NO_VERDICT = 'no verdict';

const isCore = ({ test }) => test.core !== undefined;
const isNative = ({ edits }) => edits.some(({ file }) => file.startsWith('native/'));
const needsAddon = (mutant) => !isCore(mutant) && isNative(mutant);

/** What is built alike comes together: mutants of one file leave the rest built. */
const byFile = (a, b) => (a.edits[0].file < b.edits[0].file ? -1 : 1);

export function divide(mutants) {
  const sorted = mutants.toSorted(byFile);
  return [sorted.filter(isCore), sorted.filter((mutant) => !isCore(mutant))];
}

const keyOf = ({ test }) => JSON.stringify(test);

function buildFor(tree, { test, edits }) {
  return isCore({ test }) ? coreTests.build(tree, test) : vitestTests.build(tree, edits);
}

const doesNotCompile = ({ output }) =>
  `does not build: ${/error: .*/.exec(output)?.[0] ?? output.trimEnd().split('\n').at(-1)}`;

function runTest(tree, test) {
  if (test.core !== undefined) return coreTests.runTest(tree, test);
  if (test.vitest !== undefined) return vitestTests.runTest(tree, test);
  return lifecycleTests.runTest(tree, test);
}

/** Runs every test that is named on the tree as it is: the outcome of each by its key. */
async function runUnmutated(tree, mutants) {
  const outcomes = new Map();
  for (const { test } of mutants) {
    const key = keyOf({ test });
    if (outcomes.has(key)) continue;
    const built = await buildFor(tree, { test, edits: [] });
    const outcome =
      built.code === 0
        ? await runTest(tree, test)
        : { outcome: 'none', why: doesNotCompile(built) };
    outcomes.set(key, outcome);
  }
  return outcomes;
}

async function judgeMutant(tree, mutant, unmutated) {
  if (unmutated.outcome !== 'passed') {
    return { verdict: NO_VERDICT, why: `without it the test says: ${unmutated.why}` };
  }
  return withEdits(tree, mutant.edits, async () => {
    const built = await buildFor(tree, mutant);
    if (built.code !== 0) return { verdict: NO_VERDICT, why: doesNotCompile(built) };
    const { outcome, why } = await runTest(tree, mutant.test);
    if (outcome === 'failed') return { verdict: KILLED, why };
    return { verdict: outcome === 'passed' ? SURVIVED : NO_VERDICT, why };
  });
}

/** Judges every mutant of the lane; calls `tell(mutant, { verdict, why })` after each. */
export async function runLane(mutants, tell) {
  if (mutants.length === 0) return;
  const tree = await copyTree();
  try {
    if (mutants.some(isCore)) await coreTests.prepare(tree);
    if (mutants.some(needsAddon)) await vitestTests.prepare(tree);
    const unmutated = await runUnmutated(tree, mutants);
    for (const mutant of mutants) {
      tell(mutant, await judgeMutant(tree, mutant, unmutated.get(keyOf(mutant))));
    }
  } finally {
    removeTree(tree);
  }
}
