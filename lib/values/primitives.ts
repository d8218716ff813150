/** The primitive types as elements: which values each takes, and its bytes in the order of the CPU. */
import { invalidArgType, outOfRange } from '../errors.js';
import { Layout, type LayoutType } from '../layout.js';
import type { Element, Home } from './element.js';

const { apply } = Reflect;
const { assign, create, freeze } = Object;
const { isInteger, isFinite: isFiniteNumber } = Number;
const data = DataView.prototype;

/** Taken when this file loads, so that a later patch cannot write elsewhere. */
type Getter = (this: DataView, offset: number, littleEndian: boolean) => number | bigint;
type Setter = (this: DataView, offset: number, value: never, littleEndian: boolean) => void;

const IS_LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The largest finite number of 32 bits, and what still rounds to it. */
const F32_END = 2 ** 128 - 2 ** 103;

type Accept = (value: unknown, argument: string) => unknown;

function element(type: LayoutType, accept: Accept, get: Getter, set: Setter): Element {
  const layout = Layout.of(type);
  const { size } = layout;
  const read = (home: Home, offset: number): unknown =>
    apply(get, home.open(offset + size), [offset, IS_LITTLE]);
  const write = (view: DataView, offset: number, accepted: unknown): void => {
    apply(set, view, [offset, accepted as never, IS_LITTLE]);
  };
  return freeze({ name: type, layout, accept, read, copy: read, write });
}

function acceptInteger(low: number, high: number): Accept {
  const expected = `an integer from ${low} to ${high}`;
  return (value, argument) => {
    if (typeof value !== 'number') throw invalidArgType(argument, expected, value);
    if (isInteger(value) && value >= low && value <= high) return value;
    throw outOfRange(argument, expected, value);
  };
}

function acceptBigInt(low: bigint, high: bigint, range: string): Accept {
  const expected = `a bigint ${range}`;
  return (value, argument) => {
    if (typeof value !== 'bigint') throw invalidArgType(argument, expected, value);
    if (value >= low && value <= high) return value;
    throw outOfRange(argument, expected, value);
  };
}

const acceptSigned = acceptBigInt(-(2n ** 63n), 2n ** 63n - 1n, 'from -2^63 to 2^63 - 1');
const acceptUnsigned = acceptBigInt(0n, 2n ** 64n - 1n, 'from 0 to 2^64 - 1');

function acceptNumber(value: unknown, argument: string): unknown {
  if (typeof value === 'number') return value;
  throw invalidArgType(argument, 'a number', value);
}

/** Rounded, but never to infinity. */
function acceptFloat(value: unknown, argument: string): unknown {
  if (typeof value !== 'number') throw invalidArgType(argument, 'a number', value);
  if (!isFiniteNumber(value) || (value < F32_END && value > -F32_END)) return value;
  throw outOfRange(argument, 'a number that 32 bits can hold', value);
}

const ELEMENTS: Readonly<Record<LayoutType, Element>> = {
  i8: element('i8', acceptInteger(-(2 ** 7), 2 ** 7 - 1), data.getInt8, data.setInt8),
  u8: element('u8', acceptInteger(0, 2 ** 8 - 1), data.getUint8, data.setUint8),
  i16: element('i16', acceptInteger(-(2 ** 15), 2 ** 15 - 1), data.getInt16, data.setInt16),
  u16: element('u16', acceptInteger(0, 2 ** 16 - 1), data.getUint16, data.setUint16),
  i32: element('i32', acceptInteger(-(2 ** 31), 2 ** 31 - 1), data.getInt32, data.setInt32),
  u32: element('u32', acceptInteger(0, 2 ** 32 - 1), data.getUint32, data.setUint32),
  i64: element('i64', acceptSigned, data.getBigInt64, data.setBigInt64),
  u64: element('u64', acceptUnsigned, data.getBigUint64, data.setBigUint64),
  f32: element('f32', acceptFloat, data.getFloat32, data.setFloat32),
  f64: element('f64', acceptNumber, data.getFloat64, data.setFloat64),
  ptr: element('ptr', acceptUnsigned, data.getBigUint64, data.setBigUint64),
};

/** Without a prototype, so that no name but these is found. */
const BY_NAME: Readonly<Record<string, Element>> = freeze(assign(create(null), ELEMENTS));

/** The element of a type's name, or undefined. */
export function primitiveOf(name: string): Element | undefined {
  return BY_NAME[name];
}
