/** Scopes: where Buffers begin, what ends with them, what is left to the collector. */
const core = 'lib/compose/scope/core.ts';
const buffers = 'lib/compose/scope/buffers.ts';
const part = 'lib/compose/scope/part.ts';
const region = 'lib/compose/scope/region.ts';
const ending = 'lib/compose/scope/ending.ts';
const scope = 'lib/compose/scope.ts';
const scoped = 'lib/compose/scoped.ts';
const seed = (name) => ({ vitest: 'test/unit/scoped-seed.test.ts', name });
const memory = (name) => ({ vitest: 'test/unit/scoped-memory.test.ts', name });
const ends = (name) => ({ vitest: 'test/unit/scoped-ends.test.ts', name });
const order = (name) => ({ vitest: 'test/misuse/scoped-order.test.ts', name });
const escapes = (name) => ({ vitest: 'test/misuse/scoped-escapes.test.ts', name });

export default [
  {
    name: 'an outer scope allocates while one is open inside',
    guards: 'the parent, unusable meanwhile',
    file: core,
    find: 'return this.inner === null && this.state === ScopeState.OPEN;',
    replace: 'return this.state === ScopeState.OPEN;',
    test: order('a scope with one open inside refuses every call that would change something'),
  },
  {
    name: 'a scope ends under the one inside it',
    guards: 'the order of ends',
    file: scope,
    find: '    core.requireOpen();\n    throwAll(endScope(core));',
    replace: '    throwAll(endScope(core));',
    test: order('a scope with one open inside cannot end, and nothing is changed by that'),
  },
  {
    name: 'a scope that has ended leaves its parent scoped',
    guards: 'the parent after a throw',
    file: core,
    find: '    this.inner = null;\n    this.peak',
    replace: '    if (this.state !== ScopeState.OPEN) this.inner = null;\n    this.peak',
    test: seed(
      'every defect of the seed is absent a throw inside a scope leaves the parent usable, and is passed on',
    ),
  },
  {
    name: 'the last block does not grow to the very end',
    guards: 'a block that ends with the region',
    file: buffers,
    find: 'start + size > part.room ||',
    replace: 'start + size >= part.room ||',
    test: seed('every defect of the seed is absent the last block grows to exactly the end'),
  },
  {
    name: 'the address behind the last block is owned',
    guards: 'the half-open range of owns',
    file: buffers,
    find: 'viewOffsetOf(value as ArrayBufferView) < part.bump',
    replace: 'viewOffsetOf(value as ArrayBufferView) <= part.bump',
    test: seed('every defect of the seed is absent the address behind the last block is not owned'),
  },
  {
    name: 'memory that was used before is handed out as it is',
    guards: 'zeroed Buffers',
    file: buffers,
    find: 'if ((flags & ZEROED) !== 0) zero(buffer);',
    replace: 'if ((flags & ZEROED) !== 0 && size > 64) zero(buffer);',
    test: memory('allocation in a scope zeroes memory that was used before'),
  },
  {
    name: 'a free of the last block keeps its padding',
    guards: 'the mark after a free',
    file: buffers,
    find: 'part.bump = handleOf(buffer);',
    replace: 'part.bump = offsetOf(buffer);',
    test: memory('a free in a scope of the last Buffer gives its memory and its padding back'),
  },
  {
    name: 'a block is aligned in its region only',
    guards: 'the alignment of addresses',
    file: part,
    find: 'return this.bump + paddingAt(this.region.address + this.origin + this.bump, align);',
    replace: 'return this.bump + paddingAt(this.bump, align);',
    test: memory('allocation in a scope aligns in a scope that begins at an odd address'),
  },
  {
    name: 'the end of a scope leaves its ArrayBuffer attached',
    guards: 'views after the end',
    file: part,
    find: 'return this.leases + this.exposed === 0 && this.#detach(buffer);',
    replace: 'return this.leases + this.exposed === 0;',
    test: ends('the end of a scope takes every byte from every view, also from views of views'),
  },
  {
    name: 'a scope that was in use is cut again',
    guards: 'memory with an operation in flight',
    file: core,
    find: 'if (this.part.region.isTainted) this.#leave();',
    replace: 'if (this.part.region.isTainted && this.peak < 0) this.#leave();',
    test: escapes(
      'a scope that ends with an operation in flight leaves its Buffers valid and private, and the next one is elsewhere',
    ),
  },
  {
    name: 'the last block is used again with an operation in flight',
    guards: 'a free while a request is active',
    file: buffers,
    find: '      if (native.isBusy() !== Code.OK) {\n        setPlace(buffer, ABANDONED);',
    replace: '      if (native.isBusy() > Code.OK) {\n        setPlace(buffer, ABANDONED);',
    test: escapes(
      'a free with an operation in flight of the last Buffer is false, and its bytes are nobody else’s to the end',
    ),
  },
  {
    name: 'a scope does not see that memory under it was moved',
    guards: 'ArrayBuffers that lie over the same memory',
    file: part,
    find: 'part !== null; part = part.below) {',
    replace: 'part === this; part = part.below as Part) {',
    test: escapes(
      'memory of a scope that was moved away 5.3/71 by a byte stream under an inner scope is not cut by that either',
    ),
  },
  {
    name: 'a lease does not hold beyond the end',
    guards: 'leases over the end of a scope',
    file: part,
    find: 'return this.leases + this.exposed === 0 && this.#detach(buffer);',
    replace: 'return this.#detach(buffer);',
    test: escapes(
      'a lease on a Buffer of a scope holds the memory beyond the end of the scope, and ends it with itself',
    ),
  },
  {
    name: 'a Scoped is disposed under a lease',
    guards: 'LEASED at dispose',
    file: scoped,
    find: "if (hasLeases(core)) throw heapwrightError('ERR_HEAPWRIGHT_LEASED');",
    replace:
      "if (hasLeases(core) && core.peak < 0) throw heapwrightError('ERR_HEAPWRIGHT_LEASED');",
    test: escapes(
      'a lease on a Buffer of a scope keeps a Scoped from being disposed, and its parent too',
    ),
  },
  {
    name: 'a hook that throws keeps the others from running',
    guards: 'hooks, all of them',
    file: ending,
    find: '      errors.push(error);\n    }\n  }\n  core.hooks',
    replace: '      errors.push(error);\n      break;\n    }\n  }\n  core.hooks',
    test: ends('hooks all run although some throw, and the end throws one AggregateError'),
  },
  {
    name: 'hooks run the last first',
    guards: 'the order of hooks',
    file: ending,
    find: 'for (const hook of core.hooks) {',
    replace: 'for (const hook of core.hooks.reverse()) {',
    test: ends('hooks run in creation order with the memory still there, the inner scope first'),
  },
  {
    name: 'the charge of a parent is not given back',
    guards: 'parents of another kind',
    file: region,
    find: 'if (this.#regions.delete(region)) this.#giveCharge(region.charge);',
    replace: 'this.#regions.delete(region);',
    test: memory(
      'the region of a Scoped is charged to a parent of another kind as a block of the same size',
    ),
  },
  {
    name: 'regions of a scope that grew stay',
    guards: 'growth, until the end of the scope',
    file: core,
    find: 'for (const region of this.#regions) this.family.source.release(region);',
    replace: 'for (const region of this.#regions.slice(1)) this.family.source.release(region);',
    test: memory(
      'a Scoped that grows takes regions from its parent, and gives them back at the end of the scope',
    ),
  },
];
