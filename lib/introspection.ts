/**
 * Questions about a block or about the runtime. They look and change nothing.
 */
import {
  arrayBufferOf,
  type Block,
  byteLengthOf,
  classify,
  generationOf,
  indexOf,
  lengthOf,
  offsetOf,
  UNSTAMPED,
} from './block.js';
import { heapwrightError } from './errors.js';
import { Layout } from './layout.js';
import { Kind, native, State } from './native.js';
import { ABANDONED, type Place, placeOf } from './pool/stamp.js';
import {
  type BlockRecord,
  ownerOf,
  recordOf,
  refuseBlock,
  refuseCall,
  refusePlace,
} from './refusal.js';

/**
 * The address of a live block, for other native code and for looking at alignment. It is valid
 * until the block is freed; nothing here reads it back.
 *
 * @throws INVALID_ARG_TYPE, NOT_OWNED, INTERIOR, DETACHED.
 */
export function addressOf(block: Block): bigint {
  const place = placeOf(block);
  if (place !== null) return addressOfPooled(block as Buffer, place);
  const index = indexOf(block);
  if (index === UNSTAMPED) throw refuseBlock(block, 'block');
  const address = native.addressOf(index, generationOf(block), block as ArrayBuffer);
  if (typeof address === 'bigint') return address;
  throw refuseBlock(block, 'block', address);
}

/** A pooled Buffer is where its slab is, and then some. */
function addressOfPooled(buffer: Buffer, place: Place): bigint {
  const { keeper } = place;
  if (keeper === null) throw refusePlace(place);
  const { state } = keeper.describe(buffer);
  if (state === 'moved' || state === 'freed') throw heapwrightError('ERR_HEAPWRIGHT_DETACHED');
  if (keeper.addressOf !== undefined) return keeper.addressOf(buffer);
  const isView = ArrayBuffer.isView(buffer);
  const slab = isView ? arrayBufferOf(buffer) : buffer;
  const address = native.addressOf(indexOf(slab), generationOf(slab), slab);
  if (typeof address === 'bigint') return address + BigInt(isView ? offsetOf(buffer) : 0);
  throw refuseBlock(slab, 'block', address);
}

/** What a value is to this package. */
export interface Explanation {
  /**
   * `block`; `slab` or `scope`, memory that others are cut from; `view` of one of those; or
   * `foreign`, anything else.
   */
  readonly kind: 'block' | 'slab' | 'scope' | 'view' | 'foreign';
  /**
   * `live`; `leased`; `abandoned`, freed with its memory still in use; `moved` away by a transfer;
   * `freed`; or null for what is none of ours.
   */
  readonly state: 'live' | 'leased' | 'abandoned' | 'moved' | 'freed' | null;
  /** The allocator, if the program still has it. */
  readonly owner: object | null;
  /** What the block was allocated with, while it has memory. */
  readonly layout: Layout | null;
  /** Bytes that the block takes up: of a pooled Buffer, the size of its class. */
  readonly usableSize: number;
  /** Those of them that were not asked for. */
  readonly waste: number;
  /** Leases that are open. */
  readonly leases: number;
  /** Why `deallocate` answered, or would answer, false; null where it would be true. */
  readonly kept: string | null;
  /** Of a pooled Buffer under `HEAPWRIGHT_DEBUG=stacks`: the frames that allocated it. */
  readonly allocatedAt?: string;
}

const NOTHING = {
  owner: null,
  layout: null,
  usableSize: 0,
  waste: 0,
  leases: 0,
  kept: null,
} as const;

const KINDS: Readonly<Record<number, Explanation['kind']>> = {
  [Kind.BLOCK]: 'block',
  [Kind.SLAB]: 'slab',
  [Kind.SCOPE]: 'scope',
};

function stateOf(record: BlockRecord): Explanation['state'] {
  if (!record.attached) return 'moved';
  if (record.state !== State.LIVE) return 'abandoned';
  return record.leases > 0 ? 'leased' : 'live';
}

