/** docs/runtimes.md, from the results of a run over every runtime. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fromRoot } from '../../lib/project.mjs';
import { formatTable } from './table.mjs';

const PATH = 'docs/runtimes.md';

const page = (table) => `# Runtimes

One binary, built once against Node-API 8, runs on all of these. Written by \`npm run test:runtimes\`,
which runs the same files on each of them; it needs Linux on x64.

${table}

**gate**: whether the operations that are in flight can be counted. Where they cannot
(\`always-busy\`), \`deallocate\` always answers \`false\` and leaves the block attached: its memory comes
back when the collector finds that nothing reaches it. That is as safe, and slower to give memory
back.

**detached by**: how a block is taken away from JavaScript when it is freed. \`transfer\` is
\`ArrayBuffer.prototype.transfer\`, captured when the package is loaded; \`napi\` is Node-API's own call.

**structuredClone with transfer**, **read into by a byte stream**, **ArrayBuffer.prototype.transfer**:
what a program can do with a block that was not meant to be moved. A block that was moved is
\`DETACHED\` to this package, and its memory comes back when its last holder is gone. Memory that was
moved to another thread reads zeros once the thread that allocated it has ended, on every runtime.

**finalizer**: when the package learns that a buffer has gone. Only then is the record of a freed
block used again, and only then does the memory of a dropped or abandoned one come back. On Bun and
Deno it is taken back during the next call of this package in that thread, because Deno's collector
finalises on threads of its own and in the middle of a collection, where nothing else may be done.

**smoke** is a short program that every runtime can run (\`test/runtimes/checks.mjs\`);
**buffers** gives pooled Buffers to everything that takes a Buffer (\`test/runtimes/buffers.mjs\`). The
other suites are the package's tests, under the runtime's own \`node\`; \`lifecycle\` is every way to end a
thread or the process, with blocks in every state.
`;

/** Writes the page: the same results give the same bytes. */
export function writePage(columns) {
  mkdirSync(fromRoot('docs'), { recursive: true });
  writeFileSync(fromRoot(PATH), page(formatTable(columns)));
  return PATH;
}
