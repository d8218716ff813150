import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Layout, type LayoutType } from '../../lib/layout.js';

/**
 * Every operation against a naive oracle in BigInt, which has no rounding and no limit. Sizes and
 * counts crowd around zero, powers of two and the largest size, where arithmetic goes wrong.
 */
const M = Number.MAX_SAFE_INTEGER;

interface Shape {
  size: bigint;
  align: bigint;
}

const roundUp = (size: bigint, align: bigint): bigint => ((size + align - 1n) / align) * align;
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const isLayout = ({ size, align }: Shape): boolean => roundUp(size, align) <= BigInt(M);
const shapeOf = ({ size, align }: Layout): Shape => ({ size: BigInt(size), align: BigInt(align) });

/** `wanted` where it is a layout, else the code of the error that must be thrown. */
const allowed = (wanted: Shape): Shape | string =>
  isLayout(wanted) ? wanted : 'ERR_HEAPWRIGHT_SIZE_OVERFLOW';

/** What an operation gives: the result, or the code of its error. */
function outcome<Result>(operation: () => Result): Result | string {
  try {
    return operation();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code);
    throw error;
  }
}

/** The same for an operation whose result is a layout. */
const made = (operation: () => Layout): Shape | string => outcome(() => shapeOf(operation()));

const nearPowerOfTwo = fc
  .tuple(fc.integer({ min: 0, max: 53 }), fc.integer({ min: -9, max: 9 }))
  .map(([power, delta]) => Math.min(M, Math.max(0, 2 ** power + delta)));
const anySize = fc.oneof(
  fc.integer({ min: 0, max: 200 }),
  nearPowerOfTwo,
  fc.maxSafeNat(),
  fc.integer({ min: 0, max: 200 }).map((below) => M - below),
);
const anyAlign = fc.integer({ min: 0, max: 52 }).map((power) => 2 ** power);
const anyLayout = fc
  .tuple(anySize, anyAlign)
  .map(([size, align]) => Layout.try(size, align) ?? Layout.from(size % 4096, align));
/** A layout and a count whose product lies close to the largest size, on either side. */
const nearLimit = fc
  .tuple(anyLayout, fc.integer({ min: -3, max: 3 }))
  .map(([layout, delta]): [Layout, number] => {
    const stride = Math.max(1, layout.padToAlign().size);
    return [layout, Math.max(0, Math.floor(M / stride) + delta)];
  })
  .filter(([, count]) => count <= M);
const anyRepeat = fc.oneof(fc.tuple(anyLayout, anySize), nearLimit);
const primitives: LayoutType[] = ['u8', 'i16', 'u32', 'f32', 'f64', 'i64', 'ptr'];
const anyField: fc.Arbitrary<LayoutType | Layout> = fc.oneof(
  fc.constantFrom(...primitives),
  anyLayout,
);
const anyFields = fc.dictionary(fc.string(), anyField, { maxKeys: 8 });

const check = <Args extends [unknown, ...unknown[]]>(
  arbitraries: { [Index in keyof Args]: fc.Arbitrary<Args[Index]> },
  property: (...args: Args) => void,
): void => fc.assert(fc.property(...arbitraries, property), { numRuns: 2000 });

describe('for every size and alignment', () => {
  it('from makes the layout exactly where its padded size is in range', () => {
    check([anySize, anyAlign], (size, align) => {
      const wanted = allowed({ size: BigInt(size), align: BigInt(align) });

      expect(made(() => Layout.from(size, align))).toEqual(wanted);
    });
  });

  it('try gives null exactly where from throws', () => {
    check([fc.oneof(anySize, fc.double()), fc.oneof(anyAlign, anySize)], (size, align) => {
      const layout = Layout.try(size, align);

      expect(typeof made(() => Layout.from(size, align)) === 'string').toBe(layout === null);
    });
  });

  it('only a power of two is an alignment', () => {
    check([anySize], (align) => {
      const wide = BigInt(align);
      const good = wide > 0n && (wide & (wide - 1n)) === 0n;

      expect(Layout.try(0, align) !== null).toBe(good);
    });
  });
});

