import type { Buffer } from 'node:buffer';
import type { BufferAllocator, Fill } from './buffer-allocator.js';

/** Allocates for one run: as the methods of the pool, and the run's end frees it all. */
export interface RunAllocator {
  (size: number, fill?: Fill, encoding?: BufferEncoding): Buffer;
  readonly allocUnsafe: BufferAllocator['allocUnsafe'];
  readonly from: BufferAllocator['from'];
  readonly concat: BufferAllocator['concat'];
  readonly realloc: BufferAllocator['realloc'];
  /** Takes a Buffer out: the run's end leaves it alone. Answers with it. */
  readonly keep: (buffer: Buffer) => Buffer;
}

/** What one run allocated and did not keep. */
export class PoolRun {
  readonly alloc: RunAllocator;
  readonly #pool: BufferAllocator;
  readonly #isLive: (value: unknown) => boolean;
  readonly #buffers = new Set<Buffer>();
  #hasEnded = false;

  constructor(pool: BufferAllocator, isLive: (value: unknown) => boolean) {
    this.#pool = pool;
    this.#isLive = isLive;
    const note = (buffer: Buffer) => this.#note(buffer);
    const alloc: BufferAllocator['alloc'] = (size, fill, encoding) =>
      note(pool.alloc(size, fill, encoding));
    this.alloc = Object.freeze(
      Object.assign(alloc, {
        allocUnsafe: (size: number) => note(pool.allocUnsafe(size)),
        from: (...args: Parameters<BufferAllocator['from']>) => note(pool.from(...args)),
        concat: (...args: Parameters<BufferAllocator['concat']>) => note(pool.concat(...args)),
        realloc: (buffer: Buffer, size: number) => note(pool.realloc(buffer, size)),
        keep: (buffer: Buffer) => {
          this.#buffers.delete(buffer);
          return buffer;
        },
      }),
    );
  }

  /** `old` was reallocated. */
  replace(old: Buffer, next: Buffer): void {
    if (this.#buffers.delete(old)) this.#buffers.add(next);
  }

  /** Frees what is left. What was freed before, or went with its pool, is left alone. */
  end(): void {
    this.#hasEnded = true;
    for (const buffer of this.#buffers) if (this.#isLive(buffer)) this.#pool.free(buffer);
    this.#buffers.clear();
  }

  /** What is allocated after the end was asked for by somebody who missed it: it is theirs. */
  #note(buffer: Buffer): Buffer {
    if (!this.#hasEnded) this.#buffers.add(buffer);
    return buffer;
  }
}
