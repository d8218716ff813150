/**
 * Which memory has a pool, so that no two pools give out the same bytes. An ArrayBuffer carries a
 * stamp that says so. Shared memory has an object in every thread, and in one thread as many as it
 * was cloned to: there the addon compares addresses, and what is left to do here is to keep the
 * memory where it is for as long as the addon knows it.
 */
import { Adopted } from '../block.js';
import { native } from '../native.js';

// Taken when this file loads: a later patch cannot lie.
const { apply } = Reflect;
const { deref } = WeakRef.prototype as { deref(): object | undefined };
const { register, unregister } = FinalizationRegistry.prototype;
const Weak = WeakRef;

class Claim extends Adopted {
  #pool: WeakRef<object> | null;

  constructor(memory: object, pool: object) {
    super(memory);
    this.#pool = new Weak(pool);
  }

  static claim(memory: object, pool: object): void {
    if (#pool in memory) memory.#pool = new Weak(pool);
    else new Claim(memory, pool);
  }

  static isClaimed(memory: unknown): boolean {
    if (typeof memory !== 'object' || memory === null || !(#pool in memory)) return false;
    return memory.#pool !== null && apply(deref, memory.#pool, []) !== undefined;
  }

  static endClaim(memory: object): void {
    if (#pool in memory) memory.#pool = null;
  }
}

/** `memory` is that of `pool`, until that is collected. */
export const claim = Claim.claim;
/** Whether a pool that is open lies over `memory`. */
export const isClaimed = Claim.isClaimed;
export const endClaim = Claim.endClaim;

/** What a pool over shared memory leaves behind when it is collected. */
interface Remains {
  readonly id: number;
  /** While it is there, `id` names this member and no later one. */
  readonly anchor: object;
  /** Its address is given to nobody else before the member has left. */
  readonly bytes: Uint8Array;
}

const forgotten = new FinalizationRegistry<Remains>(({ id }) => {
  native.leaveShare(id);
});

/** When `pool` is collected its member leaves, and then its memory may go. */
export function leaveWhenCollected(pool: object, remains: Remains): void {
  apply(register, forgotten, [pool, remains, remains.anchor]);
}

/** The member has left. */
export function endMembership(anchor: object): void {
  apply(unregister, forgotten, [anchor]);
}
