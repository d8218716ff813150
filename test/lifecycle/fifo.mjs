import { execFileSync } from 'node:child_process';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A FIFO open at both ends: a read from it stays in flight until something is written. */
export function openFifo() {
  const folder = mkdtempSync(join(tmpdir(), 'heapwright-'));
  try {
    const path = join(folder, 'fifo');
    execFileSync('mkfifo', [path]);
    return openSync(path, 'r+');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
