/** Test programs as child processes: what each must do, and a pool that runs them. */
import { spawn } from 'node:child_process';
import { root } from '../lib/project.mjs';

/** A program that has not ended by then hangs. */
const TIMEOUT = 300_000;

/** A crash is an answer here, and its core dump of no use to anybody. */
const LAUNCHER = ['-c', 'ulimit -c 0 && exec "$0" "$@"'];

/** Runs a program to its end: `{ code, signal, stdout, stderr, timedOut }`. */
export function runChild(command, args, env = {}, timeout = TIMEOUT) {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', [...LAUNCHER, command, ...args], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const result = { stdout: '', stderr: '', timedOut: false };
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8').on('data', (text) => {
        result[name] += text;
      });
    }
    const timer = setTimeout(() => {
      result.timedOut = true;
      child.kill('SIGKILL');
    }, timeout);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ ...result, code, signal });
    });
  });
}

/** What a program did that it should not have, or null. */
export function judge(result, { code = 0, signal = null, says }) {
  if (result.timedOut) return 'did not end';
  if (result.signal !== signal) return `ended by ${result.signal ?? `exit code ${result.code}`}`;
  if (signal === null && result.code !== code) return `exit code ${result.code}, not ${code}`;
  const last = result.stdout.trimEnd().split('\n').at(-1);
  return last === says ? null : `said "${last}", not "${says}"`;
}

/** Calls `body` for each item, `size` at a time. */
export async function inPool(items, size, body) {
  const pending = [...items];
  const work = async () => {
    for (let item = pending.shift(); item !== undefined; item = pending.shift()) await body(item);
  };
  await Promise.all(Array.from({ length: size }, work));
}
