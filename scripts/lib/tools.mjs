import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run, Stop } from './run.mjs';

/** What a build needs beside Node, each with the Debian package that has it. */
const REQUIRED = [
  { tools: [process.env.CC, 'cc'], label: 'cc (C compiler)', debian: 'gcc' },
  { tools: [process.env.CXX, 'c++'], label: 'c++ (C++ compiler)', debian: 'g++' },
  { tools: [process.env.MAKE, 'make'], label: 'make', debian: 'make' },
  { tools: ['cmake'], label: 'cmake', debian: 'cmake' },
  { tools: [process.env.PYTHON, 'python3'], label: 'python3', debian: 'python3' },
];

/** Where `name` is on PATH, or null. */
export function findTool(name) {
  // CC may hold a wrapper or flags: 'ccache gcc -m64'.
  const program = name.trim().split(/\s+/)[0];
  if (program.includes('/')) return isExecutable(program) ? program : null;
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const file = join(folder || '.', program);
    if (isExecutable(file)) return file;
  }
  return null;
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The C compiler as a command and its leading arguments. */
export function compiler() {
  const [command, ...args] = (process.env.CC || 'cc').trim().split(/\s+/);
  return { command, args };
}

/** Throws one line that names every missing tool and how to get it. */
export function requireTools() {
  const missing = REQUIRED.filter(
    ({ tools }) => findTool(tools.find((tool) => tool !== undefined && tool !== '')) === null,
  );
  if (missing.length === 0) return;
  const labels = missing.map(({ label }) => label).join(', ');
  const packages = missing.map(({ debian }) => debian).join(' ');
  throw new Stop(`missing: ${labels}. On Debian or Ubuntu: apt-get install ${packages}`);
}

/**
 * A clang tool of the one version whose output the project is checked with: other versions format
 * and warn differently. Null where it is not installed.
 */
export async function findClangTool(name) {
  for (const candidate of [`${name}-19`, name]) {
    if (findTool(candidate) === null) continue;
    const { output } = await run(candidate, ['--version']);
    if (/version 19\./.test(output)) return candidate;
  }
  return null;
}
