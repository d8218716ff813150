/** The outermost scope: it has a region of its parent's memory. */
import { type Buffer, constants } from 'node:buffer';
import { attachDependent, type Dependent, detachDependent } from '../allocators/dependents.js';
import type { Block } from '../block.js';
import { heapwrightError, invalidArgType, outOfRange } from '../errors.js';
import { readOptions } from '../options.js';
import { trustAllocator } from '../trust.js';
import { type AllocatorLike, adoptAllocator } from './adopt.js';
import { type ScopeCore, ScopeState } from './scope/core.js';
import { endAll, endScope, throwAll } from './scope/ending.js';
import { Escapes } from './scope/escapes.js';
import { closeWith, RegionSource } from './scope/region.js';
import { coreOf, SCOPE_KEY, Scope } from './scope.js';

/** How a {@link Scoped} is made. */
export interface ScopedOptions {
  /** Bytes of its region. */
  readonly size: number;
  /**
   * Take more regions from the parent when that one is full, each at least as large, and give them
   * back at the end of the scope that needed them. Default false.
   */
  readonly grow?: boolean;
}

/** Whatever gives memory: its blocks are never seen. */
type AnyParent = AllocatorLike<ArrayBuffer> | AllocatorLike<Buffer> | AllocatorLike<Block>;

const LONGEST = constants.MAX_LENGTH;

function readScopedOptions(options: unknown): Required<ScopedOptions> {
  const { size, grow } = readOptions(options, ['size', 'grow']);
  if (typeof size !== 'number') throw invalidArgType('options.size', 'a number', size);
  if (!Number.isInteger(size) || size < 0 || size > LONGEST) {
    throw outOfRange('options.size', `an integer from 0 to ${LONGEST}`, size);
  }
  if (grow !== undefined && typeof grow !== 'boolean') {
    throw invalidArgType('options.grow', 'a boolean', grow);
  }
  return { size, grow: grow ?? false };
}

function familyOver(parent: AnyParent, options: ScopedOptions) {
  const { size, grow } = readScopedOptions(options);
  const source = new RegionSource(adoptAllocator<Block>(parent, 'parent'));
  return { name: 'scoped', source, escapes: new Escapes(source), size, grows: grow };
}

/**
 * Bump allocation: a region of memory that Buffers are cut from one after the other, and scopes
 * that give back at their end all that was allocated in them. Buffers can be allocated directly
 * too; they live until `dispose`.
 *
 * The region is native memory, of the parent if that is a `SystemAllocator`, an `ArenaAllocator` or
 * a `ChunkAllocator`; of any other parent a block of the same size is allocated for as long as the
 * region is held. A parent of the first kind disposes what stands on it when it is disposed.
 *
 * @example
 * using scoped = new Scoped(new SystemAllocator(), { size: 1024 });
 * const text = scoped.scope((scope) => {
 *   scope.onDrop(() => console.log('over'));
 *   return scope.from('hello').toString('hex');
 * });
 */
export class Scoped extends Scope {
  readonly #parent: object | null;
  /** As the parent knows it. */
  readonly #dependent: Dependent;

  /** @throws OUT_OF_MEMORY, LIMIT: the parent has no room for the region. */
  constructor(parent: AnyParent, options: ScopedOptions) {
    const family = familyOver(parent, options);
    super(SCOPE_KEY, { family, outer: null });
    const { source } = family;
    const core = coreOf(this);
    this.#parent = source.native;
    this.#dependent = {
      hasLeases: () => hasLeases(core),
      dispose: () => {
        for (const error of endAll(core)) process.emitWarning(error as Error);
        source.close();
      },
    };
    if (this.#parent !== null) attachDependent(this.#parent, this.#dependent);
    closeWith(this, source);
  }

  /**
   * Ends it with all its memory, and closes it.
   *
   * @throws LEASED: a lease is open. SCOPED: a scope is open inside. Nothing was changed.
   */
  override dispose(): void {
    const core = coreOf(this);
    if (core.state !== ScopeState.OPEN) return;
    core.requireOpen();
    if (hasLeases(core)) throw heapwrightError('ERR_HEAPWRIGHT_LEASED');
    const errors = endScope(core);
    core.family.source.close();
    if (this.#parent !== null) detachDependent(this.#parent, this.#dependent);
    throwAll(errors);
  }
}

function hasLeases(core: ScopeCore): boolean {
  for (let each: ScopeCore | null = core; each !== null; each = each.inner) {
    if (each.parts.some(({ leases }) => leases > 0)) return true;
  }
  return false;
}

trustAllocator(Scoped);
