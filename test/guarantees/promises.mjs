/**
 * What the package promises. Each promise with the tests that show it and the mutants (by name, see
 * test/mutants) that break it: the test of each mutant fails without the code that it guards.
 */
const vitest = (...files) => files.map((file) => ({ vitest: `test/${file}.test.ts` }));
const core = (...programs) => programs.map((program) => ({ core: program }));
const lifecycle = (...names) => names.map((name) => ({ lifecycle: name }));

export const PROMISES = [
  {
    id: 'G1',
    says: 'Misuse throws its code and changes nothing; `verify()` still passes.',
    tests: vitest(
      'misuse/layout-argument',
      'misuse/options',
      'misuse/foreign-blocks',
      'misuse/double-free',
      'misuse/defined-allocator',
      'misuse/wrong-calls',
      'misuse/arenas',
      'misuse/pool-frees',
      'misuse/pool-ends',
      'misuse/recycling',
    ),
    mutants: [
      'the brand check of a layout is removed',
      'the layout check is removed',
      'any allocator owns the block',
      'any generation names the block',
      'an unknown option is ignored',
      'a defined allocator frees twice',
      'a pooled Buffer is freed twice',
      'a recycled Buffer is freed twice',
      'a pool with leases is reset',
    ],
  },
  {
    id: 'G2',
    says: 'No argument value crashes the process.',
    tests: vitest(
      'misuse/raw-addon',
      'misuse/raw-sizes',
      'misuse/receivers',
      'misuse/wrong-calls',
      'unit/layout-bad-input',
    ),
    mutants: [
      'a size beyond 2^53 is a size',
      'any buffer of the right length is the block',
      'an index that was never claimed has a record',
      'a method can be borrowed',
      'size and alignment may overflow',
    ],
  },
  {
    id: 'G3',
    says: 'A block is released exactly once, whatever the order of free, collection, terminate and exit.',
    tests: [
      ...core(
        'heap_states',
        'heap_in_place',
        'heap_arena',
        'record_table',
        'record_left',
        'model_heap',
      ),
      ...vitest('misuse/lifetime', 'unit/pool-recovery', 'unit/pool-leases'),
      ...lifecycle('natural end x freed', 'terminate, idle x abandoned', 'worker throw x leased'),
    ],
    mutants: [
      'the double-release guard of finish is removed',
      'the double-release guard of finalize is removed',
      'the finalizer releases a REVOKED block again',
      'the finalizer releases ABANDONED twice',
      'both buffers of a reallocation in place give the memory back',
      'a move keeps the old memory',
      'a step does not compare',
      'the record table is freed while busy',
      'the finalizer does nothing',
      'a lease that ends frees what nobody freed',
      'a full slab is held strongly',
      'a recycled Buffer outlives a reset',
    ],
  },
  {
    id: 'G4',
    says: 'A block that is freed while a request is pending is not detached, and not used again until nothing can reach it. Of pooled Buffers that share a slab: where a lease was held over the free.',
    tests: [
      ...vitest(
        'misuse/busy-loop',
        'misuse/leases',
        'misuse/pool-busy',
        'misuse/pool-requests',
        'unit/sockets',
      ),
      ...core('gate', 'gate_libuv'),
    ],
    suites: ['npm run test:inflight', 'npm run test:model'],
    mutants: [
      'the gate is removed',
      'a busy block is detached',
      'the lease is ignored',
      'a busy free detaches',
      'the last lease of a freed block skips the gate',
      'a gate without proof is open',
      'a slot in flight is used again when its lease ends',
      'a reset takes the memory that a socket waits to read into',
    ],
  },
  {
    id: 'G5',
    says: 'Who still uses a freed block never reaches metadata: none lies beside a block, all lies between guard pages.',
    tests: [
      ...core('segment', 'record_table'),
      ...vitest('unit/block-stamp', 'misuse/double-free'),
    ],
    mutants: [
      'a segment has no guard before it',
      'a segment has no guard behind it',
      'the generation is not raised',
    ],
  },
  {
    id: 'G6',
    says: 'Fresh memory reads zero, unless `uninitialized` is asked for.',
    tests: [
      ...core('system', 'system_reallocate'),
      ...vitest('conformance/system', 'conformance/arena', 'conformance/pool', 'unit/pool-zeroed'),
    ],
    mutants: [
      'zeroing is dropped',
      'reallocate leaves the new bytes as they are',
      'a reallocation leaves the new bytes as they are',
      'alloc gives what was in the slot',
      'realloc within a class leaves old bytes behind',
    ],
  },
  {
    id: 'G7',
    says: 'After `true` every view has length 0; after `false` every view stays valid and private.',
    tests: vitest(
      'misuse/double-free',
      'misuse/busy-loop',
      'misuse/capabilities',
      'misuse/moved-blocks',
    ),
    mutants: [
      'a free does not detach',
      'a refused detach is taken as done',
      'a busy block is detached',
      'a lease on a moved block ends by a detach',
    ],
  },
  {
    id: 'G8',
    says: 'Each failure of the system is a clean OUT_OF_MEMORY.',
    tests: [...core('faults_system', 'faults_heap'), ...vitest('misuse/capabilities')],
    mutants: [
      'memory that could not be had stays charged',
      'memory without a record is lost',
      'a segment without guards stays mapped',
      'a failed reallocate frees the old block',
      'a refused purge is taken as done',
    ],
  },
  {
    id: 'G9',
    says: 'Workers and the main thread may end in any order.',
    tests: [
      ...vitest('misuse/workers', 'misuse/worker-memory', 'misuse/pool-threads'),
      ...core('heap_end'),
      ...lifecycle(
        'terminate, idle x live',
        'terminate, read in flight x live',
        'process.exit while workers are inside the addon',
        'the only worker that loaded the addon ends',
      ),
    ],
    suites: ['npm run test:lifecycle'],
    mutants: [
      'the finalizer does not see the end of its environment',
      'the end of an environment orphans nothing',
      'an orphan is not counted',
      'an environment is never freed',
    ],
  },
  {
    id: 'G10',
    says: 'The bytes in use are those of the live layouts; the limit holds, and counts what was freed but is not back.',
    tests: [
      ...core('account', 'account_threads', 'system_limit', 'heap_verify', 'model_system'),
      ...vitest(
        'unit/system-allocator-limit',
        'unit/arena-options',
        'unit/pool-limit',
        'unit/pool-figures',
      ),
    ],
    mutants: [
      'the limit is off by one',
      'two threads may pass the limit together',
      'memory is not charged',
      'abandoned bytes are not counted',
      'abandoned blocks of an arena count what was asked for',
      'the peak is not raised',
      'verify overlooks memory without a record',
      'memory of a Buffer alone is not limited',
      'what the collector brought back is not counted',
    ],
  },
  {
    id: 'G11',
    says: 'A forked child can allocate and free at once.',
    tests: core('fork'),
    mutants: ['a lock is held over fork'],
  },
  {
    id: 'G12',
    says: 'Memory that was moved to another thread never faults, and never shows the data of another owner.',
    tests: [
      ...core('retire', 'heap_ranges'),
      ...vitest('misuse/workers', 'misuse/moved-blocks'),
      ...lifecycle(
        'terminate, idle x laundered by a stream',
        'worker throw x laundered by a stream',
      ),
    ],
    suites: ['npm run test:lifecycle'],
    mutants: [
      'teardown releases',
      'a retired block is freed',
      'retire leaves the first edge',
      'retire leaves the last edge',
      'an orphaned range lets the whole be used again',
    ],
  },
];