function whyKept(leases: number, state: Explanation['state']): string | null {
  if (leases > 0) {
    return `${leases} open lease(s): the memory comes back when the last is disposed`;
  }
  if (state === 'abandoned') {
    return 'operations were in flight when it was freed: the collector returns the memory';
  }
  const { gateProved, activeRequests } = runtimeState();
  if (!gateProved) return 'this runtime does not show its operations in flight';
  return activeRequests > 0 ? `${activeRequests} operation(s) in flight` : null;
}

/** Everything known about a value: what it is, whose, how it was allocated, why it is kept. */
export function explain(value: unknown): Explanation {
  const place = placeOf(value);
  if (place !== null) return explainPooled(value as Buffer, place);
  if (indexOf(value) === UNSTAMPED) {
    const what = classify(value);
    const inner = what.kind === 'view' && indexOf(what.buffer) !== UNSTAMPED;
    if (!inner) return Object.freeze({ kind: 'foreign', state: null, ...NOTHING });
    return Object.freeze({ ...explain(what.buffer), kind: 'view' });
  }
  const record = recordOf(value as object);
  if (record === null) return Object.freeze({ kind: 'block', state: 'freed', ...NOTHING });
  const state = stateOf(record);
  const owner = ownerOf(record.heap) ?? null;
  const layout = Layout.from(record.size, record.align);
  const usableSize = usableSizeOf(owner, layout);
  return Object.freeze({
    kind: KINDS[record.kind] ?? 'block',
    state,
    owner,
    layout,
    usableSize,
    waste: usableSize - layout.size,
    leases: record.leases,
    kept: whyKept(record.leases, state),
  });
}

function explainPooled(buffer: Buffer, place: Place): Explanation {
  const known = place.keeper?.describe(buffer);
  if (known === undefined || known.state === 'freed') {
    const state = place === ABANDONED ? 'abandoned' : 'freed';
    return Object.freeze({ kind: 'block', state, ...NOTHING });
  }
  const { state, owner, usable, leases, site } = known;
  const isView = ArrayBuffer.isView(buffer);
  const size = isView ? lengthOf(buffer) : byteLengthOf(buffer);
  // A shared slab is not asked whether operations are in flight: only a lease holds it.
  const isApart =
    known.isGated !== false &&
    (!isView || (offsetOf(buffer) === 0 && byteLengthOf(arrayBufferOf(buffer)) === size));
  const isHeld = leases > 0 || state === 'abandoned' || isApart;
  return Object.freeze({
    kind: 'block',
    state,
    owner,
    layout: Layout.from(size, known.align),
    usableSize: usable,
    waste: usable - size,
    leases,
    kept: known.kept !== undefined || !isHeld ? (known.kept ?? null) : whyKept(leases, state),
    ...(site == null ? {} : { allocatedAt: site }),
  });
}

function usableSizeOf(owner: object | null, layout: Layout): number {
  const allocator = owner as { usableSize?(layout: Layout): number } | null;
  return allocator?.usableSize?.(layout) ?? layout.size;
}

/** What this package found out about the runtime it is in. */
export interface RuntimeInfo {
  /** How much is checked. */
  readonly tier: 'always';
  /**
   * `proved`: the count of requests in flight can be read, and a free with none of them is at
   * once. `always-busy`: it cannot, and every free waits for the collector.
   */
  readonly gate: 'proved' | 'always-busy';
  /** How a freed block is detached. */
  readonly detach: 'transfer' | 'napi';
  /** Whether the runtime takes native memory for ArrayBuffers; if not, no block can be made. */
  readonly external: boolean;
  /** Requests in flight now; 0 where they cannot be seen. */
  readonly activeRequests: number;
  /** Blocks that outlived the thread that made them, in the whole process. */
  readonly orphanedBlocks: number;
  readonly orphanedBytes: number;
}

function runtimeState() {
  const state = native.runtimeState();
  if (typeof state === 'number') throw refuseCall(state);
  return state;
}

/** What this package found out about the runtime it is in. */
export function runtimeInfo(): RuntimeInfo {
  const state = runtimeState();
  return Object.freeze({
    tier: 'always',
    gate: state.gateProved ? 'proved' : 'always-busy',
    detach: state.byTransfer ? 'transfer' : 'napi',
    external: state.external,
    activeRequests: state.activeRequests,
    orphanedBlocks: state.orphanedBlocks,
    orphanedBytes: state.orphanedBytes,
  });
}
