/** The Nodes that pooled Buffers are measured on: the running one, and the newest of the matrix. */
import { installRuntimes, RUNTIMES } from '../../scripts/suites/runtimes/binaries.mjs';
import { runScript } from './child.mjs';

const NEWEST = 'node26';

let found = null;

/** `{ runtimes, skipped }`: what can be run, and a line for what cannot. Looked for once. */
export function findRuntimes() {
  found ??= find();
  return found;
}

async function find() {
  const runtimes = [await describe({ command: process.execPath, args: ['--expose-gc'] })];
  const skipped = [];
  try {
    await installRuntimes();
    const newest = await describe(RUNTIMES[NEWEST]);
    if (newest.major !== runtimes[0].major) runtimes.push(newest);
  } catch (error) {
    skipped.push(`Not measured on ${RUNTIMES[NEWEST].title}: ${error.message}.`);
  }
  return { runtimes, skipped };
}

async function describe({ command, args }) {
  const facts = await runScript({ command, args }, 'bench/js/runtime-child.mjs', []);
  return { ...facts, title: `Node ${facts.version}`, command, args };
}
