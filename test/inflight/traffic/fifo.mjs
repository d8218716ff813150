/** FIFOs: a read from one stays in flight until something is written. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a FIFO holds on every system that matters; a read then takes it all at once. */
export const FIFO_BYTES = 65_536;

/** `open` is called with the path of each of `count` new FIFOs; the paths are gone afterwards. */
export async function openFifos(count, open) {
  const folder = mkdtempSync(join(tmpdir(), 'heapwright-'));
  try {
    const opened = [];
    for (let i = 0; i < count; i++) {
      const path = join(folder, `fifo${i}`);
      execFileSync('mkfifo', [path]);
      // Both ends, so that opening waits for nobody.
      opened.push(await open(path, 'r+'));
    }
    return opened;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
