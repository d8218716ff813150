import { describe, expect, it } from 'vitest';
import { Layout, type LayoutType } from '../../lib/layout.js';

/** The largest size. Rust's values for isize::MAX, 2^63 - 1, hold for it as they stand. */
const M = Number.MAX_SAFE_INTEGER;

const text = (layout: Layout | null): string => String(layout);
const at = (size: number, align: number): string => `Layout(${size}, align ${align})`;
const withCode = (name: string): object =>
  expect.objectContaining({ code: `ERR_HEAPWRIGHT_${name}` });

describe('Layout.from', () => {
  it.each([
    [0, 1],
    [M, 1],
    [M - 1, 2],
    [M - 7, 8],
    [0, 2 ** 52],
    [2 ** 52, 2 ** 52],
    [1, 2 ** 52],
    [100, 4096],
  ])('makes a layout of size %d and alignment %d', (size, align) => {
    const layout = Layout.from(size, align);

    expect([layout.size, layout.align]).toEqual([size, align]);
  });

  it.each([
    [0, 0, 'BAD_ALIGN'],
    [8, 3, 'BAD_ALIGN'],
    [M, 2, 'SIZE_OVERFLOW'],
    [M - 6, 8, 'SIZE_OVERFLOW'],
    [2 ** 52 + 1, 2 ** 52, 'SIZE_OVERFLOW'],
    [M + 1, 1, 'OUT_OF_RANGE'],
    [1, 2 ** 53, 'OUT_OF_RANGE'],
  ])('refuses size %d with alignment %d: %s', (size, align, name) => {
    expect(() => Layout.from(size, align)).toThrow(withCode(name));
    expect(Layout.try(size, align)).toBeNull();
  });

  it('aligns to 1 where no alignment is given', () => {
    expect(text(Layout.from(7))).toBe(at(7, 1));
  });
});

describe('Layout.try', () => {
  it('makes the same layout as Layout.from', () => {
    expect(text(Layout.try(100, 4096))).toBe(at(100, 4096));
  });

  it('aligns to 1 where no alignment is given', () => {
    expect(text(Layout.try(7))).toBe(at(7, 1));
  });
});

describe('Layout.of', () => {
  it.each<[LayoutType, number]>([
    ['i8', 1],
    ['u8', 1],
    ['i16', 2],
    ['u16', 2],
    ['i32', 4],
    ['u32', 4],
    ['i64', 8],
    ['u64', 8],
    ['f32', 4],
    ['f64', 8],
    ['ptr', 8],
  ])('knows that %s has %d bytes and is aligned to them', (type, bytes) => {
    expect(text(Layout.of(type))).toBe(at(bytes, bytes));
  });
});

describe('Layout.array', () => {
  it.each<[LayoutType | Layout, number, number, number]>([
    ['u32', 0, 0, 4],
    ['u32', 3, 12, 4],
    ['u32', Math.floor(M / 4), M - 3, 4],
    ['u8', M, M, 1],
    [Layout.from(0), M, 0, 1],
    [Layout.from(6, 4), 3, 22, 4],
  ])('of %s times %d has size %d and alignment %d', (element, count, size, align) => {
    expect(text(Layout.array(element, count))).toBe(at(size, align));
  });

  it('refuses one element more than fits', () => {
    expect(() => Layout.array('u32', Math.floor(M / 4) + 1)).toThrow(withCode('SIZE_OVERFLOW'));
  });
});

