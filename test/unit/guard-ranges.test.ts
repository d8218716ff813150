import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ranges } from '../../lib/guard/ranges.js';

const SPAN = 4000;

/** The same by a flag for each byte. */
class Model {
  readonly #bytes = new Uint8Array(SPAN);

  add(start: number, end: number): boolean {
    if (this.#bytes.subarray(start, end).includes(1)) return false;
    this.#bytes.fill(1, start, end);
    return true;
  }

  remove(start: number, end: number): void {
    this.#bytes.fill(0, start, end);
  }

  has(at: number): boolean {
    return this.#bytes[at] === 1;
  }
}

describe('ranges in use', () => {
  it('are those of a map of bytes, whatever the order', () => {
    const step = fc.tuple(
      fc.boolean(),
      fc.nat(SPAN - 1),
      fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 40 })),
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 400, maxLength: 3000 }), (steps) => {
        const ranges = new Ranges(0, 1);
        const model = new Model();
        model.add(0, 1);
        const live: [number, number][] = [[0, 1]];
        for (const [adds, at, size] of steps) {
          const end = Math.min(SPAN, at + size);
          expect(ranges.has(at)).toBe(model.has(at));
          if (adds || live.length === 0) {
            const added = ranges.add(at, end);
            expect(added).toBe(model.add(at, end));
            if (added) live.push([at, end]);
          } else {
            const [range] = live.splice(at % live.length, 1) as [[number, number]];
            ranges.remove(range[0]);
            model.remove(...range);
          }
        }
        expect(ranges.isEmpty).toBe(live.length === 0);
      }),
      { numRuns: 60 },
    );
  });

  it('stay exact where they are many', () => {
    const ranges = new Ranges(0, 8);
    const count = 20_000;
    for (let i = 1; i < count; i++) {
      const at = ((i * 7919) % count) * 16;
      expect(ranges.add(at, at + 8)).toBe(true);
    }
    for (let i = 0; i < count; i++) {
      expect(ranges.add(i * 16 + 7, i * 16 + 17)).toBe(false);
      expect(ranges.has(i * 16 + 8)).toBe(false);
      if (i < count - 1) expect(ranges.add(i * 16 + 8, i * 16 + 17)).toBe(false);
      expect(ranges.add(i * 16 + 8, i * 16 + 16)).toBe(true);
    }
    for (let i = 0; i < count; i++) {
      const at = ((i * 104_729) % count) * 16;
      ranges.remove(at);
      ranges.remove(at + 8);
    }
    expect(ranges.isEmpty).toBe(true);
  });
});
