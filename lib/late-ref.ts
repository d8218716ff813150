/**
 * References that keep nothing alive, made weak only where it is needed.
 *
 * A WeakRef costs about a third of a whole allocation. Most blocks are freed within the job that
 * made them, and until a job ends a strong reference costs nothing, because no finalizer could run
 * anyway. So a target is held strongly until then, and through a WeakRef only if it is still there.
 */
const { apply } = Reflect;
const Weak = WeakRef;
const deref = Weak.prototype.deref;

/** References of one job after which it no longer pays to wait for the job's end. */
const MOST_YOUNG = 1024;

/** Those that were set in this job, some of them more than once. */
const young: (LateRef<object> | null)[] = [];
let youngCount = 0;
let isWaiting = false;

let weaken: (ref: LateRef<object>) => void;

function weakenAll(): void {
  for (let at = 0; at < youngCount; at++) {
    weaken(young[at] as LateRef<object>);
    young[at] = null; // who has the reference may be dropped
  }
  youngCount = 0;
}

/** `await` of a plain value looks up nothing that a script could have patched. */
async function weakenAfterThisJob(): Promise<void> {
  isWaiting = true;
  await undefined;
  isWaiting = false;
  weakenAll();
}

/** A reference that can be set again and again. */
export class LateRef<T extends object> {
  static {
    weaken = (ref) => {
      const target = ref.#strong;
      if (target === null) return;
      ref.#weak = new Weak(target);
      ref.#strong = null;
    };
  }

  /** A target is in one of the two. */
  #strong: T | null = null;
  #weak: WeakRef<T> | null = null;

  /** What it refers to, unless that was collected or the reference cleared. */
  get target(): T | undefined {
    if (this.#strong !== null) return this.#strong;
    return this.#weak === null ? undefined : (apply(deref, this.#weak, []) as T | undefined);
  }

  /** What it refers to from now on. */
  point(target: T): void {
    if (youngCount === MOST_YOUNG) weakenAll();
    this.#strong = target;
    this.#weak = null;
    young[youngCount++] = this;
    if (!isWaiting) weakenAfterThisJob();
  }

  /** Nobody asks any more. */
  clear(): void {
    this.#strong = null;
    this.#weak = null;
  }
}
