/** docs/guarantees.md. The same promises and results give the same bytes, on every machine. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fromRoot } from '../../lib/project.mjs';
import { keyOf } from './tests.mjs';

export const PATH = 'docs/guarantees.md';

const HEAD = `# Guarantees

Written by \`npm run guarantees\`, which runs all of this and fails if a line does not hold. A
*mutant* is one mistake made in a copy of the sources (\`test/mutants\`); the test beside it has to
fail by an assertion, and to pass without the mistake. So each line names a test that fails without
the code it guards.
`;

const describe = ({ core, vitest, lifecycle, name }) => {
  const place = keyOf({ core, vitest, lifecycle });
  return name === undefined ? `\`${place}\`` : `\`${place}\`: ${name}`;
};

const inTable = (text) => text.replaceAll('|', '\\|');

function section({ id, says, tests, suites = [], mutants }, find, holds) {
  const shown = [...tests.map(describe), ...suites.map((suite) => `\`${suite}\``)];
  const rows = mutants.map((name) => `| ${name} | ${inTable(describe(find(name).test))} |`);
  return `## ${id}: ${holds ? 'holds' : 'DOES NOT HOLD'}

${says}

Shown by ${shown.join(', ')}.

| broken by | noticed by |
|---|---|
${rows.join('\n')}
`;
}

function notPromised(limits) {
  const items = limits.map(({ program, says }) => `- ${says} \`test/limits/${program}.mjs\``);
  return `## Not promised

Each with a small program that shows it.

${items.join('\n')}
`;
}

/** `find` gives a mutant by its name; `holds` says whether a promise does. */
export function formatPage(promises, limits, find, holds) {
  return [
    HEAD,
    ...promises.map((promise) => section(promise, find, holds(promise))),
    notPromised(limits),
  ].join('\n');
}

/** Whether the page on disk is this one. */
export function isCurrent(text) {
  try {
    return readFileSync(fromRoot(PATH), 'utf8') === text;
  } catch {
    return false;
  }
}

export function writePage(text) {
  writeFileSync(fromRoot(PATH), text);
}
