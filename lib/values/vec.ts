import { inspect } from 'node:util';
import { type AnyAllocatorLike, allocatorFor } from '../default-allocator.js';
import { heapwrightError, invalidArgType, outOfRange } from '../errors.js';
import { Layout } from '../layout.js';
import type { Element, Home, ValueOf, ValueType } from './element.js';
import { Memory } from './memory.js';
import { elementOf } from './struct-element.js';

const { max } = Math;
const { isSafeInteger } = Number;

/** Proves to the constructor that a call comes from this file. */
const KEY = Symbol('Vec');

/** Values after which `inspect` stops. */
const MOST_SHOWN = 10;

/** The capacity of the first block, as Rust has it: less is not worth an allocation. */
function firstCapacity(size: number): number {
  if (size === 1) return 8;
  return size <= 1024 ? 4 : 1;
}

function requireCount(value: unknown, argument: string, most = Number.MAX_SAFE_INTEGER): number {
  const expected = `an integer from 0 to ${most === Number.MAX_SAFE_INTEGER ? '2^53 - 1' : most}`;
  if (typeof value !== 'number') throw invalidArgType(argument, expected, value);
  if (isSafeInteger(value) && value >= 0 && value <= most) return value;
  throw outOfRange(argument, expected, value);
}

/** The values of a Vec, in a block that grows. On any error nothing changes. */
class Values implements Home {
  readonly element: Element;
  readonly memory: Memory;
  length = 0;
  capacity = 0;

  constructor(element: Element, memory: Memory) {
    this.element = element;
    this.memory = memory;
  }

  /** For views of elements: one that was removed is not there any more. */
  open(end: number): DataView {
    if (end <= this.length * this.element.layout.size) return this.memory.open(end);
    throw heapwrightError('ERR_HEAPWRIGHT_DETACHED');
  }

  /** DETACHED where its memory is gone. */
  requireThere(): this {
    this.memory.requireThere();
    return this;
  }

  requireIndex(index: unknown): number {
    this.memory.requireThere();
    const last = this.length - 1;
    const expected = last < 0 ? 'left out: the Vec is empty' : `an integer from 0 to ${last}`;
    if (typeof index !== 'number') throw invalidArgType('index', expected, index);
    if (isSafeInteger(index) && index >= 0 && index <= last) return index;
    throw outOfRange('index', expected, index);
  }

  /** Of the element at `index`, in bytes. */
  offset(index: number): number {
    return index * this.element.layout.size;
  }

  setCapacity(capacity: number): void {
    this.memory.change(Layout.array(this.element.layout, capacity));
    this.capacity = capacity;
  }

  /** Room for `count` more; if there is none, twice as much as there was or what is needed. */
  reserve(count: number): void {
    this.memory.requireIdle();
    const needed = this.length + count;
    if (needed <= this.capacity) return;
    this.setCapacity(max(needed, 2 * this.capacity, firstCapacity(this.element.layout.size)));
  }

  write(index: number, accepted: unknown): void {
    const { element } = this;
    const offset = this.offset(index);
    element.write(this.memory.open(offset + element.layout.size), offset, accepted);
  }

  append(values: readonly unknown[]): void {
    const accepted = values.map((value, at) => this.element.accept(value, `values[${at}]`));
    if (accepted.length === 0) return;
    this.reserve(accepted.length);
    for (const [at, value] of accepted.entries()) this.write(this.length + at, value);
    this.length += accepted.length;
  }

  truncate(length: unknown): void {
    this.memory.requireIdle();
    this.length = requireCount(length, 'length', this.length);
  }

  copy(index: number): unknown {
    return this.element.copy(this, this.offset(index));
  }

  copies(): unknown[] {
    this.memory.requireThere();
    return Array.from({ length: this.length }, (_, index) => this.copy(index));
  }

  *each(): Generator<unknown> {
    for (let index = 0; index < this.requireThere().length; index++) {
      yield this.element.read(this, this.offset(index));
    }
  }
}

/** INVALID_ARG_TYPE for the receiver of a borrowed method that is no Vec. */
let valuesOf: (value: unknown) => Values;

/**
 * A list of values of one type in one block, which grows by reallocation: 4, 8, 16, ... values (8
 * first for a type of one byte). It allocates nothing before the first value. What has no memory any
 * more, disposed or taken or with an allocator that ended, is DETACHED at every use.
 *
 * Values are checked before anything changes, and memory that cannot be had leaves the Vec as it was.
 *
 * @example
 * using list = Vec.of('i32');
 * list.push(1, 2, 3);
 * console.log([...list], list.capacity); // [1, 2, 3] 4
 */
