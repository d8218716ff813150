import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const [compiler = 'cc', ...flags] = (process.env.CC || 'cc').trim().split(/\s+/);

it('docs/c-api.md shows a C program that compiles without warnings and what it prints', () => {
  const text = readFileSync(`${ROOT}docs/c-api.md`, 'utf8');
  const source = /^```c\n([\s\S]*?)^```$/m.exec(text)?.[1] ?? '';
  const { core } = JSON.parse(readFileSync(`${ROOT}native/sources.json`, 'utf8'));
  const folder = mkdtempSync(join(tmpdir(), 'heapwright-'));
  try {
    const program = join(folder, 'example');
    const compiled = spawnSync(
      compiler,
      [
        ...[...flags, '-std=c11', '-Wall', '-Wextra', '-Werror', '-pthread'],
        ...['-Inative/include', '-Inative/core', '-o', program],
        ...['-x', 'c', '-', '-x', 'none', ...core],
      ],
      { cwd: ROOT, input: source, encoding: 'utf8' },
    );
    expect(compiled).toMatchObject({ status: 0, stderr: '' });
    const { status, stdout } = spawnSync(program, { encoding: 'utf8' });
    const shown = [...source.matchAll(/\/\* (.*) \*\/$/gm)].map(([, line]) => line);
    expect({ status, lines: stdout.trimEnd().split('\n') }).toEqual({ status: 0, lines: shown });
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 120_000);
