import { inspect } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  ArenaAllocator,
  allocate,
  BufferPool,
  Layout,
  SystemAllocator,
  structView,
} from '../../lib/index.js';
import { idle } from '../support/idle.js';

beforeEach(idle);

const inner = Layout.struct({ a: 'u16', b: 'i64' });
const everything = Layout.struct({
  i8: 'i8',
  u8: 'u8',
  i16: 'i16',
  u16: 'u16',
  i32: 'i32',
  u32: 'u32',
  i64: 'i64',
  u64: 'u64',
  f32: 'f32',
  f64: 'f64',
  ptr: 'ptr',
  inner,
  bytes: Layout.from(3),
});
const value = {
  i8: -1,
  u8: 255,
  i16: -2,
  u16: 65535,
  i32: -3,
  u32: 4294967295,
  i64: -4n,
  u64: 2n ** 64n - 1n,
  f32: 0.5,
  f64: Math.PI,
  ptr: 0x1234n,
  inner: { a: 7, b: -8n },
  bytes: Uint8Array.of(1, 2, 3),
};

describe('structView', () => {
  it('writes each field at its offset, in the byte order of the CPU', () => {
    const block = allocate(everything.layout) as ArrayBuffer;
    Object.assign(structView(everything, block), value);
    const { offsets } = everything;
    expect(new Int32Array(block, offsets.i32, 1)[0]).toBe(-3);
    expect(new BigUint64Array(block, offsets.u64, 1)[0]).toBe(2n ** 64n - 1n);
    expect(new Float64Array(block, offsets.f64, 1)[0]).toBe(Math.PI);
    expect(new BigInt64Array(block, offsets.inner + inner.offsets.b, 1)[0]).toBe(-8n);
    expect([...new Uint8Array(block, offsets.bytes, 3)]).toEqual([1, 2, 3]);
  });

  it('reads each field back', () => {
    const view = structView(everything, allocate(everything.layout));
    Object.assign(view, value);
    expect(JSON.parse(JSON.stringify(view, show))).toEqual(JSON.parse(JSON.stringify(value, show)));
    expect(view.i64).toBe(-4n);
  });

  it.each([
    ['a Buffer of a pool', () => new BufferPool(new ArenaAllocator()).alloc(100)],
    ['a dedicated block', () => new SystemAllocator().allocate(Layout.from(100))],
    ['a plain ArrayBuffer', () => new ArrayBuffer(100)],
    ['a SharedArrayBuffer', () => new SharedArrayBuffer(100)],
    ['a view of one', () => new Float32Array(new ArrayBuffer(200), 40, 25)],
    ['a DataView', () => new DataView(new ArrayBuffer(200), 3, 100)],
  ])('works over %s, at any offset', (_title, make) => {
    const memory = make();
    for (const offset of [0, 1, 84]) {
      structView(inner, memory, offset).b = BigInt(offset);
      expect(structView(inner, memory, offset).b).toBe(BigInt(offset));
    }
  });

  it('shows the memory, and is no copy of it', () => {
    const block = new ArrayBuffer(16);
    const view = structView(inner, block);
    new Uint16Array(block)[0] = 300;
    expect(view.a).toBe(300);
  });

  it('gives a struct within as another view, and bytes as bytes', () => {
    const view = structView(everything, allocate(everything.layout));
    view.inner.a = 9;
    view.bytes[2] = 5;
    expect([view.inner.a, [...view.bytes]]).toEqual([9, [0, 0, 5]]);
    view.inner = { a: 1, b: 2n };
    expect(view.inner.b).toBe(2n);
  });

  it('finds any name of a field', () => {
    const names = ['__proto__', 'constructor', 'toJSON', ''];
    const odd = Layout.struct(Object.fromEntries(names.map((name) => [name, 'u8' as const])));
    const block = new ArrayBuffer(4);
    const view = structView(odd, block);
    for (const [at, name] of names.entries()) Reflect.set(view, name, at + 1);
    expect([...new Uint8Array(block)]).toEqual([1, 2, 3, 4]);
  });

  it('says what it holds when it is printed', () => {
    const view = structView(inner, new ArrayBuffer(16));
    expect(inspect(view)).toBe('{ a: 0, b: 0n }');
  });

  it('goes by the struct as it was made', () => {
    const struct = Layout.struct({ a: 'u8' });
    const { layout } = struct;
    struct.layout = Layout.from(0);
    struct.offsets.a = 1000;
    const view = structView(struct, new ArrayBuffer(1));
    view.a = 1;
    expect([view.a, layout.size]).toEqual([1, 1]);
  });
});

describe('a struct as a field or element of a layout', () => {
  it('is placed like its layout', () => {
    expect(Layout.struct({ tag: 'u8', inner }).offsets).toEqual({ tag: 0, inner: 8 });
    expect(Layout.array(inner, 3)).toEqual(Layout.array(inner.layout, 3));
  });
});

/** What JSON has no words for. */
function show(_name: string, field: unknown): unknown {
  if (typeof field === 'bigint') return `${field}n`;
  return field instanceof Uint8Array ? [...field] : field;
}
