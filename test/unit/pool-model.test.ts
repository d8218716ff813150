import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArenaAllocator, BufferPool } from '../../lib/index.js';
import { idle, tick } from '../support/idle.js';
import { KINDS, type Operation, PoolModel } from '../support/pool-model.js';

const OPERATIONS = Number(process.env.HEAPWRIGHT_POOL_OPERATIONS ?? 100_000);
const OPERATIONS_PER_RUN = 500;
const SEED = Number(process.env.HEAPWRIGHT_SEED ?? Date.now() % 2 ** 31);
const LIMIT = 2 ** 19;
/** What 1000 operations may take at most, by far, in milliseconds. */
const MS_PER_THOUSAND = 3000;

const sizes = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 300 }) },
  { weight: 3, arbitrary: fc.constantFrom(0, 15, 16, 17, 64, 1000, 1024, 4096, 4097) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 9000 }) },
  { weight: 1, arbitrary: fc.constantFrom(20_000, 32_768, 32_769, 50_000) },
);

const operations: fc.Arbitrary<Operation> = fc.record({
  kind: fc.constantFrom(...KINDS),
  size: sizes,
  pick: fc.nat({ max: 0xffff }),
});

const sequences = fc.array(operations, {
  minLength: OPERATIONS_PER_RUN,
  maxLength: OPERATIONS_PER_RUN,
});

/** Pools of every kind. One pool has many runs of operations, so that its slabs grow old. */
const POOLS: readonly [title: string, make: () => BufferPool, isTight: boolean][] = [
  ['without a limit', () => new BufferPool(new ArenaAllocator()), false],
  [
    'with a limit that is reached all the time',
    () => new BufferPool(new ArenaAllocator(), { limit: LIMIT }),
    true,
  ],
  [
    'over an arena whose limit is reached',
    () => new BufferPool(new ArenaAllocator({ limit: LIMIT, decayMs: 0 }), { decayMs: 0 }),
    true,
  ],
  [
    'that gives its slabs back at once',
    () => new BufferPool(new ArenaAllocator(), { decayMs: 0 }),
    false,
  ],
];

describe.each(POOLS)('a pool %s', (_title, make, isTight) => {
  const runs = Math.max(1, Math.ceil(OPERATIONS / POOLS.length / OPERATIONS_PER_RUN));

  it(
    `does what a plain model says, over ${runs * OPERATIONS_PER_RUN} operations`,
    async () => {
      await idle();
      const model = new PoolModel(make());
      let count = 0;
      await fc.assert(
        fc.asyncProperty(sequences, async (sequence) => {
          for (const operation of sequence) model.run(operation);
          model.check();
          if (++count % 4 === 0) await tick();
          if (count % 40 === 0) globalThis.gc?.();
          await idle();
        }),
        { numRuns: runs, seed: SEED, endOnFailure: true },
      );
      model.end();
      expect(model.refusals > 0).toBe(isTight);
    },
    20_000 + (OPERATIONS / 1000) * MS_PER_THOUSAND,
  );
});
