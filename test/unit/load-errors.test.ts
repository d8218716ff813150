import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { PACKAGE } from '../support/programs.js';

const folder = mkdtempSync(join(tmpdir(), 'heapwright-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Imports the package in a process of its own and tells what came of it. */
function load(binary: string, flags: readonly string[] = []) {
  const program = `import(${JSON.stringify(PACKAGE)}).then(
    () => console.log(JSON.stringify({ code: 'loaded' })),
    ({ code, message, cause }) =>
      console.log(JSON.stringify({ code, message, cause: cause?.code })));`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [...flags, '--input-type=module', '--eval', program],
    { encoding: 'utf8', env: { ...process.env, HEAPWRIGHT_BINARY: binary } },
  );
  expect(stdout, stderr).not.toBe('');
  return JSON.parse(stdout) as { code: string; message: string; cause?: string };
}

function textFile(): string {
  const path = join(folder, 'not-an-addon.node');
  writeFileSync(path, 'This is no addon.\n');
  return path;
}

describe('loading the package', () => {
  it('without its addon is LOAD_FAILED with no file', () => {
    const error = load(join(folder, 'missing.node'));
    expect(error).toMatchObject({ code: 'ERR_HEAPWRIGHT_LOAD_FAILED', cause: 'MODULE_NOT_FOUND' });
    expect(error.message).toMatch(/got no file/);
  });

  it('with a file that is no addon is LOAD_FAILED with what the system said', () => {
    const error = load(textFile());
    expect(error).toMatchObject({ code: 'ERR_HEAPWRIGHT_LOAD_FAILED', cause: 'ERR_DLOPEN_FAILED' });
    expect(error.message).toMatch(/a file that does not load/);
  });

  it('names in its error the platform that was looked for', () => {
    const { message } = load(join(folder, 'missing.node'));
    const wanted = new RegExp(`an addon for ${process.platform}-${process.arch}\\b.*Node-API 8`);
    expect(message).toMatch(wanted);
  });

  it('names in its error how to build and how to choose another file', () => {
    const { message } = load(join(folder, 'missing.node'));
    expect(message).toMatch(/npm install && npm run build/);
    expect(message).toMatch(/HEAPWRIGHT_BINARY/);
  });

  it('shows no path in its message', () => {
    expect(load(textFile()).message).not.toContain(folder);
  });

  it('under a permission model without addons gives the words of Node', () => {
    const root = fileURLToPath(new URL('../..', import.meta.url));
    const stable = process.allowedNodeEnvironmentFlags.has('--permission');
    const permission = stable ? '--permission' : '--experimental-permission';
    const error = load('', [permission, `--allow-fs-read=${root}*`, '--no-warnings']);
    expect(error.code).toBe('ERR_DLOPEN_DISABLED');
  });
});
