/** The examples of a Markdown page, which are programs that say what they print. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Example {
  /** The heading above it, and which one below that. */
  readonly title: string;
  readonly source: string;
}

export function readPage(path: string): string {
  return readFileSync(`${ROOT}${path}`, 'utf8');
}

/** The js and ts blocks of a page. */
export function examplesOf(page: string): Example[] {
  const found: Example[] = [];
  for (const match of page.matchAll(/^```(?:js|ts)\n([\s\S]*?)^```$/gm)) {
    const headings = [...page.slice(0, match.index).matchAll(/^#+ (.*)$/gm)];
    const heading = headings.at(-1)?.[1] ?? '';
    const before = found.filter(({ title }) => title.startsWith(`${heading} #`)).length;
    found.push({ title: `${heading} #${before + 1}`, source: match[1] ?? '' });
  }
  return found;
}

/** What an example says it prints: the comment behind each console.log. */
export function shownBy({ source }: Example): string[] {
  return [...source.matchAll(/console\.log\(.*\);(?: \/\/ (.*))?$/gm)].map(
    ([, comment]) => comment ?? 'no comment',
  );
}

export interface Printed {
  readonly status: number | null;
  readonly stderr: string;
  readonly lines: readonly string[];
}

/** Runs an example in the project, where the package's own name leads to what was built. */
export function runExample({ source }: Example): Printed {
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
