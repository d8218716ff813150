/**
 * How long a buffer or view really is: asked of the getters that the language put on the
 * prototypes, taken when this file loads, so that own properties, subclasses and later patches
 * cannot lie.
 */
const { getOwnPropertyDescriptor, getPrototypeOf } = Object;
const { apply } = Reflect;
const { isView } = ArrayBuffer;

/** What has a length in bytes. */
export type Measurable = ArrayBuffer | SharedArrayBuffer | ArrayBufferView;

type Getter = (this: unknown) => unknown;

function getterOf(prototype: object | null, key: PropertyKey): Getter {
  return getOwnPropertyDescriptor(prototype, key)?.get ?? (() => undefined);
}

const typedArrayPrototype: object | null = getPrototypeOf(Uint8Array.prototype);
const typedArrayTag = getterOf(typedArrayPrototype, Symbol.toStringTag);
const typedArrayLength = getterOf(typedArrayPrototype, 'byteLength');
const dataViewLength = getterOf(DataView.prototype, 'byteLength');
const bufferLength = getterOf(ArrayBuffer.prototype, 'byteLength');
const sharedLength = getterOf(SharedArrayBuffer.prototype, 'byteLength');

/** The bytes of an element of a typed array, by the kind that %TypedArray%'s own tag names. */
function elementBytes(kind: string): number {
  switch (kind) {
    case 'Int16Array':
    case 'Uint16Array':
    case 'Float16Array':
      return 2;
    case 'Int32Array':
    case 'Uint32Array':
    case 'Float32Array':
      return 4;
    case 'Float64Array':
    case 'BigInt64Array':
    case 'BigUint64Array':
      return 8;
    default:
      return 1;
  }
}

/** What a captured length getter says of `value`, or null where it refuses it. */
function lengthBy(getter: Getter, value: object): number | null {
  try {
    const length = apply(getter, value, []);
    return typeof length === 'number' ? length : null;
  } catch {
    return null;
  }
}

/**
 * The length of a buffer or view and the size of its elements, both in bytes; null for any other
 * value. A detached buffer or view has length 0. No property of `value` is read and no code of
 * its own runs.
 */
export function measure(value: unknown): { size: number; align: number } | null {
  if (typeof value !== 'object' || value === null) return null;
  const kind = apply(typedArrayTag, value, []);
  if (typeof kind === 'string') {
    return { size: lengthBy(typedArrayLength, value) ?? 0, align: elementBytes(kind) };
  }
  // The getter of a DataView refuses a detached one too.
  if (isView(value)) return { size: lengthBy(dataViewLength, value) ?? 0, align: 1 };
  const size = lengthBy(bufferLength, value) ?? lengthBy(sharedLength, value);
  return size === null ? null : { size, align: 1 };
}
