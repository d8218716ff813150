// markAsUntransferable on one of our blocks: Node 24 and later abort at exit while it is alive. Seen
// with the Node 24 of test/runtimes where that is installed, else with this one.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { markAsUntransferable } from 'node:worker_threads';
import { Layout, SystemAllocator } from '../../dist/index.js';
import { say } from './say.mjs';

const FIRST_TO_ABORT = 24;

if (process.argv[2] === 'mark') {
  globalThis.block = new SystemAllocator().allocate(Layout.from(64));
  markAsUntransferable(globalThis.block);
  console.log(`marked on ${process.versions.node}`);
} else {
  const installed = fileURLToPath(
    new URL('../runtimes/node_modules/node24/bin/node', import.meta.url),
  );
  const node = existsSync(installed) ? installed : process.execPath;
  const self = fileURLToPath(import.meta.url);
  const { stdout, signal, status } = spawnSync(
    '/bin/sh',
    ['-c', 'ulimit -c 0; exec "$0" "$@"', node, self, 'mark'],
    { encoding: 'utf8' },
  );
  const major = Number(/marked on (\d+)/.exec(stdout)?.[1]);
  if (major < FIRST_TO_ABORT) {
    say(signal === null && status === 0, `Node ${major} ends as if nothing were; 24 aborts`);
  } else {
    say(signal === 'SIGABRT', 'the process aborted at exit');
  }
}