describe('Layout.struct', () => {
  it('places each field at its alignment and pads the whole', () => {
    const { layout, offsets } = Layout.struct({ a: 'u64', b: 'u32', c: 'u16', d: 'u32' });

    expect(text(layout)).toBe(at(24, 8));
    expect(offsets).toEqual({ a: 0, b: 8, c: 12, d: 16 });
  });

  it('takes layouts as fields', () => {
    const { layout, offsets } = Layout.struct({ tag: 'u8', page: Layout.from(100, 4096) });

    expect(text(layout)).toBe(at(8192, 4096));
    expect(offsets).toEqual({ tag: 0, page: 4096 });
  });

  it('of no fields is empty', () => {
    const { layout, offsets } = Layout.struct({});

    expect(text(layout)).toBe(at(0, 1));
    expect(offsets).toEqual({});
  });

  it('takes an object without a prototype', () => {
    const fields: Record<string, LayoutType> = Object.assign(Object.create(null), { a: 'u16' });

    expect(text(Layout.struct(fields).layout)).toBe(at(2, 2));
  });

  it('gives an ordinary object of offsets, with a field named __proto__ like any other', () => {
    const fields: Record<string, LayoutType> = JSON.parse('{"a":"u8","__proto__":"u32"}');
    const { offsets } = Layout.struct(fields);

    expect(Object.getPrototypeOf(offsets)).toBe(Object.prototype);
    expect(Object.entries(offsets)).toEqual([
      ['a', 0],
      ['__proto__', 4],
    ]);
  });

  it('takes own enumerable string keys only', () => {
    const fields: Record<PropertyKey, LayoutType> = { a: 'u8', [Symbol('s')]: 'u64' };
    Object.defineProperty(fields, 'hidden', { value: 'u64' });

    expect(text(Layout.struct(fields).layout)).toBe(at(1, 1));
  });

  it('reads each field once', () => {
    let reads = 0;
    Layout.struct({
      get a(): LayoutType {
        reads += 1;
        return 'u8';
      },
    });

    expect(reads).toBe(1);
  });

  it('refuses fields that do not fit together', () => {
    const fields = { a: Layout.from(M), b: Layout.of('u8') };

    expect(() => Layout.struct(fields)).toThrow(withCode('SIZE_OVERFLOW'));
  });
});

describe('Layout.forValue', () => {
  it.each<[string, ArrayBuffer | SharedArrayBuffer | ArrayBufferView, number, number]>([
    ['a Uint16Array', new Uint16Array(3), 6, 2],
    ['a Buffer', Buffer.from('abc'), 3, 1],
    ['an Int8Array', new Int8Array(5), 5, 1],
    ['a Uint8ClampedArray', new Uint8ClampedArray(5), 5, 1],
    ['an Int16Array', new Int16Array(5), 10, 2],
    ['an Int32Array', new Int32Array(5), 20, 4],
    ['a Uint32Array', new Uint32Array(5), 20, 4],
    ['a Float32Array', new Float32Array(5), 20, 4],
    ['a Float64Array', new Float64Array(5), 40, 8],
    ['a BigInt64Array', new BigInt64Array(5), 40, 8],
    ['a BigUint64Array', new BigUint64Array(5), 40, 8],
    ['a DataView', new DataView(new ArrayBuffer(16), 3, 5), 5, 1],
    ['an ArrayBuffer', new ArrayBuffer(7), 7, 1],
    ['a SharedArrayBuffer', new SharedArrayBuffer(9), 9, 1],
    ['a part of a buffer', new Uint32Array(new ArrayBuffer(64), 8, 2), 8, 4],
  ])('measures %s', (_name, value, size, align) => {
    expect(text(Layout.forValue(value))).toBe(at(size, align));
  });

  it.each<[string, (memory: ArrayBuffer) => ArrayBuffer | ArrayBufferView]>([
    ['ArrayBuffer', (memory) => memory],
    ['typed array', (memory) => new Uint8Array(memory)],
    ['DataView', (memory) => new DataView(memory)],
  ])('finds no bytes in a detached %s', (_name, over) => {
    const memory = new ArrayBuffer(8);
    const value = over(memory);
    structuredClone(memory, { transfer: [memory] });

    expect(Layout.forValue(value).size).toBe(0);
  });
});

