/**
 * Values in memory: what a Box, a Vec or a struct holds, and how it is read and written.
 */
import type { Layout, LayoutType } from '../layout.js';
import type { Struct, StructFields } from '../struct-members.js';

/** What a Box or Vec can hold: a primitive type, or what `Layout.struct` returned. */
export type ValueType = LayoutType | Struct;

/**
 * The value of a type. `i64`, `u64` and `ptr` are bigint; a field that is a bare Layout is its bytes.
 */
export type ValueOf<T> = T extends 'i64' | 'u64' | 'ptr'
  ? bigint
  : T extends LayoutType
    ? number
    : T extends Struct<infer Fields>
      ? StructValue<Fields>
      : T extends Layout
        ? Uint8Array
        : never;

/** The fields of a struct by name. */
export type StructValue<Fields extends StructFields> = {
  -readonly [Name in keyof Fields]: ValueOf<Fields[Name]>;
};

/** Where values lie. */
export interface Home {
  /**
   * The memory, of which the first `end` bytes are about to be used.
   *
   * @throws DETACHED, CLOSED, ...: they are not there any more.
   */
  open(end: number): DataView;
}

/** One type of value. Offsets and sizes were checked by the caller. */
export interface Element {
  /** Padded to its alignment, so that the size is also the distance of two in a row. */
  readonly layout: Layout;
  /** For messages. */
  readonly name: string;
  /**
   * `value` as it can be written. All code of the caller's that there is runs here, and all errors
   * are thrown here: INVALID_ARG_TYPE, OUT_OF_RANGE.
   */
  accept(value: unknown, argument: string): unknown;
  /** Writes what was accepted. */
  write(data: DataView, offset: number, accepted: unknown): void;
  /** The value; of a struct or of bytes, a view of where they are. */
  read(home: Home, offset: number): unknown;
  /** The value, apart from the memory. */
  copy(home: Home, offset: number): unknown;
}
