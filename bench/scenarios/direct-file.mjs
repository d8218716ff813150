import { createCipheriv, createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Layout, SystemAllocator } from '../../dist/index.js';

const WRITE_BYTES = 1 << 20;
const PAGE = 4096;

/**
 * A file of pseudo-random bytes, the same on every run. Its name is removed at once, so that
 * nothing is left behind however the benchmark ends; the handles keep it alive.
 */
export class DirectFile {
  /** Reads and writes past the page cache. */
  direct;
  /** Reads through the page cache. */
  cached;
  /** In bytes, a multiple of 1 MiB. */
  size;

  static async create(folder, size) {
    const path = join(folder, `heapwright-direct-${process.pid}`);
    const { O_RDWR, O_CREAT, O_EXCL, O_DIRECT } = constants;
    const file = new DirectFile();
    file.size = size;
    file.direct = await open(path, O_RDWR | O_CREAT | O_EXCL | O_DIRECT, 0o600);
    try {
      file.cached = await open(path, constants.O_RDONLY);
    } finally {
      await unlink(path);
    }
    return file;
  }

  /**
   * Writes the whole content past the page cache, which also throws out what reads have left in
   * it, and resolves to the content's SHA-256.
   */
  async write() {
    const random = createCipheriv('aes-128-ctr', Buffer.alloc(16, 'heapwright'), Buffer.alloc(16));
    const zeros = Buffer.alloc(WRITE_BYTES);
    const hash = createHash('sha256');
    const allocator = new SystemAllocator();
    const layout = Layout.from(WRITE_BYTES, PAGE);
    const block = allocator.allocate(layout, { uninitialized: true });
    const view = new Uint8Array(block);
    for (let at = 0; at < this.size; at += WRITE_BYTES) {
      view.set(random.update(zeros));
      hash.update(view);
      await this.direct.write(view, 0, WRITE_BYTES, at);
    }
    await this.direct.sync();
    allocator.deallocate(block, layout);
    allocator.dispose();
    return hash.digest('hex');
  }

  async close() {
    await this.direct.close();
    await this.cached?.close();
  }
}
