/** The package as it is published, installed into an empty project. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface PackedFile {
  readonly path: string;
  readonly size: number;
}

export interface Packed {
  /** The files of the tarball. */
  readonly files: readonly PackedFile[];
  /** The bytes of the tarball. */
  readonly size: number;
  /** A project with the package as its only dependency. */
  readonly project: string;
  /** Where the package is in it. */
  readonly installed: string;
  remove(): void;
}

/** Without what npm and the tests hand down: a stranger's machine has none of it. */
function strangersEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|heapwright_|vitest|node_options)/i.test(name),
  );
  return Object.fromEntries(own);
}

function pack(folder: string): { filename: string; files: PackedFile[]; size: number } {
  const answer = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // What prepack prints comes first.
  const [packed] = JSON.parse(answer.slice(answer.search(/^\[$/m)));
  return packed;
}

/** Packs the project and installs the tarball. Takes a build's time where nothing was built. */
export function packAndInstall(): Packed {
  const folder = mkdtempSync(join(tmpdir(), 'heapwright-package-'));
  const project = join(folder, 'project');
  const { filename, files, size } = pack(folder);
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "name": "stranger", "private": true }\n');
  execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', join('..', filename)], {
    cwd: project,
    env: strangersEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return {
    files,
    size,
    project,
    installed: join(project, 'node_modules/heapwright'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Runs a program in the project and gives what it prints; anything else is an error. */
export function runIn(project: string, name: string, source: string): string {
  writeFileSync(join(project, name), source);
  const { status, stdout, stderr } = spawnSync(process.execPath, [name], {
    cwd: project,
    encoding: 'utf8',
    env: strangersEnvironment(),
  });
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`);
  return stdout.trim();
}

/** What the compiler says about `source` in the project; empty when it compiles. */
export function compileIn(project: string, module: string, resolution: string, source: string) {
  const config = {
    compilerOptions: {
      target: 'es2022',
      lib: ['es2022', 'esnext.disposable'],
      module,
      moduleResolution: resolution,
      types: ['node'],
      typeRoots: [join(ROOT, 'node_modules/@types')],
      strict: true,
      noEmit: true,
    },
    files: ['consumer.mts'],
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config));
  writeFileSync(join(project, 'consumer.mts'), source);
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  return spawnSync(process.execPath, [tsc, '-p', 'tsconfig.json'], {
    cwd: project,
    encoding: 'utf8',
  }).stdout;
}

/** Everything that is installed in the project. */
export function installedPackages(project: string): string[] {
  return readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'));
}

export function manifestOf(installed: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
}
