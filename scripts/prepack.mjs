// Before `npm pack`: builds, and puts the addon where the package's loader looks for it.
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { setUp } from './lib/install.mjs';
import { addonPath, fromRoot } from './lib/project.mjs';
import { main, run } from './lib/run.mjs';
import { findTool } from './lib/tools.mjs';

/** `linux-x64-glibc`, `linux-arm64-musl`, `darwin-arm64`: only Linux has two C libraries. */
function platformName() {
  const base = `${process.platform}-${process.arch}`;
  if (process.platform !== 'linux') return base;
  const isGlibc = process.report.getReport().header.glibcVersionRuntime !== undefined;
  return `${base}-${isGlibc ? 'glibc' : 'musl'}`;
}

await main(async () => {
  await setUp();
  const folder = `prebuilds/${platformName()}`;
  const binary = `${folder}/heapwright.node`;
  // Other platforms' binaries stay: a release collects them from several machines.
  rmSync(fromRoot(folder), { recursive: true, force: true });
  mkdirSync(fromRoot(folder), { recursive: true });
  copyFileSync(fromRoot(addonPath), fromRoot(binary));
  if (process.platform === 'linux' && findTool('strip') !== null) {
    await run('strip', ['--strip-unneeded', binary]);
  }
});
