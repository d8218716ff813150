// A zlib stream between two chunks has no request in flight, and goes on with the same buffer: the
// free answers true, and the stream runs into the detached buffer. With a lease it would not.
import { spawnSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createDeflate } from 'node:zlib';
import { Layout, SystemAllocator } from '../../dist/index.js';
import { say } from './say.mjs';

function freeUnderTheStream() {
  const system = new SystemAllocator();
  const layout = Layout.from(1 << 20);
  const block = system.allocate(layout);
  const bytes = randomFillSync(new Uint8Array(block)); // does not shrink: many chunks
  const stream = createDeflate();
  stream.once('data', () => console.log(`freed: ${system.deallocate(block, layout)}`));
  stream.resume();
  stream.end(bytes);
}

if (process.argv[2] === 'free') {
  freeUnderTheStream();
} else {
  const self = fileURLToPath(import.meta.url);
  const { stdout, status, signal } = spawnSync(
    '/bin/sh',
    ['-c', 'ulimit -c 0; exec "$0" "$@"', process.execPath, self, 'free'],
    { encoding: 'utf8' },
  );
  const endedBadly = signal !== null || status !== 0;
  say(
    stdout.includes('freed: true') && endedBadly,
    'deallocate said true, and the stream took the process down',
  );
}
