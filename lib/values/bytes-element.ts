/** A field that is only a layout: its bytes. */
import { classify, viewOffsetOf } from '../block.js';
import { invalidArgType, outOfRange } from '../errors.js';
import type { Layout } from '../layout.js';
import { measure } from '../measure.js';
import type { Element, Home } from './element.js';

const { apply } = Reflect;
const { freeze } = Object;
const Bytes = Uint8Array;
const setBytes = Bytes.prototype.set;
const { isView } = ArrayBuffer;

/** So many bytes of a DataView. */
function bytesAt(data: DataView, offset: number, size: number): Uint8Array {
  const what = classify(data);
  const buffer = (what.kind === 'view' ? what.buffer : data) as ArrayBuffer;
  return new Bytes(buffer, viewOffsetOf(data) + offset, size);
}

export function bytesElement(layout: Layout): Element {
  const { size } = layout;
  const read = (home: Home, offset: number): Uint8Array =>
    bytesAt(home.open(offset + size), offset, size);
  return freeze({
    name: 'bytes',
    layout,
    accept(value: unknown, argument: string): unknown {
      // The first refuses a Proxy.
      if (!isView(value) || !(value instanceof Bytes)) {
        throw invalidArgType(argument, 'a Uint8Array', value);
      }
      const length = measure(value)?.size ?? 0;
      if (length !== size) throw outOfRange(`${argument}.length`, `${size}`, length);
      return new Bytes(value);
    },
    write(data: DataView, offset: number, accepted: unknown): void {
      apply(setBytes, bytesAt(data, offset, size), [accepted as Uint8Array]);
    },
    read,
    copy(home: Home, offset: number): unknown {
      const copy = new Bytes(size);
      apply(setBytes, copy, [read(home, offset)]);
      return copy;
    },
  });
}
