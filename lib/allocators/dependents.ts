/**
 * What lives on an allocator's memory: pools and scopes. They are held weakly, for an allocator
 * must not keep a pool alive that the program has dropped.
 */

/** Something that was built on an allocator and has to end before it. */
export interface Dependent {
  /** Whether a lease is open on memory that it handed out. */
  hasLeases(): boolean;
  /** Ends it; called once, with no lease open. */
  dispose(): void;
}

const dependents = new WeakMap<object, Set<WeakRef<Dependent>>>();

/** From now on `dependent` lives on `allocator`, until it is detached or collected. */
export function attachDependent(allocator: object, dependent: Dependent): void {
  let refs = dependents.get(allocator);
  if (refs === undefined) {
    refs = new Set();
    dependents.set(allocator, refs);
  }
  refs.add(new WeakRef(dependent));
}

/** `dependent` was disposed. */
export function detachDependent(allocator: object, dependent: Dependent): void {
  forget(allocator, (each) => each === undefined || each === dependent);
}

/** Those that are neither detached nor collected, in the order in which they came. */
export function dependentsOf(allocator: object): readonly Dependent[] {
  forget(allocator, (each) => each === undefined);
  const live = [...(dependents.get(allocator) ?? [])].map((ref) => ref.deref());
  return live.filter((each) => each !== undefined);
}

function forget(allocator: object, isGone: (each: Dependent | undefined) => boolean): void {
  const refs = dependents.get(allocator);
  if (refs === undefined) return;
  for (const ref of refs) {
    if (isGone(ref.deref())) refs.delete(ref);
  }
  if (refs.size === 0) dependents.delete(allocator);
}
