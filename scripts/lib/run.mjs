import { spawn } from 'node:child_process';
import { root } from './project.mjs';

/**
 * Runs a program in the project's root, or in `cwd`, and resolves to its exit code and output;
 * never rejects. By default the output is kept back, for the caller to show when it matters; with
 * `live` it goes straight to the terminal and none is kept. What has not ended after `limitMs` is
 * ended with all that it started, and `timedOut`.
 */
export function run(command, args, { live = false, env = {}, input, cwd = root, limitMs } = {}) {
  return new Promise((done) => {
    let output = '';
    let stdout = '';
    let timedOut = false;
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: live ? 'inherit' : [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      // A group of its own, so that it can be ended as a whole.
      detached: limitMs !== undefined,
    });
    const timer =
      limitMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            process.kill(-child.pid, 'SIGKILL');
          }, limitMs);
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      output += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      done({ code: 127, signal: null, timedOut, output: `${command}: ${error.message}\n`, stdout });
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (signal) output += `${command} was ended by ${signal}\n`;
      done({ code: code ?? 1, signal, timedOut, output, stdout });
    });
    child.stdin?.on('error', () => {}).end(input);
  });
}

/** A failure that is told in one line, without a stack. */
export class Stop extends Error {}

/** Runs a step that must succeed: silent when it does, its whole output when it does not. */
export async function must(what, command, args, options) {
  const start = performance.now();
  const result = await run(command, args, options);
  if (result.code !== 0) {
    process.stderr.write(result.output);
    throw new Stop(`${what} failed`);
  }
  // stderr: `npm pack --json` and the like own stdout.
  process.stderr.write(`setup: ${what} (${seconds(start)})\n`);
  return result;
}

export const seconds = (start) => `${((performance.now() - start) / 1000).toFixed(1)} s`;

/** Runs a script's main function and turns what it throws into an exit code. */
export async function main(body) {
  try {
    process.exitCode = (await body()) ?? 0;
  } catch (error) {
    console.error(error instanceof Stop ? `error: ${error.message}` : error);
    process.exitCode = 1;
  }
}
