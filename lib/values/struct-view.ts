import { heapwrightError, invalidArgType } from '../errors.js';
import { explain } from '../introspection.js';
import { measure } from '../measure.js';
import { type Struct, type StructFields, shapeOf } from '../struct-members.js';
import type { StructValue } from './element.js';
import { Span } from './span.js';
import { elementOf, requireWithin } from './struct-element.js';

/** DETACHED for a block that has no bytes any more. */
function requireThere(block: unknown): void {
  const { state } = explain(block);
  if (state === 'freed' || state === 'moved') throw heapwrightError('ERR_HEAPWRIGHT_DETACHED');
}

/**
 * The struct that lies at `offset` bytes in a block, or in any buffer or view: an object with its
 * fields as properties, which read and write the memory itself. A field that is a struct is such an
 * object too; one that is a bare Layout, a Uint8Array over its bytes. Numbers are in the byte order
 * of the CPU, and the offset may have any alignment.
 *
 * @throws INVALID_ARG_TYPE, OUT_OF_RANGE: the struct does not lie within the block. Later, of a
 * value that its field cannot hold: the same. DETACHED: the block was freed or moved.
 *
 * @example
 * const point = Layout.struct({ x: 'f64', y: 'f64' });
 * const block = allocate(point.layout);
 * const view = structView(point, block);
 * view.x = 3;
 */
export function structView<Fields extends StructFields>(
  struct: Struct<Fields>,
  block: ArrayBufferLike | ArrayBufferView,
  offset = 0,
): StructValue<Fields> {
  if (shapeOf(struct) === undefined) {
    throw invalidArgType('struct', 'what Layout.struct() returned', struct);
  }
  if (measure(block) === null) throw invalidArgType('block', 'a block, a buffer or a view', block);
  const element = elementOf(struct, 'struct');
  const span = new Span(block);
  span.open(0);
  if (span.length < element.layout.size) requireThere(block);
  requireWithin(element.layout, offset, span.length);
  return element.read(span, offset) as StructValue<Fields>;
}
