/** Pooled Buffers: slots, leases, recovery, runs, recycling, and what feeds them from outside. */
import { misuse, unit } from '../../scripts/suites/mutants/tests.mjs';

const pool = 'lib/pool/buffer-pool.ts';
const slots = 'lib/pool/slot-allocator.ts';
const store = 'lib/pool/slab-store.ts';
const ends = 'lib/pool/slab-ends.ts';
const io = 'lib/pool/io.ts';
const run = 'lib/pool/run.ts';
const recycling = 'lib/pool/recycling-pool.ts';

export default [
  {
    name: 'a recycled Buffer outlives a reset',
    guards: 'who frees what a reset has ended',
    file: recycling,
    find: 'if (placeOf(buffer) !== this.#live || epoch(this.#pool) !== this.#epoch) {',
    replace: 'if (placeOf(buffer) !== this.#live) {',
    test: unit(
      'pool-recycling',
      'what a RecyclingPool never hands out is a view that the pool has reset (1000 bytes)',
    ),
  },
  {
    name: 'a recycled Buffer that was moved is handed out',
    guards: 'views that were moved away while they waited',
    file: recycling,
    find: '      lengthOfBuffer(buffer) !== this.#size ||\n',
    replace: '',
    test: unit(
      'pool-recycling',
      'what a RecyclingPool never hands out is a view whose slab was moved away (1000 bytes)',
    ),
  },
  {
    name: 'a recycled Buffer that was moved is forgotten',
    guards: 'the count of what is live in the pool',
    file: recycling,
    find: '} else if (unfit !== undefined) {',
    replace: '} else if (unfit === null) {',
    test: unit(
      'pool-recycling',
      'what a RecyclingPool never hands out is a view whose slab was moved away (1000 bytes)',
    ),
  },
  {
    name: 'a recycled Buffer is freed twice',
    guards: 'the second free of a recycled Buffer',
    file: recycling,
    find: '    setPlace(buffer, this.#idle);\n    this.#waiting.push',
    replace: '    this.#waiting.push',
    test: misuse('recycling', 'a recycled Buffer is DETACHED to free twice, and handed out once'),
  },
  {
    name: 'a reset takes the memory that a socket waits to read into',
    guards: 'memory that no request in flight shows',
    file: ends,
    find: 'slab.exposed > 0 ? undefined : slab.reach()',
    replace: 'slab.reach()',
    test: unit(
      'sockets',
      'a socket that waits to read keeps its memory when the pool is ended by reset (reads of 100)',
    ),
  },
  {
    name: 'onread does not wait for a promise',
    guards: 'bytes that the program still reads',
    file: io,
    find: 'if (isThenable(answer)) {',
    replace: 'if (answer === null) {',
    test: unit('sockets', 'onread keeps the bytes until the promise of its callback is settled'),
  },
  {
    name: 'onread never pauses',
    guards: 'the answer of the callback of onread',
    file: io,
    find: 'return answer !== false;',
    replace: 'return true;',
    test: unit('sockets', 'onread pauses the socket where the callback answers false'),
  },
  {
    name: 'collect has no limit',
    guards: 'the limit of a body',
    file: io,
    find: 'if (end > limit) throw',
    replace: 'if (end > 2 * limit) throw',
    test: unit('bodies', 'collect takes a stream as long as its limit, and none that is longer'),
  },
  {
    name: 'collect keeps the body of a stream that failed',
    guards: 'what collect allocates, on an error',
    file: io,
    find: 'if (body !== null && pool.owns(body)) pool.free(body);',
    replace: '',
    test: unit('bodies', 'collect passes on an error of the stream, and keeps nothing'),
  },
  {
    name: 'collect takes texts for bytes',
    guards: 'the chunks of a stream',
    file: io,
    find: "throw invalidArgType('stream', 'a stream of Uint8Array', chunk);",
    replace: 'return (chunk as string).length;',
    test: unit('bodies', 'collect refuses a stream of texts'),
  },
  {
    name: 'readChunks keeps its leases',
    guards: 'what readChunks holds at its end',
    file: io,
    find: '        lease.dispose();\n',
    replace: '',
    test: unit('files', 'readChunks gives nothing of an empty file'),
  },
  {
    name: 'a Buffer that was moved by realloc is not announced as freed',
    guards: 'the channel heapwright:free',
    file: slots,
    find: 'if (freed.hasSubscribers) announce(freed, this.#owner.pool, buffer, length);',
    replace: '',
    test: unit(
      'diagnostics',
      'the channels of a pooled Buffer tell of a realloc to another class as of both',
    ),
  },
  {
    name: 'a free under a lease is not announced',
    guards: 'the channel heapwright:free',
    file: pool,
    find: 'this.#slots.doom(place);\n      if (freed.hasSubscribers) announce(freed, this, buffer, size);',
    replace: 'this.#slots.doom(place);',
    test: unit('diagnostics', 'the channels of a pooled Buffer tell of a free under a lease, once'),
  },
  {
    name: 'a pooled Buffer is freed twice',
    guards: 'the second free of a pooled Buffer',
    file: pool,
    find: '    setPlace(buffer, FREED);\n    (slab.magazine',
    replace: '    (slab.magazine',
    test: unit('diagnostics', 'the channels of a pooled Buffer tell of no free that is refused'),
  },
  {
    name: 'alloc gives what was in the slot',
    guards: 'zeroed Buffers out of used slots',
    file: slots,
    find: '    zero(buffer);\n    return buffer;\n  }\n\n  /** A Buffer of any size and alignment',
    replace: '    return buffer;\n  }\n\n  /** A Buffer of any size and alignment',
    test: unit('pool-zeroed', 'memory that was written before is zero to alloc, for 20000 bytes'),
  },
  {
    name: 'realloc within a class leaves old bytes behind',
    guards: 'zeros behind the old length',
    file: slots,
    find: '    if (isZeroed) zeroFrom(next, lengthOf(buffer));\n',
    replace: '',
    test: unit(
      'pool-realloc',
      'realloc within a size class zeroes what is new, also where a longer Buffer was before',
    ),
  },
  {
    name: 'a slot in flight is used again when its lease ends',
    guards: 'slots that an operation may still write to',
    file: slots,
    find: 'if (slab.magazine !== null && !isBusy) this.giveBack(buffer, slab);',
    replace: 'if (slab.magazine !== null) this.giveBack(buffer, slab);',
    test: misuse(
      'pool-busy',
      'with an operation in flight G4 a Buffer of 64 bytes, freed under a lease that ends, is not reissued',
    ),
  },
  {
    name: 'a lease that ends frees what nobody freed',
    guards: 'live Buffers when a lease ends',
    file: slots,
    find: '    if (!hold.isFreed) return;\n',
    replace: '    if (!hold.isFreed) this.doom(hold);\n',
    test: unit('pool-leases', 'a lease on a Buffer in a slab does nothing to what is not freed'),
  },
  {
    name: 'a pool with leases is reset',
    guards: 'leased Buffers',
    file: pool,
    find: '    this.#requireUnleased();\n    this.#slots.store.endAll();\n    startDecayOf',
    replace: '    this.#slots.store.endAll();\n    startDecayOf',
    test: unit('pool-reset', 'reset throws LEASED while a lease is open and frees nothing'),
  },
  {
    name: 'memory of a Buffer alone is not limited',
    guards: 'the limit of a pool, above 32 KiB',
    file: 'lib/pool/slab-source.ts',
    find: 'if (bytes > this.limit - this.#tally.heldBytes) return Code.LIMIT;',
    replace: '',
    test: unit('diagnostics', 'the channels of a pooled Buffer tell of a request beyond the limit'),
  },
  {
    name: 'a full slab is held strongly',
    guards: 'the collector, which brings back what was forgotten',
    file: store,
    find: '    magazine.open = [];\n    for (const slab of open) {',
    replace: '    magazine.open = [];\n    for (const slab of open.slice(open.length)) {',
    test: unit(
      'diagnostics',
      'the channels of a pooled Buffer tell what the collector brought back',
    ),
  },
  {
    name: 'what the collector brought back is not counted',
    guards: 'the figures of a pool',
    file: store,
    find: 'this.tally.recover(forgotten, slotSize);',
    replace: '',
    test: unit(
      'diagnostics',
      'the channels of a pooled Buffer tell what the collector brought back',
    ),
  },
  {
    name: 'the end of a run frees nothing',
    guards: 'what a run allocated',
    file: run,
    find: 'if (this.#isLive(buffer)) this.#pool.free(buffer);',
    replace: 'if (!this.#isLive(buffer)) this.#pool.free(buffer);',
    test: unit('pool-run', 'run frees at its end all that it allocated'),
  },
  {
    name: 'any slot is aligned enough',
    guards: 'the alignment of pooled Buffers',
    file: 'lib/pool/size-class.ts',
    find: 'if (alignOfSlot(SLOT_SIZES[at] as number) >= align) return at;',
    replace: 'return at;',
    test: unit('pool-size-classes', 'an alignment of 64 is that of every Buffer asked for with it'),
  },
];
