import { badAlign, describeLayout, invalidArgType, outOfRange, sizeOverflow } from './errors.js';
import { type Measurable, measure } from './measure.js';
import * as structs from './struct-members.js';

const { assign, create, defineProperty, freeze, keys } = Object;
const { isSafeInteger } = Number;
const { max } = Math;

/** The names of the primitive types that a layout can be made of. `ptr` is 8 bytes. */
export type LayoutType = keyof typeof TYPES;

/** What the fields and elements of a layout are given as. */
export type LayoutLike = LayoutType | Layout | structs.Struct;

/** 2^53. A power of two, so that every alignment divides it. */
const SPAN = 2 ** 53;

/** Proves to the constructor that a call comes from this file. */
const KEY = Symbol('Layout');

let make: (size: number, align: number) => Layout;
let hasBrand: (value: unknown) => value is Layout;
let checkBrand: (value: unknown, argument: string) => Layout;

/**
 * How much memory, and how aligned: a size in bytes and an alignment in bytes.
 *
 * The alignment is a power of two up to 2^52, and the size, rounded up to the alignment, is at
 * most 2^53 - 1. Every layout keeps that promise, and none can be changed or forged: only the
 * methods here make one, and a private brand tells it from anything else.
 *
 * All arguments are numbers. Another type, BigInt and boxed numbers too, is INVALID_ARG_TYPE and
 * is never converted. NaN, a fraction, a negative number and anything above 2^53 - 1 is
 * OUT_OF_RANGE; an alignment that is no power of two, BAD_ALIGN; a result beyond the promise,
 * SIZE_OVERFLOW.
 *
 * @example
 * const page = Layout.from(4096, 4096);
 * const { layout, offsets } = Layout.struct({ id: 'u32', position: Layout.array('f64', 3) });
 */
