/**
 * References that keep nothing alive, by number, made weak only where it is needed.
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

let weaken: (refs: LateRefs<object>) => void;

/** `await` of a plain value looks up nothing that a script could have patched. */
async function weakenAfterThisJob(refs: LateRefs<object>): Promise<void> {
  await undefined;
  weaken(refs);
}

export class LateRefs<T extends object> {
  static {
    weaken = (refs) => {
      refs.#isWaiting = false;
      refs.#weaken();
    };
  }

  /** A target is in one of the two. */
  readonly #strong: (T | undefined)[] = [];
  readonly #weak: (WeakRef<T> | undefined)[] = [];
  /** Numbers that were set in this job. */
  readonly #young: number[] = [];
  #youngCount = 0;
  #isWaiting = false;

  /** What the number refers to from now on. */
  set(at: number, target: T): void {
    if (this.#youngCount === MOST_YOUNG) this.#weaken();
    this.#strong[at] = target;
    this.#weak[at] = undefined;
    this.#young[this.#youngCount++] = at;
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    weakenAfterThisJob(this);
  }

  /** The target, unless it was collected or the number cleared. */
  get(at: number): T | undefined {
    const target = this.#strong[at];
    if (target !== undefined) return target;
    const weak = this.#weak[at];
    return weak === undefined ? undefined : (apply(deref, weak, []) as T | undefined);
  }

  /** Nobody asks for it any more. */
  clear(at: number): void {
    this.#strong[at] = undefined;
    this.#weak[at] = undefined;
  }

  #weaken(): void {
    for (let n = 0; n < this.#youngCount; n++) {
      const at = this.#young[n] as number;
      const target = this.#strong[at];
      if (target === undefined) continue;
      this.#weak[at] = new Weak(target);
      this.#strong[at] = undefined;
    }
    this.#youngCount = 0;
  }
}

/** Numbers that are in use once each: the last that was given back is the next to be taken. */
export class Numbers {
  readonly #free: number[] = [];
  #freeCount = 0;
  #end = 0;

  /** One more than the largest that was ever taken. */
  get end(): number {
    return this.#end;
  }

  take(): number {
    return this.#freeCount === 0 ? this.#end++ : (this.#free[--this.#freeCount] as number);
  }

  give(number: number): void {
    this.#free[this.#freeCount++] = number;
  }
}
