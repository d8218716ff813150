/** Requests and values that every part of the contract tries. */
import { Layout } from '../../../lib/index.js';

const SIZES = [0, 1, 2, 7, 8, 15, 16, 17, 63, 64, 100, 1000, 4095, 4096, 4097, 65_536, 2 ** 20];
const ALIGNS = [1, 2, 4, 8, 16, 32, 64, 256, 4096, 65_536, 2 ** 20];

/** Sizes around every boundary, at every alignment up to 1 MiB. */
export const GRID: readonly Layout[] = SIZES.flatMap((size) =>
  ALIGNS.map((align) => Layout.from(size, align)),
);

/** What is no layout, however much it looks like one. */
export const NO_LAYOUTS: readonly [title: string, value: unknown][] = [
  ['undefined', undefined],
  ['null', null],
  ['a number', 64],
  ['a plain object', { size: 64, align: 8 }],
  ['a Proxy of a layout', new Proxy(Layout.from(64, 8), {})],
  ['an heir of a layout', Object.create(Layout.from(64, 8))],
];

/** What is no block of any kind. */
export const NO_BLOCKS: readonly [title: string, value: unknown][] = [
  ['undefined', undefined],
  ['null', null],
  ['a number', 1],
  ['a string', 'block'],
  ['a bigint', 1n],
  ['a symbol', Symbol('block')],
  ['a function', () => 0],
  ['an object', {}],
  ['an object with a length', { byteLength: 64 }],
  ['a Proxy of a buffer', new Proxy(new ArrayBuffer(64), {})],
];
