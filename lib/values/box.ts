import { inspect } from 'node:util';
import { type AnyAllocatorLike, allocatorFor } from '../default-allocator.js';
import { invalidArgType } from '../errors.js';
import type { Element, ValueOf, ValueType } from './element.js';
import { Memory } from './memory.js';
import { elementOf } from './struct-element.js';

/** Proves to the constructor that a call comes from this file. */
const KEY = Symbol('Box');

interface Contents {
  readonly element: Element;
  readonly memory: Memory;
}

/** INVALID_ARG_TYPE for the receiver of a borrowed method that is no Box. */
let contentsOf: (value: unknown) => Contents;

/**
 * One value of a type in a block of its own. When it is disposed, or its value taken, the block is
 * freed; a Box that the program drops is freed by the collector. What has no memory any more is
 * DETACHED at every use.
 *
 * @example
 * using counter = Box.of('u32', 4);
 * counter.value += 1;
 */
export class Box<T extends ValueType> {
  static {
    contentsOf = (value) => {
      if (typeof value === 'object' && value !== null && #contents in value) return value.#contents;
      throw invalidArgType('this', 'a Box', value);
    };
  }

  readonly #contents: Contents;

  private constructor(key: symbol, contents: Contents) {
    if (key !== KEY) throw invalidArgType('key', 'private: make boxes with Box.of()', key);
    this.#contents = contents;
  }

  /**
   * A Box with `value` in it, of `allocator` or the default.
   *
   * @param type A primitive type, or what `Layout.struct` returned.
   * @throws INVALID_ARG_TYPE, OUT_OF_RANGE: it is no value of that type. AllocError: there is no
   * memory, of which the hook of `setAllocErrorHook` is told.
   */
  static of<T extends ValueType>(type: T, value: ValueOf<T>, allocator?: AnyAllocatorLike): Box<T> {
    const element = elementOf(type, 'type');
    const owner = allocatorFor(allocator);
    const accepted = element.accept(value, 'value');
    const memory = new Memory(owner);
    memory.change(element.layout);
    element.write(memory.open(element.layout.size), 0, accepted);
    return new Box<T>(KEY, { element, memory });
  }

  /** The value. Of a struct, an object with its fields, which reads and writes the memory itself. */
  get value(): ValueOf<T> {
    const { element, memory } = contentsOf(this);
    return element.read(memory, 0) as ValueOf<T>;
  }

  /** @throws INVALID_ARG_TYPE, OUT_OF_RANGE, DETACHED: nothing was written. */
  set value(value: ValueOf<T>) {
    const { element, memory } = contentsOf(this);
    const accepted = element.accept(value, 'value');
    element.write(memory.open(element.layout.size), 0, accepted);
  }

  /** The value, out of its memory; of a struct, a plain object. The Box ends. */
  take(): ValueOf<T> {
    const { element, memory } = contentsOf(this);
    memory.requireIdle();
    const value = element.copy(memory, 0);
    memory.end();
    return value as ValueOf<T>;
  }

  /** Frees the block. A second call does nothing. */
  dispose(): void {
    contentsOf(this).memory.end();
  }

  [Symbol.dispose](): void {
    contentsOf(this).memory.end();
  }

  [inspect.custom](): string {
    const isBox = #contents in this;
    if (!isBox) return 'Box {}'; // the prototype
    const { element, memory } = this.#contents;
    const shown = memory.isThere() ? inspect(element.copy(memory, 0)) : 'gone';
    return `[Box ${element.name}: ${shown}]`;
  }
}

/**
 * A Box of the default allocator: of `f64` for a number, of `i64` for a bigint.
 *
 * @example
 * console.log(box(4).value); // 4
 */
export function box(value: number): Box<'f64'>;
export function box(value: bigint): Box<'i64'>;
export function box(value: number | bigint): Box<'f64'> | Box<'i64'> {
  return typeof value === 'bigint' ? Box.of('i64', value) : Box.of('f64', value);
}
