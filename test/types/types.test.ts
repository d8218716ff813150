import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

const folder = path('./must-not-compile/');
const fixtures = readdirSync(folder).filter((name) => name.endsWith('.ts'));

/** The project's own options, which the fixtures are left out of. */
function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(path('../../tsconfig.json'), ts.sys.readFile);
  return ts.parseJsonConfigFileContent(config, ts.sys, path('../..')).options;
}

/** One program for all of them: the library is checked once. */
const program = ts.createProgram(
  fixtures.map((name) => folder + name),
  compilerOptions(),
);

/** `3: TS2322` for every error of the compiler in a fixture. */
function errorsIn(name: string): string[] {
  const file = program.getSourceFile(folder + name);
  if (file === undefined) throw new Error(`${name} is not in the program`);
  return ts.getPreEmitDiagnostics(program, file).map(({ start = 0, code }) => {
    return `${file.getLineAndCharacterOfPosition(start).line + 1}: TS${code}`;
  });
}

/** `3: TS2322` for every `// expect TS2322` on line 2. */
function expectedIn(name: string): string[] {
  const lines = readFileSync(folder + name, 'utf8').split('\n');
  return lines.flatMap((text, at) => {
    const code = /^\s*\/\/ expect (TS\d+)$/.exec(text)?.[1];
    return code === undefined ? [] : [`${at + 2}: ${code}`];
  });
}

describe('the compiler', () => {
  it.each(fixtures)(
    'refuses every line of %s that it should, and no other',
    (name) => {
      expect(expectedIn(name)).not.toEqual([]);
      expect(errorsIn(name)).toEqual(expectedIn(name));
    },
    60_000,
  );

  it('finds nothing wrong with the package itself', () => {
    const own = program.getSourceFiles().filter(({ fileName }) => fileName.includes('/lib/'));
    const problems = own
      .filter(({ fileName }) => !fileName.includes('node_modules'))
      .flatMap((file) => ts.getPreEmitDiagnostics(program, file));
    expect(problems.map(({ messageText }) => messageText)).toEqual([]);
  }, 60_000);
});
