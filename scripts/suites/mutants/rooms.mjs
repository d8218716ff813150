/** The lists of test/mutants, one file a room, as one list. */
import { pathToFileURL } from 'node:url';
import { fromRoot, listFiles } from '../../lib/project.mjs';
import { Stop } from '../../lib/run.mjs';
import { checkEdits } from './tree.mjs';

/** `{ name, guards, file, find, replace, test }`, or `edits` in place of the middle three. */
function complete(room, { name, guards, file, find, replace, edits, test }) {
  const mutant = { room, name, guards, test, edits: edits ?? [{ file, find, replace }] };
  const isTest = ['core', 'vitest', 'lifecycle'].some((kind) => test?.[kind] !== undefined);
  if (!name || !guards || !isTest) throw new Stop(`incomplete mutant in ${room}: ${name}`);
  return mutant;
}

/** Every mutant. Throws if a name comes twice, or an edit does not fit its file exactly once. */
export async function loadMutants() {
  const mutants = [];
  for (const path of listFiles('test/mutants', /\.mjs$/)) {
    const room = path
      .split('/')
      .at(-1)
      .replace(/\.mjs$/, '');
    const { default: list } = await import(pathToFileURL(fromRoot(path)).href);
    mutants.push(...list.map((mutant) => complete(room, mutant)));
  }
  const problems = [];
  const names = new Set();
  for (const { name, edits } of mutants) {
    if (names.has(name)) problems.push(`two mutants are named ${name}`);
    names.add(name);
    try {
      checkEdits(edits);
    } catch (error) {
      problems.push(`${name}: ${error.message}`);
    }
  }
  if (problems.length > 0) throw new Stop(problems.join('\n'));
  return mutants;
}
