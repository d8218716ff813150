/**
 * What a struct is made of: its members by name, so that they can be read and written and not only
 * placed. Remembered by the object that `Layout.struct` returned; nothing is added to it.
 */
import type { Layout, LayoutLike, LayoutType } from './layout.js';

const { getPrototypeOf } = Object;

/** The fields of a struct, as `Layout.struct` is given them. */
export type StructFields = Readonly<Record<string, LayoutLike>>;

/** What `Layout.struct` returns: the layout, and where each field lies in it. */
export interface Struct<Fields extends StructFields = StructFields> {
  /** Padded to its alignment. */
  layout: Layout;
  /** In bytes, from the start of the struct. */
  offsets: { -readonly [Name in keyof Fields]: number };
  /** The types of the fields; there for the compiler alone. */
  readonly [FIELDS]?: Fields;
}

declare const FIELDS: unique symbol;

/** One field. */
export interface Member {
  readonly name: string;
  readonly type: LayoutType | Layout | Struct;
  /** Of `type`. */
  readonly layout: Layout;
  readonly offset: number;
}

/** A struct as it was made, whatever became of the object that was returned. */
export interface StructShape {
  readonly layout: Layout;
  readonly members: readonly Member[];
}

const shapes = new WeakMap<object, StructShape>();

/** The result of `Layout.struct`, with its members remembered. */
export function rememberShape<S extends { readonly layout: Layout }>(
  struct: S,
  members: readonly Member[],
): S {
  shapes.set(struct, { layout: struct.layout, members });
  return struct;
}

/** The shape of what `Layout.struct` returned; undefined for anything else. Runs none of its code. */
export function shapeOf(value: unknown): StructShape | undefined {
  return typeof value === 'object' && value !== null ? shapes.get(value) : undefined;
}

/** Plain in any realm: its prototype is null, or one that itself inherits from nothing. */
export function isPlainObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = getPrototypeOf(value);
  return prototype === null || getPrototypeOf(prototype) === null;
}
