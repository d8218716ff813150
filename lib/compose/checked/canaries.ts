/** Bytes before and behind a Buffer that nobody has a reason to write. */
import { lengthOf } from '../../block.js';
import type { Shape } from '../wrapped.js';

/** The most bytes of one canary. */
export const MOST_CANARY = 4096;
/** Beyond this alignment there is none in front: it would be as large as the alignment. */
const MOST_FRONT_ALIGN = 4096;

/** No two neighbours are equal, and none is zero: a fill of any one byte is noticed. */
const PATTERN = Uint8Array.from({ length: MOST_CANARY }, (_, at) => 0x91 + ((at * 37) % 101));

const { fill } = Uint8Array.prototype;

/** Fills bytes, whatever the object's own properties say. */
export function fillBytes(bytes: Uint8Array, value: number, start = 0, end?: number): void {
  Reflect.apply(fill, bytes, [value, start, end]);
}

/** Bytes to reserve in front of a block, of which the last ones are a canary. */
export function frontOf(canary: number, align: number): number {
  return align > MOST_FRONT_ALIGN ? 0 : Math.ceil(canary / align) * align;
}

/** A block with its surroundings. */
export class Fence {
  /** The memory inside, from its first byte to its last. */
  readonly #bytes: Uint8Array;
  /** Where its canaries begin; there is none before it where that is negative. */
  readonly #before: number;
  readonly #behind: number;
  readonly #canary: number;

  constructor(bytes: Uint8Array, { layout, front }: Shape, canary: number) {
    this.#bytes = bytes;
    this.#before = front - canary;
    this.#behind = layout.size - canary;
    this.#canary = canary;
  }

  paint(): void {
    const bytes = this.#bytes;
    for (let at = 0; at < this.#canary; at++) {
      const value = PATTERN[at] as number;
      if (this.#before >= 0) bytes[this.#before + at] = value;
      bytes[this.#behind + at] = value;
    }
  }

  /** What was overwritten, in words; null where nothing was. */
  findDamage(): string | null {
    // What was moved away took its canaries with it.
    if (this.#isSound() || lengthOf(this.#bytes) === 0) return null;
    const before = this.#before < 0 ? '' : this.#describe(this.#before, 'before');
    const behind = this.#describe(this.#behind, 'behind');
    return before === '' || behind === '' ? before + behind : `${before}; ${behind}`;
  }

  #isSound(): boolean {
    const bytes = this.#bytes;
    for (let at = 0; at < this.#canary; at++) {
      const value = PATTERN[at];
      if (bytes[this.#behind + at] !== value) return false;
      if (this.#before >= 0 && bytes[this.#before + at] !== value) return false;
    }
    return true;
  }

  /** The bytes of one canary that are others now; empty where none is. */
  #describe(start: number, side: 'before' | 'behind'): string {
    const changed: number[] = [];
    for (let at = 0; at < this.#canary; at++) {
      if (this.#bytes[start + at] !== PATTERN[at]) changed.push(at);
    }
    const [first] = changed;
    if (first === undefined) return '';
    const shown = changed.slice(0, 8).map((at) => (this.#bytes[start + at] as number).toString(16));
    const nearest = side === 'behind' ? first : this.#canary - (changed.at(-1) as number) - 1;
    return `${changed.length} byte(s) ${side} it, the nearest ${nearest} away, hold ${shown.join(' ')}`;
  }
}
