/** Copies of the project to make mistakes in. The project itself is never touched. */
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { applyEdits } from '../../lib/edits.mjs';
import { addonPath, fromRoot } from '../../lib/project.mjs';
import { run, Stop } from '../../lib/run.mjs';

/** What git knows or would know: a file that was just written counts. */
async function listSources() {
  const { code, stdout, output } = await run('git', [
    ...['ls-files', '--cached', '--others', '--exclude-standard', '-z'],
  ]);
  if (code !== 0) throw new Stop(`git does not list the sources: ${output}`);
  return stdout.split('\0').filter((path) => path !== '' && existsSync(fromRoot(path)));
}

function copyInto(folder, path) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  copyFileSync(fromRoot(path), join(folder, path));
}

/** A copy of the sources with what setUp() has built of them; the packages are the project's. */
export async function copyTree() {
  const folder = mkdtempSync(join(tmpdir(), 'heapwright-mutants-'));
  for (const path of await listSources()) copyInto(folder, path);
  symlinkSync(fromRoot('node_modules'), join(folder, 'node_modules'));
  cpSync(fromRoot('dist'), join(folder, 'dist'), { recursive: true });
  copyInto(folder, addonPath);
  return folder;
}

export function removeTree(folder) {
  rmSync(folder, { recursive: true, force: true });
}

/** Throws unless each edit fits the project's own sources. */
export function checkEdits(edits) {
  for (const { file } of edits) applyEdits(file, readFileSync(fromRoot(file), 'utf8'), edits);
}

/** Runs `body` while the edits are made in the copy, and then takes them back. */
export async function withEdits(folder, edits, body) {
  const files = [...new Set(edits.map(({ file }) => file))];
  const originals = files.map((file) => readFileSync(join(folder, file), 'utf8'));
  try {
    for (const [at, file] of files.entries()) {
      writeFileSync(join(folder, file), applyEdits(file, originals[at], edits));
    }
    return await body();
  } finally {
    for (const [at, file] of files.entries()) writeFileSync(join(folder, file), originals[at]);
  }
}
