/** How many requests there were of each size, by powers of two. */

/** One row: sizes above the bound of the row before, up to this one. */
export interface SizeRow {
  /** The largest size of the row, in bytes: 0, 1, 2, 4, 8, ... */
  readonly upTo: number;
  /** Requests that were served. */
  readonly count: number;
  /** Blocks of them that are live. */
  readonly live: number;
}

/** One for no bytes, and one for each power of two up to the largest size of a layout. */
const ROWS = 55;

function rowOf(size: number): number {
  if (size <= 1) return size;
  return size <= 2 ** 32 ? 33 - Math.clz32(size - 1) : 32 + rowOf(Math.ceil(size / 2 ** 32));
}

const boundOf = (row: number): number => (row === 0 ? 0 : 2 ** (row - 1));

export class SizeHistogram {
  readonly #counts = new Float64Array(ROWS);

  add(size: number): void {
    const row = rowOf(size);
    this.#counts[row] = (this.#counts[row] as number) + 1;
  }

  clear(): void {
    this.#counts.fill(0);
  }

  /** The rows that are not empty, given the sizes of all live blocks. */
  rows(liveSizes: Iterable<number>): readonly SizeRow[] {
    const live = new Float64Array(ROWS);
    for (const size of liveSizes) live[rowOf(size)] = (live[rowOf(size)] as number) + 1;
    const rows: SizeRow[] = [];
    for (const [row, count] of this.#counts.entries()) {
      const liveCount = live[row] as number;
      if (count === 0 && liveCount === 0) continue;
      rows.push(Object.freeze({ upTo: boundOf(row), count, live: liveCount }));
    }
    return Object.freeze(rows);
  }
}
