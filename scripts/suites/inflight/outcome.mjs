// Runs test/inflight/main.mjs in a child process and tells what became of it.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../lib/project.mjs';

/** Freed memory stays poisoned until as much as `quarantine` was freed after it. */
const ASAN_OPTIONS = [
  'detect_leaks=0',
  'quarantine_size_mb=256',
  'malloc_context_size=12',
  'allocator_may_return_null=1',
  'abort_on_error=0',
  'exitcode=86',
];

/** Reads that wait for a FIFO hold a thread each. */
const THREADS = '24';

/**
 * @param {object} options `node`, `addon`, `asan` (the library, or null), `frees`, `seed`, `kind`,
 *   `which` (the sort of all blocks, or none for every sort), `limitMs`, `stallMs`
 * @returns `{ code, signal, timedOut, stderr, result, faults, lastKind, reports, seconds }`: what the
 *   child counted, or null if it did not come to that; the faults it had told by then; the kind of
 *   its last burst; ASan's reports
 */
export async function runTraffic(options) {
  const { node, addon, asan, frees, seed, kind, which, limitMs, stallMs } = options;
  const logs = mkdtempSync(join(tmpdir(), 'heapwright-asan-'));
  const args = ['--expose-gc', 'test/inflight/main.mjs', String(frees), String(seed)];
  const env = {
    ...process.env,
    HEAPWRIGHT_BINARY: addon,
    // A child that ends badly leaves FIFOs and sockets behind: they go with this folder.
    TMPDIR: logs,
    UV_THREADPOOL_SIZE: THREADS,
    HW_STALL_MS: String(stallMs),
    ...(asan === null
      ? {}
      : {
          LD_PRELOAD: asan,
          ASAN_OPTIONS: [...ASAN_OPTIONS, `log_path=${join(logs, 'report')}`].join(':'),
        }),
  };
  const start = performance.now();
  try {
    const { stdout, ...ended } = await watch(
      node,
      kind === undefined ? args : [...args, kind, ...(which === undefined ? [] : [which])],
      env,
      limitMs,
    );
    const seconds = (performance.now() - start) / 1000;
    return { ...ended, ...parse(stdout), reports: readReports(logs), seconds };
  } finally {
    rmSync(logs, { recursive: true, force: true });
  }
}

function watch(node, args, env, limitMs) {
  return new Promise((done) => {
    const child = spawn(node, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, limitMs);
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.on('error', (error) => {
      stderr += error.message;
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      done({ code, signal: timedOut ? null : signal, timedOut, stdout, stderr });
    });
  });
}

function parse(stdout) {
  const lines = stdout.split('\n');
  const last = (word) => {
    const line = lines.findLast((text) => text.startsWith(`${word} `));
    return line === undefined ? null : JSON.parse(line.slice(word.length + 1));
  };
  const result = last('result');
  return { result, faults: result?.faults ?? last('faults') ?? {}, lastKind: last('burst') };
}

/** Each report as the line that sums it up, with the first frames below it. */
function readReports(folder) {
  const names = readdirSync(folder).filter((name) => name.startsWith('report'));
  return names.map((name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    const what = /ERROR: AddressSanitizer: (\S+)/.exec(text)?.[1] ?? 'no reason given';
    const access = /^(READ|WRITE) of size \d+/m.exec(text)?.[0] ?? 'access';
    const where = [...text.matchAll(/^\s+#\d+ \S+ (?:in (\S+)|\((\S+?)\+)/gm)]
      .slice(0, 4)
      .map((match) => match[1] ?? match[2].split('/').at(-1));
    return { summary: `${what}, ${access} in ${where.join(' < ')}`, text };
  });
}
