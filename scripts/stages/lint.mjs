import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { checkArchitecture } from '../check-architecture.mjs';
import { add, check, none } from '../lib/checks.mjs';
import { listFiles, readSources } from '../lib/project.mjs';
import { run } from '../lib/run.mjs';
import { findClangTool } from '../lib/tools.mjs';

const require = createRequire(import.meta.url);

/** Every C and C++ file that is formatted by clang-format. */
export const nativeFiles = () => [
  ...listFiles('native', /\.(c|cc|h)$/),
  ...listFiles('test', /\.(c|cc|h)$/),
  ...listFiles('bench', /\.(c|cc|h)$/),
  ...listFiles('examples', /\.(c|cc|h)$/),
];

/** Format, types and static analysis; nothing is run. */
export async function lint() {
  let counts = none;
  for (const [name, body] of [
    [
      'biome',
      () => run('node_modules/.bin/biome', ['ci', '--colors=off', '--error-on-warnings', '.']),
    ],
    ['types (tsc)', () => run('node_modules/.bin/tsc', ['-p', 'tsconfig.json'])],
    ['architecture', checkArchitecture],
    ['clang-format', clangFormat],
    ['clang-tidy', clangTidy],
  ]) {
    counts = add(counts, await check(name, body));
  }
  return counts;
}

async function clangFormat() {
  const tool = await findClangTool('clang-format');
  if (tool === null) return { skipped: 'version 19 is not installed (apt: clang-format-19)' };
  return run(tool, ['--dry-run', '--Werror', ...nativeFiles()]);
}

async function clangTidy() {
  const tool = await findClangTool('clang-tidy');
  if (tool === null) return { skipped: 'version 19 is not installed (apt: clang-tidy-19)' };
  const { core, records, binding } = readSources();
  const pending = [...core, ...records, ...binding];
  const failures = [];

  const worker = async () => {
    for (let file = pending.shift(); file !== undefined; file = pending.shift()) {
      const result = await run(tool, ['--quiet', file, '--', ...compileFlags(file)]);
      if (result.code !== 0) failures.push(result.output);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return { code: failures.length, output: failures.join('\n') };
}

/** As both builds compile it; Node's own headers come from a package, so none need be installed. */
function compileFlags(file) {
  const common = ['-Inative/include', '-Inative/core', '-Inative', '-DNAPI_VERSION=8'];
  if (file.startsWith('native/core/')) return ['-std=c11', ...common];
  const node = [
    `-isystem${dirname(require.resolve('node-addon-api/napi.h'))}`,
    `-isystem${require('node-api-headers').include_dir}`,
    '-DNODE_ADDON_API_DISABLE_CPP_EXCEPTIONS',
  ];
  const language = file.endsWith('.c') ? ['-std=c11'] : ['-std=c++17', '-fno-exceptions'];
  return [...language, ...common, ...node];
}