describe('for every layout', () => {
  it('padToAlign rounds the size up', () => {
    check([anyLayout], (layout) => {
      const { size, align } = shapeOf(layout);

      expect(shapeOf(layout.padToAlign())).toEqual({ size: roundUp(size, align), align });
    });
  });

  it('paddingNeededFor is what rounding up adds', () => {
    check([anyLayout, anyAlign], (layout, align) => {
      const size = BigInt(layout.size);

      expect(BigInt(layout.paddingNeededFor(align))).toBe(roundUp(size, BigInt(align)) - size);
    });
  });

  it('alignTo takes the larger alignment', () => {
    check([anyLayout, anyAlign], (layout, align) => {
      const before = shapeOf(layout);
      const wanted = allowed({ ...before, align: larger(before.align, BigInt(align)) });

      expect(made(() => layout.alignTo(align))).toEqual(wanted);
    });
  });

  it('repeat and array place each element at the alignment, without padding at the end', () => {
    check([anyRepeat], ([layout, count]) => {
      const { size, align } = shapeOf(layout);
      const stride = roundUp(size, align);
      const total = count === 0 ? 0n : (BigInt(count) - 1n) * stride + size;
      const wanted = allowed({ size: total, align });

      expect(made(() => layout.repeat(count).layout)).toEqual(wanted);
      expect(made(() => Layout.array(layout, count))).toEqual(wanted);
      expect(BigInt(layout.repeat(0).stride)).toBe(stride);
    });
  });

  it('repeatPacked multiplies the size', () => {
    check([anyRepeat], ([layout, count]) => {
      const { size, align } = shapeOf(layout);

      expect(made(() => layout.repeatPacked(count))).toEqual(
        allowed({ size: size * BigInt(count), align }),
      );
    });
  });
});

describe('for every two layouts', () => {
  it('extend puts the second at its alignment', () => {
    check([anyLayout, anyLayout], (layout, next) => {
      const [first, second] = [shapeOf(layout), shapeOf(next)];
      const offset = roundUp(first.size, second.align);
      const wanted = allowed({
        size: offset + second.size,
        align: larger(first.align, second.align),
      });

      expect(made(() => layout.extend(next).layout)).toEqual(wanted);
      if (typeof wanted === 'object') expect(BigInt(layout.extend(next).offset)).toBe(offset);
    });
  });

  it('extendPacked adds the sizes and keeps the first alignment', () => {
    check([anyLayout, anyLayout], (layout, next) => {
      const [first, second] = [shapeOf(layout), shapeOf(next)];
      const wanted = allowed({ size: first.size + second.size, align: first.align });

      expect(made(() => layout.extendPacked(next))).toEqual(wanted);
    });
  });

  it('equals compares size and alignment', () => {
    check([anyLayout, anyLayout], (layout, other) => {
      const same = layout.size === other.size && layout.align === other.align;

      expect(layout.equals(other)).toBe(same);
      expect(layout.equals(Layout.from(layout.size, layout.align))).toBe(true);
    });
  });
});

describe('for every set of fields', () => {
  it('struct places each in turn and pads the whole', () => {
    check([anyFields], (fields) => {
      let [size, align, fits] = [0n, 1n, true];
      const places: [string, bigint][] = [];
      for (const [name, field] of Object.entries(fields)) {
        const next = shapeOf(typeof field === 'string' ? Layout.of(field) : field);
        const offset = roundUp(size, next.align);
        places.push([name, offset]);
        size = offset + next.size;
        align = larger(align, next.align);
        fits &&= isLayout({ size, align });
      }
      const struct = outcome(() => Layout.struct(fields));

      if (typeof struct === 'string') {
        expect([struct, fits]).toEqual(['ERR_HEAPWRIGHT_SIZE_OVERFLOW', false]);
        return;
      }
      expect(fits).toBe(true);
      expect(shapeOf(struct.layout)).toEqual({ size: roundUp(size, align), align });
      expect(Object.entries(struct.offsets).map(([name, at]) => [name, BigInt(at)])).toEqual(
        places,
      );
    });
  });
});
