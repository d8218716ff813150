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
export interface Fenced extends Shape {
  /** The memory inside, from its first byte to its last. */
  readonly bytes: Uint8Array;
  readonly canary: number;
}

/** Where the canaries begin, in the memory inside. */
function fences({
  layout,
  front,
  canary,
}: Omit<Fenced, 'bytes'>): [before: number, behind: number] {
  return [front === 0 ? -1 : front - canary, layout.size - canary];
}

export function paint(fenced: Fenced): void {
  const [before, behind] = fences(fenced);
  for (let at = 0; at < fenced.canary; at++) {
    const value = PATTERN[at] as number;
    if (before >= 0) fenced.bytes[before + at] = value;
    fenced.bytes[behind + at] = value;
  }
}

/** The bytes of one canary that are others now, in words; null where none is. */
function damageAt({ bytes, canary }: Fenced, start: number, where: string): string | null {
  const changed: number[] = [];
  for (let at = 0; at < canary; at++) if (bytes[start + at] !== PATTERN[at]) changed.push(at);
  const [first] = changed;
  if (first === undefined) return null;
  const shown = changed.slice(0, 8).map((at) => (bytes[start + at] as number).toString(16));
  const distance = where === 'behind' ? first : canary - (changed.at(-1) as number) - 1;
  return `${changed.length} byte(s) ${where} it, the nearest ${distance} away, hold ${shown.join(' ')}`;
}

/** What was overwritten around a block, in words; null where nothing was. */
export function findDamage(fenced: Fenced): string | null {
  if (lengthOf(fenced.bytes) === 0) return null; // moved away with all that was in it
  const [before, behind] = fences(fenced);
  const found = [
    before < 0 ? null : damageAt(fenced, before, 'before'),
    damageAt(fenced, behind, 'behind'),
  ];
  return found.filter((each) => each !== null).join('; ') || null;
}
