/** The words of a composition, and what each may be told. */

/** How a number is written: bytes with a unit, or a plain count. */
export type Measure = 'bytes' | 'count';

/** Names of arguments in the order in which they may come without a name. */
export type Parameters = readonly (readonly [name: string, measure: Measure])[];

export const LEAVES: ReadonlyMap<string, Parameters> = new Map<string, Parameters>([
  ['system', [['limit', 'bytes']]],
  ['arena', [['limit', 'bytes']]],
  ['pool', [['limit', 'bytes']]],
  [
    'chunk',
    [
      ['chunks', 'count'],
      ['size', 'bytes'],
    ],
  ],
  [
    'freelist',
    [
      ['size', 'bytes'],
      ['max', 'count'],
      ['align', 'bytes'],
    ],
  ],
  ['null', []],
]);

export const FILTERS: ReadonlyMap<string, Parameters> = new Map<string, Parameters>([
  [
    'limit',
    [
      ['bytes', 'bytes'],
      ['blocks', 'count'],
    ],
  ],
  ['stats', []],
  [
    'checked',
    [
      ['canary', 'bytes'],
      ['nth', 'count'],
      ['every', 'count'],
      ['after', 'bytes'],
    ],
  ],
]);

/** Words that take trees. */
export const CHOICES = ['fallback', 'segregate'] as const;

/** Words that no part can have as its name. */
export function isReserved(name: string): boolean {
  const isChoice = (CHOICES as readonly string[]).includes(name);
  return isChoice || name === 'else' || LEAVES.has(name) || FILTERS.has(name);
}

/** Units of bytes, smallest first; each may be written K, KB or KiB, and counts in 1024s. */
export const UNITS: readonly (readonly [letter: string, bytes: number])[] = [
  ['K', 2 ** 10],
  ['M', 2 ** 20],
  ['G', 2 ** 30],
];
