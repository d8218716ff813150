// The house rules no compiler knows: rooms of the core include downwards only and know no Node,
// headers compile alone, files and functions stay short, one TypeScript file loads the addon.
import { readFileSync } from 'node:fs';
import { fromRoot, listFiles } from './lib/project.mjs';
import { run } from './lib/run.mjs';
import { compiler } from './lib/tools.mjs';

/** From the ground up. A room includes those before it; the last three are blind to each other. */
const ROOMS = ['base', 'os', 'segment', 'allocator', 'system', 'arena', 'chunk'];
const BLIND = ['system', 'arena', 'chunk'];
const MAX_FILE_LINES = 400;
const MAX_FUNCTION_LINES = 60;

export async function checkArchitecture() {
  const problems = [];
  for (const path of listFiles('native', /\.(c|cc|h)$/)) {
    const text = readFileSync(fromRoot(path), 'utf8');
    problems.push(...checkIncludes(path, text), ...checkFunctions(path, text));
  }
  problems.push(...checkFileLengths(), ...checkLoaders(), ...(await checkHeaders()));
  return { code: problems.length, output: problems.join('\n') };
}

function checkIncludes(path, text) {
  const problems = [];
  const isCore = path.startsWith('native/core/') || path.startsWith('native/preload/');
  const room = /^native\/core\/([^/]+)\//.exec(path)?.[1] ?? null;
  for (const [index, line] of text.split('\n').entries()) {
    const include = /^\s*#\s*include\s*(["<])([^">]+)[">]/.exec(line);
    if (include === null) continue;
    const [, bracket, target] = include;
    const problem = (what) => problems.push(`${path}:${index + 1}: ${what}: ${target}`);

    if (isCore && /^(node_api|js_native_api|napi|node|uv|v8)\b/.test(target)) {
      problem('the core knows no Node');
    }
    if (room !== null && bracket === '"' && !mayInclude(room, target)) {
      problem(`${room} may not include`);
    }
  }
  return problems;
}

function mayInclude(room, target) {
  const other = target.includes('/') ? target.split('/')[0] : null;
  if (other === null || other === room) return true;
  if (BLIND.includes(room) && BLIND.includes(other)) return false;
  return ROOMS.includes(other) && ROOMS.indexOf(other) < ROOMS.indexOf(room);
}

function checkFunctions(path, text) {
  const problems = [];
  let start = null;
  for (const [index, line] of text.split('\n').entries()) {
    if (/^[A-Za-z].*\{$/.test(line) && line.includes('(')) start = index;
    else if (/^[A-Za-z].*\($|^[A-Za-z][^;]*,$/.test(line) && start === null) start = index;
    else if (/^\}/.test(line)) {
      if (start !== null && index - start > MAX_FUNCTION_LINES) {
        problems.push(`${path}:${start + 1}: function of more than ${MAX_FUNCTION_LINES} lines`);
      }
      start = null;
    }
  }
  return problems;
}

function checkFileLengths() {
  return ['native', 'lib', 'test', 'bench', 'scripts']
    .flatMap((folder) => listFiles(folder, /\.(c|cc|h|ts|mjs)$/))
    .filter((path) => readFileSync(fromRoot(path), 'utf8').split('\n').length - 1 > MAX_FILE_LINES)
    .map((path) => `${path}: more than ${MAX_FILE_LINES} lines`);
}

function checkLoaders() {
  return listFiles('lib', /\.ts$/)
    .filter((path) => path !== 'lib/native.ts')
    .filter((path) => /\.node['"`]|createRequire/.test(readFileSync(fromRoot(path), 'utf8')))
    .map((path) => `${path}: only lib/native.ts loads the addon`);
}

/** Each header is a translation unit of its own, and the public one is valid C++ too. */
async function checkHeaders() {
  const problems = [];
  const check = async (header, flags) => {
    const { command, args } = compiler();
    const result = await run(
      command,
      [
        ...args,
        ...flags,
        '-fsyntax-only',
        '-Wall',
        '-Wextra',
        '-Inative/include',
        '-Inative/core',
        '-',
      ],
      { input: `#include "${fromRoot(header)}"\n` },
    );
    if (result.code !== 0) problems.push(`${header}: does not compile alone\n${result.output}`);
  };
  const publicHeaders = listFiles('native/include', /\.h$/);
  for (const header of [...publicHeaders, ...listFiles('native/core', /\.h$/)]) {
    await check(header, ['-x', 'c', '-std=c11']);
  }
  for (const header of publicHeaders) await check(header, ['-x', 'c++', '-std=c++17']);
  return problems;
}