describe('a layout', () => {
  const nine = Layout.from(9, 4);

  it('pads its size to its alignment', () => {
    expect(text(nine.padToAlign())).toBe(at(12, 4));
    expect(text(Layout.from(12, 4).padToAlign())).toBe(at(12, 4));
  });

  it('says how much padding an alignment needs', () => {
    expect(nine.paddingNeededFor(4)).toBe(3);
    expect(nine.paddingNeededFor(8)).toBe(7);
    expect(Layout.from(8, 4).paddingNeededFor(8)).toBe(0);
  });

  it('says so too where the padded size would be no layout', () => {
    expect(Layout.from(M).paddingNeededFor(2 ** 52)).toBe(1);
  });

  it('raises its alignment, never lowers it, and keeps its size', () => {
    expect(text(nine.alignTo(2))).toBe(at(9, 4));
    expect(text(nine.alignTo(16))).toBe(at(9, 16));
  });

  it('refuses an alignment that is none', () => {
    expect(() => nine.alignTo(3)).toThrow(withCode('BAD_ALIGN'));
    expect(() => nine.paddingNeededFor(3)).toThrow(withCode('BAD_ALIGN'));
  });

  it('refuses an alignment that its size is too large for', () => {
    expect(() => Layout.from(M).alignTo(2)).toThrow(withCode('SIZE_OVERFLOW'));
  });

  it.each([
    [12, 3, 36, 12],
    [6, 3, 22, 8],
    [6, 1, 6, 8],
    [6, 0, 0, 8],
  ])('of %d bytes, aligned to 4, repeats %d times without padding at the end', (...row) => {
    const [size, count, total, stride] = row;
    const repeated = Layout.from(size, 4).repeat(count);

    expect([text(repeated.layout), repeated.stride]).toEqual([at(total, 4), stride]);
  });

  it('repeats packed', () => {
    expect(text(Layout.from(6, 4).repeatPacked(3))).toBe(at(18, 4));
    expect(text(Layout.from(6, 4).repeatPacked(0))).toBe(at(0, 4));
  });

  it('refuses to repeat packed beyond the largest size', () => {
    expect(text(Layout.from(1).repeatPacked(M))).toBe(at(M, 1));
    expect(() => Layout.from(2).repeatPacked(M)).toThrow(withCode('SIZE_OVERFLOW'));
  });

  it.each([
    [1, 1, 8, 8, 16, 8, 8],
    [8, 8, 1, 1, 9, 8, 8],
    [0, 1, 0, 8, 0, 8, 0],
  ])('(%d, %d) extended by (%d, %d) is (%d, %d) with offset %d', (...row) => {
    const [size, align, nextSize, nextAlign, total, largest, place] = row;
    const { layout, offset } = Layout.from(size, align).extend(Layout.from(nextSize, nextAlign));

    expect([text(layout), offset]).toEqual([at(total, largest), place]);
  });

  it('refuses to be extended beyond the largest size', () => {
    const full = Layout.from(M);

    expect(() => full.extend(Layout.of('u8'))).toThrow(withCode('SIZE_OVERFLOW'));
    expect(() => full.extend(Layout.from(0, 8))).toThrow(withCode('SIZE_OVERFLOW'));
    expect(() => full.extendPacked(Layout.of('u8'))).toThrow(withCode('SIZE_OVERFLOW'));
  });

  it('ignores the alignment of what it is extended by when packed', () => {
    expect(text(Layout.of('u8').extendPacked(Layout.of('u64')))).toBe(at(9, 1));
  });

  it('equals a layout of the same size and alignment only', () => {
    expect(nine.equals(Layout.from(9, 4))).toBe(true);
    expect(nine.equals(Layout.from(9, 8))).toBe(false);
    expect(nine.equals(Layout.from(8, 4))).toBe(false);
    expect(nine.equals({ size: 9, align: 4 })).toBe(false);
    expect(nine.equals(null)).toBe(false);
  });

  it('is deeply equal to a layout of the same size and alignment only', () => {
    expect(nine).toStrictEqual(Layout.from(9, 4));
    expect(nine).not.toEqual(Layout.from(9, 8));
  });

  it('writes itself out', () => {
    expect(`${Layout.from(100, 4096)}`).toBe('Layout(100, align 4096)');
    expect(JSON.stringify(nine)).toBe('{"size":9,"align":4}');
  });
});
