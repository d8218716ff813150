import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const text = readFileSync(`${ROOT}README.md`, 'utf8');

interface Example {
  readonly title: string;
  readonly source: string;
}

/** The js and ts blocks, each with the heading above it. */
function examples(): Example[] {
  const found: Example[] = [];
  for (const match of text.matchAll(/^```(?:js|ts)\n([\s\S]*?)^```$/gm)) {
    const headings = [...text.slice(0, match.index).matchAll(/^#+ (.*)$/gm)];
    found.push({ title: headings.at(-1)?.[1] ?? '', source: match[1] ?? '' });
  }
  return found;
}

/** What a block says it prints: the comment behind each console.log. */
function shown(source: string): string[] {
  return [...source.matchAll(/console\.log\(.*\);(?: \/\/ (.*))?$/gm)].map(
    ([, comment]) => comment ?? 'no comment',
  );
}

/** Runs a block in the project, where the package's own name leads to what was built. */
function run(source: string): { status: number | null; stderr: string; lines: string[] } {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', outputText],
    { cwd: ROOT, encoding: 'utf8' },
  );
  return { status, stderr, lines: stdout.trimEnd().split('\n') };
}

describe('the README', () => {
  it('begins with an example', () => {
    expect(text.indexOf('```js')).toBeLessThan(500);
  });

  it.each(examples())('shows under $title what its example prints', ({ source }) => {
    expect(run(source)).toEqual({ status: 0, stderr: '', lines: shown(source) });
  });

  it('has an output for every example', () => {
    expect(examples().filter(({ source }) => shown(source).length === 0)).toEqual([]);
  });

  it('has at most 150 lines', () => {
    expect(text.split('\n').length - 1).toBeLessThanOrEqual(150);
  });

  it('names only scripts that there are', () => {
    const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
    const named = [...text.matchAll(/npm (?:run )?([\w:]+)/g)].map(([, name]) => name ?? '');
    const known = [...Object.keys(scripts), 'install'];
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });
});
