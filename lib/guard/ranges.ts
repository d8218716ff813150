/**
 * Which bytes of an ArrayBuffer are in use, so that a second block over the same bytes is seen
 * before anybody writes to it. Looking, adding and removing take time by the logarithm of how many
 * ranges there are.
 */

/** Ranges of a leaf before it is split: a list this long is shifted faster than it is searched. */
const MOST_IN_LEAF = 256;

/** Neighbouring ranges, from the lowest on. Both lists are parallel. */
interface Leaf {
  readonly starts: number[];
  readonly ends: number[];
}

/** How many of the sorted `starts` are at most `at`. */
function countUpTo(starts: readonly number[], at: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] as number) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Ranges of one ArrayBuffer, none of them empty, no two with a byte in common. */
export class Ranges {
  /** Sorted; only the first leaf may be empty, and only where it is alone. */
  readonly #leaves: Leaf[];

  constructor(start: number, end: number) {
    this.#leaves = [{ starts: [start], ends: [end] }];
  }

  get isEmpty(): boolean {
    return this.#leaves[0]?.starts.length === 0;
  }

  /** Whether `at` lies in a range. */
  has(at: number): boolean {
    const leaf = this.#leaves[this.#leafOf(at)] as Leaf;
    const before = countUpTo(leaf.starts, at) - 1;
    return before >= 0 && (leaf.ends[before] as number) > at;
  }

  /** False, and nothing added: it has bytes in common with a range that is there. */
  add(start: number, end: number): boolean {
    if (this.has(start)) return false;
    const at = this.#leafOf(start);
    const leaf = this.#leaves[at] as Leaf;
    const place = countUpTo(leaf.starts, start);
    const next = leaf.starts[place] ?? this.#leaves[at + 1]?.starts[0];
    if (next !== undefined && next < end) return false;
    leaf.starts.splice(place, 0, start);
    leaf.ends.splice(place, 0, end);
    if (leaf.starts.length > MOST_IN_LEAF) this.#split(at);
    return true;
  }

  /** Ends the range that begins at `start`. */
  remove(start: number): void {
    const at = this.#leafOf(start);
    const leaf = this.#leaves[at] as Leaf;
    const place = countUpTo(leaf.starts, start) - 1;
    leaf.starts.splice(place, 1);
    leaf.ends.splice(place, 1);
    if (leaf.starts.length === 0 && this.#leaves.length > 1) this.#leaves.splice(at, 1);
  }

  /** The last leaf that begins at or before `at`; the first where none does. */
  #leafOf(at: number): number {
    let low = 1;
    let high = this.#leaves.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#leaves[middle]?.starts[0] as number) <= at) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #split(at: number): void {
    const leaf = this.#leaves[at] as Leaf;
    const half = leaf.starts.length >>> 1;
    const upper = { starts: leaf.starts.splice(half), ends: leaf.ends.splice(half) };
    this.#leaves.splice(at + 1, 0, upper);
  }
}
