// Rewrites all files in the project's format: biome for JavaScript and TypeScript, clang-format
// for C and C++ where version 19 of it is installed.
import { setUp } from './lib/install.mjs';
import { main, run } from './lib/run.mjs';
import { findClangTool } from './lib/tools.mjs';
import { nativeFiles } from './stages/lint.mjs';

await main(async () => {
  await setUp();
  const biome = await run('node_modules/.bin/biome', ['check', '--write', '.'], { live: true });
  const clangFormat = await findClangTool('clang-format');
  if (clangFormat === null) {
    console.log('clang-format 19 is not installed: C and C++ files were left as they are');
    return biome.code;
  }
  const clang = await run(clangFormat, ['-i', ...nativeFiles()], { live: true });
  return biome.code || clang.code;
});
