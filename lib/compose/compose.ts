/** A composition from its text. The grammar is in text/parser.ts and in docs/compose.md. */
import { invalidArgType } from '../errors.js';
import { type AllocatorLike, adoptAllocator } from './adopt.js';
import { Composed } from './composed.js';
import { Builder, type Parts } from './text/builder.js';
import { parseTree } from './text/parser.js';
import { printTree } from './text/printer.js';
import { isReserved } from './text/vocabulary.js';

const NAME = /^[A-Za-z_$][A-Za-z0-9_$]*$/;

/** The program's own allocators, by the names that the text gives them. */
export interface ComposeParts {
  readonly [name: string]: AllocatorLike<Buffer>;
}

/** Each part is read once. */
function readParts(parts: unknown): Parts {
  const read = new Map<string, ReturnType<typeof adoptAllocator<Buffer>>>();
  if (parts === undefined) return read;
  if (typeof parts !== 'object' || parts === null) {
    throw invalidArgType('parts', 'an object with allocators', parts);
  }
  for (const name of Object.keys(parts)) {
    if (isReserved(name) || !NAME.test(name)) {
      throw invalidArgType(`parts.${name}`, 'named by a word that the grammar does not have', name);
    }
    read.set(name, adoptAllocator<Buffer>(Reflect.get(parts, name), `parts.${name}`));
  }
  return read;
}

/**
 * The allocators that a text names, put together as it says. `dispose` ends all of them, but not
 * the program's own `parts`.
 *
 * @example
 * const allocator = compose(
 *   'segregate(<=256: freelist, <=64KB: pool, else: system) | limit(64MB) | stats',
 * );
 *
 * @throws OUT_OF_RANGE: the text is wrong; the message says at which column.
 */
export function compose(text: string, parts?: ComposeParts): Composed {
  if (typeof text !== 'string') throw invalidArgType('text', 'a string', text);
  const known = readParts(parts);
  const tree = parseTree(text);
  const builder = new Builder(text, known);
  const root = builder.buildAll(tree);
  const { nodes } = builder;
  return new Composed({ text: printTree(tree), root, nodes, dispose: () => builder.dispose() });
}
