/**
 * What an owner knows of an object that is not its own: a private field on that object, for as long
 * as it lives. A Map would need a hash for each object, a WeakMap the collector's help with each;
 * both cost ten times as much.
 */
import { Adopted } from '../block.js';

/** One kind of notes. An object may have one of each owner. */
export interface Notes<T> {
  get(target: object, owner: object): T | undefined;
  set(target: object, owner: object, value: T): void;
}

export function createNotes<T>(): Notes<T> {
  class Note extends Adopted {
    readonly #owner: object;
    #value: T;
    /** Of other owners: rare, as where one allocator is made of another. */
    #others: WeakMap<object, T> | null = null;

    constructor(target: object, owner: object, value: T) {
      super(target);
      this.#owner = owner;
      this.#value = value;
    }

    static get(target: object, owner: object): T | undefined {
      if (!(#owner in target)) return undefined;
      return target.#owner === owner ? target.#value : target.#others?.get(owner);
    }

    static set(target: object, owner: object, value: T): void {
      if (!(#owner in target)) {
        new Note(target, owner, value);
      } else if (target.#owner === owner) {
        target.#value = value;
      } else {
        target.#others ??= new WeakMap();
        target.#others.set(owner, value);
      }
    }
  }
  return Note;
}
