/** Blocks that are the only Buffer of a scope each: a free is the end of the scope. */
import { Scoped } from '../../dist/index.js';

/** Room for the largest block, wherever it begins. */
const SIZE = 80 * 1024;

export class Scopes {
  #parents;
  #made = 0;
  /** Without an open scope; the one that ended last is the next to be used. */
  #idle = [];
  #used = new Set();
  #homes = new WeakMap();

  /** The regions come from one parent after the other. */
  constructor(parents) {
    this.#parents = parents;
  }

  allocate(layout, options) {
    const scoped = this.#idle.pop() ?? this.#make();
    const scope = scoped.open();
    const buffer = scope.allocate(layout, options);
    this.#used.add(scoped);
    this.#homes.set(buffer, { scoped, scope });
    return buffer;
  }

  /** True if nothing of the scope is left. */
  deallocate(buffer) {
    const { scoped, scope } = this.#homes.get(buffer);
    scope.end();
    this.#used.delete(scoped);
    this.#idle.push(scoped);
    return buffer.length === 0;
  }

  lease(buffer) {
    return this.#homes.get(buffer).scope.lease(buffer);
  }

  stats() {
    const sum = { liveBlocks: 0, liveBytes: 0, abandonedBlocks: 0, abandonedBytes: 0 };
    for (const scoped of this.#all()) {
      const stats = scoped.stats();
      for (const name of Object.keys(sum)) sum[name] += stats[name];
    }
    return sum;
  }

  verify() {
    for (const scoped of this.#all()) scoped.verify();
  }

  /** Gives back the regions that no scope is open in. */
  trim() {
    for (const scoped of this.#idle.splice(0)) scoped.dispose();
  }

  #all() {
    return [...this.#idle, ...this.#used];
  }

  #make() {
    const parent = this.#parents[this.#made++ % this.#parents.length];
    return new Scoped(parent, { size: SIZE });
  }
}
