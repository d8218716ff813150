import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root directory. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** An absolute path from one below the root. */
export const fromRoot = (...parts) => join(root, ...parts);

export const addonPath = 'build/Release/heapwright.node';
export const cmakeAddonPath = 'build-cmake/Release/heapwright.node';
export const rawRivalPath = 'bench/rivals/build/raw.node';

/** Both builds' list of sources: `{ core, records, binding }`, paths below the root. */
export function readSources() {
  return JSON.parse(readFileSync(fromRoot('native/sources.json'), 'utf8'));
}

/** All files under `folder` whose name matches, sorted, as paths below the root. */
export function listFiles(folder, pattern) {
  let entries;
  try {
    entries = readdirSync(fromRoot(folder), { recursive: true, withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
  return entries
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .filter((file) => !file.includes('node_modules'))
    .sort();
}