export class Vec<T extends ValueType> implements Iterable<ValueOf<T>> {
  static {
    valuesOf = (value) => {
      if (typeof value === 'object' && value !== null && #values in value) return value.#values;
      throw invalidArgType('this', 'a Vec', value);
    };
  }

  readonly #values: Values;

  private constructor(key: symbol, values: Values) {
    if (key !== KEY) throw invalidArgType('key', 'private: make lists with Vec.of()', key);
    this.#values = values;
  }

  /**
   * An empty Vec of `allocator` or the default.
   *
   * @param type A primitive type, or what `Layout.struct` returned.
   */
  static of<T extends ValueType>(type: T, allocator?: AnyAllocatorLike): Vec<T> {
    const element = elementOf(type, 'type');
    return new Vec<T>(KEY, new Values(element, new Memory(allocatorFor(allocator))));
  }

  /** How many values there are. */
  get length(): number {
    return valuesOf(this).requireThere().length;
  }

  /** How many there can be before it grows. */
  get capacity(): number {
    return valuesOf(this).requireThere().capacity;
  }

  /**
   * Adds values at the end: all of them, or on any error none. Answers the new length.
   *
   * @throws INVALID_ARG_TYPE, OUT_OF_RANGE: one is no value of the type. AllocError, DETACHED.
   */
  push(...values: readonly ValueOf<T>[]): number {
    const own = valuesOf(this);
    own.append(values);
    return own.requireThere().length;
  }

  /** Removes the last value and answers it, of a struct as a plain object; undefined when empty. */
  pop(): ValueOf<T> | undefined {
    const own = valuesOf(this);
    own.memory.requireIdle();
    if (own.length === 0) return undefined;
    const value = own.copy(own.length - 1);
    own.length--;
    return value as ValueOf<T>;
  }

  /**
   * The value at `index`. Of a struct, an object with its fields, which reads and writes the memory
   * itself, also after the Vec has grown.
   *
   * @throws OUT_OF_RANGE: there is none.
   */
  get(index: number): ValueOf<T> {
    const own = valuesOf(this);
    return own.element.read(own, own.offset(own.requireIndex(index))) as ValueOf<T>;
  }

  /** As `get`, but from the end for a negative index, and undefined where there is none. */
  at(index: number): ValueOf<T> | undefined {
    const own = valuesOf(this).requireThere();
    if (typeof index !== 'number') throw invalidArgType('index', 'an integer', index);
    if (!isSafeInteger(index)) throw outOfRange('index', 'an integer', index);
    const at = index < 0 ? own.length + index : index;
    if (at < 0 || at >= own.length) return undefined;
    return own.element.read(own, own.offset(at)) as ValueOf<T>;
  }

  /** @throws INVALID_ARG_TYPE, OUT_OF_RANGE, DETACHED: nothing was written. */
  set(index: number, value: ValueOf<T>): void {
    const own = valuesOf(this);
    const accepted = own.element.accept(value, 'value');
    own.memory.requireIdle();
    own.write(own.requireIndex(index), accepted);
  }

  /** Makes room for so many values more. */
  reserve(additional: number): void {
    valuesOf(this).reserve(requireCount(additional, 'additional'));
  }

  /** Gives memory back that no value needs. */
  shrinkToFit(): void {
    const own = valuesOf(this);
    own.memory.requireIdle();
    if (own.length < own.capacity) own.setCapacity(own.length);
  }

  /** Removes all values from the `length`th on. The memory stays. */
  truncate(length: number): void {
    valuesOf(this).truncate(length);
  }

  /** Removes all values. The memory stays. */
  clear(): void {
    valuesOf(this).truncate(0);
  }

  /** A copy of all values; of structs, plain objects. */
  toArray(): ValueOf<T>[] {
    return valuesOf(this).copies() as ValueOf<T>[];
  }

  /** All values, out of their memory. The Vec ends. */
  take(): ValueOf<T>[] {
    const own = valuesOf(this);
    own.memory.requireIdle();
    const values = own.copies();
    own.memory.end();
    return values as ValueOf<T>[];
  }

  [Symbol.iterator](): Iterator<ValueOf<T>> {
    return valuesOf(this).requireThere().each() as Generator<ValueOf<T>>;
  }

  /** Frees the block. A second call does nothing. */
  dispose(): void {
    valuesOf(this).memory.end();
  }

  [Symbol.dispose](): void {
    valuesOf(this).memory.end();
  }

  [inspect.custom](): string {
    const isVec = #values in this;
    if (!isVec) return 'Vec {}'; // the prototype
    const { element, memory, length, capacity } = this.#values;
    if (!memory.isThere()) return `[Vec ${element.name}: gone]`;
    const shown = Math.min(length, MOST_SHOWN);
    const values = Array.from({ length: shown }, (_, at) => inspect(this.#values.copy(at)));
    const rest = length > shown ? ', ...' : '';
    return `[Vec ${element.name}: ${length} of ${capacity}, ${values.join(', ')}${rest}]`;
  }
}

/**
 * A Vec of the default allocator with values in it.
 *
 * @example
 * console.log(vec('i32', 1, 2, 3).toArray()); // [1, 2, 3]
 */
export function vec<T extends ValueType>(type: T, ...values: readonly ValueOf<T>[]): Vec<T> {
  const list = Vec.of(type);
  list.push(...values);
  return list;
}
