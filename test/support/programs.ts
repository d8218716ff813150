/** Programs and workers of their own. They load the package as it was built. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

/** The built package, as an import specifier. */
export const PACKAGE = new URL('../../dist/index.js', import.meta.url).href;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Variables of the environment beyond those of this process. */
type Variables = Readonly<Record<string, string>>;

/** Runs `source`, a module that finds the package in `hw`, to its end. */
export function runProgram(
  source: string,
  flags: readonly string[] = [],
  variables: Variables = {},
): Promise<Outcome> {
  const program = `import * as hw from ${JSON.stringify(PACKAGE)};\n${source}`;
  return runNode([...flags, '--input-type=module', '--eval', program], variables);
}

/** Runs Node to its end. */
export function runNode(args: readonly string[], variables: Variables = {}): Promise<Outcome> {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/**
 * A worker that runs `body`, the inside of an async function with the package in `hw`, the port to
 * its parent in `port` and the worker's data in `data`.
 */
export function startWorker(body: string, data: unknown = null): Worker {
  const source = `
    const { parentPort: port, workerData } = require('node:worker_threads');
    import(workerData.url).then(async (hw) => {
      const data = workerData.data;
      ${body}
    });`;
  return new Worker(source, {
    eval: true,
    execArgv: [],
    workerData: { url: PACKAGE, data },
  });
}

/** The next message of a worker; its error, or its end without one, is a failure. */
export function messageOf(worker: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the worker ended with ${code}, silently`)));
  });
}

/** The exit code of a worker. */
export function endOf(worker: Worker): Promise<number> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', resolve);
  });
}
