import { describe, expect, it } from 'vitest';
import { Layout } from '../../lib/layout.js';

const MAX_SIZE = 4096;
const ALIGNS = Array.from({ length: 13 }, (_, power) => 2 ** power);

/** The next multiple of `align`, found by counting up to it. */
function* roundedUp(align: number): Generator<number> {
  for (let multiple = 0; ; multiple += align) {
    const first = multiple === 0 ? 0 : multiple - align + 1;
    for (let size = first; size <= multiple; size += 1) yield multiple;
  }
}

/** Collects what differs, so that one comparison stands for millions. */
function mismatches(visit: (report: (what: string) => void) => void): string[] {
  const found: string[] = [];
  visit((what) => {
    if (found.length < 10) found.push(what);
  });
  return found;
}

describe.each(ALIGNS)('every size up to 4096 with alignment %d', (align) => {
  it('is kept, padded and measured as counting says', () => {
    const found = mismatches((report) => {
      const rounded = roundedUp(align);
      for (let size = 0; size <= MAX_SIZE; size += 1) {
        const padded = rounded.next().value;
        const layout = Layout.from(size, align);
        if (layout.size !== size || layout.align !== align) report(`from ${size}`);
        if (layout.padToAlign().size !== padded) report(`padToAlign ${size}`);
        if (layout.paddingNeededFor(align) !== padded - size) report(`paddingNeededFor ${size}`);
        if (layout.repeat(2).stride !== padded) report(`stride ${size}`);
        if (layout.repeat(3).layout.size !== padded + padded + size) report(`repeat ${size}`);
        if (layout.repeatPacked(3).size !== size + size + size) report(`repeatPacked ${size}`);
      }
    });

    expect(found).toEqual([]);
  });

  it('is extended to the offset that counting says', () => {
    const next = Layout.from(3, align);
    const found = mismatches((report) => {
      const rounded = roundedUp(align);
      for (let size = 0; size <= MAX_SIZE; size += 1) {
        const place = rounded.next().value;
        const { layout, offset } = Layout.from(size, 2).extend(next);
        if (offset !== place || layout.size !== place + 3) report(`extend ${size}`);
        if (layout.align !== (align > 2 ? align : 2)) report(`align ${size}`);
      }
    });

    expect(found).toEqual([]);
  });
});

describe('every alignment up to 4096', () => {
  it('is BAD_ALIGN unless it is a power of two', () => {
    const found = mismatches((report) => {
      for (let align = 0; align <= 4096; align += 1) {
        const good = ALIGNS.includes(align);
        if ((Layout.try(8, align) !== null) !== good) report(`try ${align}`);
        if (codeOf(() => Layout.from(8, align)) !== (good ? null : 'BAD_ALIGN')) {
          report(`from ${align}`);
        }
      }
    });

    expect(found).toEqual([]);
  });
});

function codeOf(operation: () => unknown): string | null {
  try {
    operation();
    return null;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'none';
    return code.replace('ERR_HEAPWRIGHT_', '');
  }
}
