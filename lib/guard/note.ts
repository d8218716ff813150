/**
 * What an owner knows of an object that is not its own: a private field on that object, for as long
 * as it lives. A Map would need a hash for each object, a WeakMap the collector's help with each;
 * both cost ten times as much.
 */
import { Adopted } from '../block.js';

/** One kind of notes. An object may have one of each owner. */
export interface Notes<T> {
  get(target: object, owner: object): T | undefined;
  /** For an owner that has none on `target` yet. */
  add(target: object, owner: object, value: T): void;
}

/** The notes of all owners: more than one where one allocator is made of another. */
interface Link<T> {
  readonly owner: object;
  readonly value: T;
  readonly next: Link<T> | null;
}

/** Notes on one object before those that say nothing any more are thrown away. */
const MANY = 8;

function withoutSpent<T>(first: Link<T>, isSpent: (value: T) => boolean): Link<T> | null {
  let kept: Link<T> | null = null;
  let count = 0;
  for (let link: Link<T> | null = first; link !== null; link = link.next) {
    count++;
    if (!isSpent(link.value)) kept = { owner: link.owner, value: link.value, next: kept };
  }
  return count < MANY ? first : kept;
}

/** `isSpent` says of a note whether losing it loses no more than a kinder error. */
export function createNotes<T>(isSpent: (value: T) => boolean): Notes<T> {
  class Note extends Adopted {
    #first: Link<T>;

    constructor(target: object, first: Link<T>) {
      super(target);
      this.#first = first;
    }

    static get(target: object, owner: object): T | undefined {
      if (!(#first in target)) return undefined;
      let link: Link<T> | null = target.#first;
      while (link !== null && link.owner !== owner) link = link.next;
      return link?.value;
    }

    static add(target: object, owner: object, value: T): void {
      if (#first in target) {
        target.#first = { owner, value, next: withoutSpent(target.#first, isSpent) };
        return;
      }
      new Note(target, { owner, value, next: null });
    }
  }
  return Note;
}