export class Layout {
  static {
    make = (size, align) => new Layout(KEY, size, align);
    hasBrand = (value): value is Layout =>
      typeof value === 'object' && value !== null && #brand in value;
    checkBrand = (value, argument) => {
      if (typeof value === 'object' && value !== null && #brand in value) return value;
      throw invalidArgType(argument, 'a Layout made by this package', value);
    };
  }

  readonly #brand = true;
  /** The size in bytes. Need not be a multiple of the alignment. */
  readonly size: number;
  /** The alignment in bytes: a power of two. */
  readonly align: number;

  private constructor(key: symbol, size: number, align: number) {
    if (key !== KEY) {
      throw invalidArgType('key', 'private: make layouts with Layout.from() and its kin', key);
    }
    this.size = size + 0; // Turns -0 into 0.
    this.align = align;
    freeze(this);
  }

  /**
   * The layout of `size` bytes at an address that is a multiple of `align`.
   *
   * @example
   * Layout.from(100, 16).size; // 100
   */
  static from(size: number, align = 1): Layout {
    return tryMake(size, align) ?? refuse(size, align);
  }

  /**
   * Like {@link Layout.from}, but null where that throws anything but INVALID_ARG_TYPE.
   *
   * @example
   * Layout.try(8, 3); // null: 3 is no power of two
   */
  static try(size: number, align = 1): Layout | null {
    return tryMake(size, align);
  }

  /**
   * The layout of one value of a primitive type, aligned to its size.
   *
   * @example
   * Layout.of('f64').align; // 8
   */
  static of(type: LayoutType): Layout {
    const layout = typeof type === 'string' ? PRIMITIVES[type] : undefined;
    if (layout === undefined) throw invalidArgType('type', TYPE_NAMES, type);
    return layout;
  }

  /**
   * The layout of `count` elements, each of which starts at a multiple of the element's
   * alignment: `repeat(count).layout` of the element.
   *
   * @example
   * Layout.array('u32', 3).size; // 12
   */
  static array(element: LayoutLike, count: number): Layout {
    return repeated(resolve(element, 'element'), count).layout;
  }

  /**
   * The layout of a C struct, padded to its alignment, and the offset of each field in bytes.
   * `fields` is a plain object; its own enumerable string keys are the fields, in the order of
   * the object (which puts keys that look like array indices first). Each is read once.
   *
   * @example
   * Layout.struct({ tag: 'u8', value: 'f64' }).offsets.value; // 8
   */
  static struct<Fields extends structs.StructFields>(fields: Fields): structs.Struct<Fields>;
  static struct(fields: structs.StructFields): structs.Struct {
    if (!structs.isPlainObject(fields)) {
      throw invalidArgType('fields', 'a plain object of types or layouts', fields);
    }
    const offsets: Record<string, number> = {};
    const members: structs.Member[] = [];
    let whole = make(0, 1);
    for (const name of keys(fields)) {
      const type = fields[name] as LayoutLike;
      const field = resolve(type, `fields.${name}`);
      const { layout, offset } = extended(whole, field);
      // Not an assignment, which a field named __proto__ would turn into something else.
      defineProperty(offsets, name, ownField(offset));
      members.push({ name, type, layout: field, offset });
      whole = layout;
    }
    return structs.rememberShape({ layout: padded(whole), offsets }, members);
  }

  /**
   * The layout of the bytes of a buffer or view: its `byteLength`, aligned to the elements of a
   * typed array, or to 1 for a DataView or a whole buffer. Read from the object itself, so that
   * own properties, subclasses and patched prototypes cannot lie. A detached value has size 0.
   *
   * @example
   * Layout.forValue(new Uint16Array(3)); // Layout(6, align 2)
   */
  static forValue(value: Measurable): Layout {
    const measured = measure(value);
    if (measured === null) {
      throw invalidArgType('value', 'an ArrayBuffer, a SharedArrayBuffer or a view', value);
    }
    return make(measured.size, measured.align);
  }

  /**
   * This layout with its size rounded up to a multiple of its alignment.
   *
   * @example
   * Layout.from(9, 4).padToAlign(); // Layout(12, align 4)
   */
  padToAlign(): Layout {
    return padded(checkBrand(this, 'this'));
  }

  /**
   * The bytes to add after this layout so that what follows is a multiple of `align` from its
   * start.
   *
   * @example
   * Layout.from(9, 4).paddingNeededFor(8); // 7
   */
  paddingNeededFor(align: number): number {
    return padding(checkBrand(this, 'this').size, checkAlign(align));
  }

  /**
   * This layout aligned to at least `align`. The size stays, unpadded.
   *
   * @example
   * Layout.from(9, 4).alignTo(16); // Layout(9, align 16)
   */
  alignTo(align: number): Layout {
    const self = checkBrand(this, 'this');
    if (checkAlign(align) <= self.align) return self;
    if (self.size > SPAN - align) throw sizeOverflow(describeLayout(self.size, align));
    return make(self.size, align);
  }

  /**
   * The layout of this one `count` times, each at a multiple of its alignment, and the distance
   * between two of them, the `stride`. There is no padding after the last.
   *
   * @example
   * Layout.from(6, 4).repeat(3); // { layout: Layout(22, align 4), stride: 8 }
   */
  repeat(count: number): { layout: Layout; stride: number } {
    return repeated(checkBrand(this, 'this'), count);
  }

  /**
   * The layout of this one `count` times without padding in between. Only the first is aligned.
   *
   * @example
   * Layout.from(6, 4).repeatPacked(3); // Layout(18, align 4)
   */
  repeatPacked(count: number): Layout {
    const self = checkBrand(this, 'this');
    checkCount(count);
    if (count > (SPAN - self.align) / self.size) throw sizeOverflow(describeMany(count, self));
    return make(count * self.size, self.align);
  }

  /**
   * The layout of this one followed by `next`, with the padding that `next` needs, and the
   * `offset` where it starts. There is no padding at the end; see {@link Layout.padToAlign}.
   *
   * @example
   * Layout.of('u8').extend(Layout.of('f64')); // { layout: Layout(16, align 8), offset: 8 }
   */
  extend(next: Layout): { layout: Layout; offset: number } {
    return extended(checkBrand(this, 'this'), checkBrand(next, 'next'));
  }

  /**
   * The layout of this one followed at once by `next`, whose alignment is ignored.
   *
   * @example
   * Layout.of('u8').extendPacked(Layout.of('f64')); // Layout(9, align 1)
   */
  extendPacked(next: Layout): Layout {
    const self = checkBrand(this, 'this');
    const size = checkBrand(next, 'next').size;
    if (size > SPAN - self.align - self.size) throw sizeOverflow(describePair(self, next));
    return make(self.size + size, self.align);
  }

  /** Whether `other` is a layout of the same size and alignment. Never throws for any value. */
  equals(other: unknown): boolean {
    const self = checkBrand(this, 'this');
    return hasBrand(other) && other.size === self.size && other.align === self.align;
  }

  /** `Layout(100, align 16)`, as in messages. */
  toString(): string {
    const { size, align } = checkBrand(this, 'this');
    return describeLayout(size, align);
  }

  /** The size and alignment as a plain object. */
  toJSON(): { size: number; align: number } {
    const { size, align } = checkBrand(this, 'this');
    return { size, align };
  }
}

/** Whether `value` is a layout made by this package. Reads no property and runs no trap. */
export const isLayout = hasBrand;

/**
 * `value` where it is a layout made by this package; INVALID_ARG_TYPE, naming `argument`, where
 * it is anything else. One look at a private brand: cheap enough for every allocation.
 */
export const requireLayout = checkBrand;

/** The size in bytes of a layout that has passed {@link requireLayout}. */
export function sizeOf(layout: Layout): number {
  return layout.size;
}

/** The alignment in bytes of a layout that has passed {@link requireLayout}. */
export function alignOf(layout: Layout): number {
  return layout.align;
}

function primitive(size: number): Layout {
  return make(size, size);
}

const TYPES = {
  i8: primitive(1),
  u8: primitive(1),
  i16: primitive(2),
  u16: primitive(2),
  i32: primitive(4),
  u32: primitive(4),
  i64: primitive(8),
  u64: primitive(8),
  f32: primitive(4),
  f64: primitive(8),
  ptr: primitive(8),
};

/** Without a prototype, so that no name but these is found. */
const PRIMITIVES: Readonly<Record<string, Layout>> = freeze(assign(create(null), TYPES));

const TYPE_NAMES = 'one of i8, u8, i16, u16, i32, u32, i64, u64, f32, f64, ptr';
const COUNT_RANGE = 'an integer from 0 to 2^53 - 1';
const ALIGN_RANGE = 'a power of two from 1 to 2^52';

/** The descriptor of an ordinary property; without a prototype, so that it inherits no `get`. */
function ownField(value: number): PropertyDescriptor {
  return assign(create(null), { value, writable: true, enumerable: true, configurable: true });
}

function isInRange(value: number): boolean {
  return isSafeInteger(value) && value >= 0;
}

function isPowerOfTwo(value: number): boolean {
  // Bit operators see the low 32 bits only.
  if (value >= 2 ** 32) return value % 2 ** 32 === 0 && isPowerOfTwo(value / 2 ** 32);
  return value !== 0 && (value & (value - 1)) === 0;
}

function isAlignment(value: number): boolean {
  return isInRange(value) && isPowerOfTwo(value);
}

function checkNumber(value: unknown, argument: string, expected: string): void {
  if (typeof value !== 'number') throw invalidArgType(argument, expected, value);
}

function checkAlign(align: number): number {
  checkNumber(align, 'align', ALIGN_RANGE);
  if (!isInRange(align)) throw outOfRange('align', ALIGN_RANGE, align);
  if (!isPowerOfTwo(align)) throw badAlign(align);
  return align;
}

function checkCount(count: number): void {
  checkNumber(count, 'count', COUNT_RANGE);
  if (!isInRange(count)) throw outOfRange('count', COUNT_RANGE, count);
}

/** Null for what {@link refuse} explains. SPAN - align is the largest multiple of align. */
function tryMake(size: number, align: number): Layout | null {
  checkNumber(size, 'size', COUNT_RANGE);
  checkNumber(align, 'align', ALIGN_RANGE);
  if (!isInRange(size) || !isAlignment(align) || size > SPAN - align) return null;
  return make(size, align);
}

function refuse(size: number, align: number): never {
  if (!isInRange(size)) throw outOfRange('size', COUNT_RANGE, size);
  checkAlign(align);
  throw sizeOverflow(describeLayout(size, align));
}

/** The bytes from `size` to the next multiple of `align`; exact, as `%` is. */
function padding(size: number, align: number): number {
  const over = size % align;
  return over === 0 ? 0 : align - over;
}

function padded(layout: Layout): Layout {
  const missing = padding(layout.size, layout.align);
  return missing === 0 ? layout : make(layout.size + missing, layout.align);
}

/**
 * The padded total is a multiple of the alignment, and so within SPAN - align exactly if the
 * layout is valid. Both are below 2^53, where a rounded quotient never reaches the next integer.
 */
function repeated(layout: Layout, count: number): { layout: Layout; stride: number } {
  checkCount(count);
  const stride = layout.size + padding(layout.size, layout.align);
  if (count > (SPAN - layout.align) / stride) throw sizeOverflow(describeMany(count, layout));
  const size = count === 0 ? 0 : (count - 1) * stride + layout.size;
  return { layout: make(size, layout.align), stride };
}

/** `offset` is at most 2^53 and the room left is computed before anything is added: exact. */
function extended(layout: Layout, next: Layout): { layout: Layout; offset: number } {
  const align = max(layout.align, next.align);
  const offset = layout.size + padding(layout.size, next.align);
  if (next.size > SPAN - align - offset) throw sizeOverflow(describePair(layout, next));
  return { layout: make(offset + next.size, align), offset };
}

function describeMany(count: number, layout: Layout): string {
  return `${count} x ${describeLayout(layout.size, layout.align)}`;
}

function describePair({ size, align }: Layout, next: Layout): string {
  return `${describeLayout(size, align)} followed by ${describeLayout(next.size, next.align)}`;
}

function resolve(value: unknown, argument: string): Layout {
  if (hasBrand(value)) return value;
  const layout = typeof value === 'string' ? PRIMITIVES[value] : structs.shapeOf(value)?.layout;
  if (layout === undefined) throw invalidArgType(argument, `a Layout or ${TYPE_NAMES}`, value);
  return layout;
}
