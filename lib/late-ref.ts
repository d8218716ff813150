/**
 * A WeakRef that is made only where it is needed. Most blocks are freed within the job that made
 * them, and until a job ends a strong reference keeps nothing alive that would have gone.
 */
const { apply } = Reflect;
const Weak = WeakRef;
const deref = Weak.prototype.deref;

/** References of one job after which it no longer pays to wait for the job's end. */
const MOST_YOUNG = 1024;

let young: LateRef<object>[] = [];

let weaken: (ref: LateRef<object>) => void;

function weakenAll(): void {
  const refs = young;
  young = [];
  for (const ref of refs) weaken(ref);
}

/** `await` of a plain value looks up nothing that a script could have patched. */
async function weakenAfterThisJob(): Promise<void> {
  await undefined;
  weakenAll();
}

export class LateRef<T extends object> {
  static {
    weaken = (ref) => {
      const target = ref.#strong;
      if (target === null) return;
      ref.#weak = new Weak(target);
      ref.#strong = null;
    };
  }

  #strong: T | null;
  #weak: WeakRef<T> | null = null;

  constructor(target: T) {
    this.#strong = target;
    if (young.length === 0) weakenAfterThisJob();
    else if (young.length === MOST_YOUNG) weakenAll();
    young.push(this);
  }

  /** The target, unless it was collected or the reference cleared. */
  get target(): T | undefined {
    if (this.#strong !== null) return this.#strong;
    return this.#weak === null ? undefined : (apply(deref, this.#weak, []) as T | undefined);
  }

  /** Nobody asks any more. */
  clear(): void {
    this.#strong = null;
    this.#weak = null;
  }
}
