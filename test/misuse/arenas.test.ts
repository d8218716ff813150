/**
 * The misuse of blocks once more, with arenas in place of the system allocator: what is promised of
 * a block is promised whatever it was cut from.
 */
import { describe, vi } from 'vitest';

vi.mock('../../lib/index.js', async (original) => {
  const real = await original<typeof import('../../lib/index.js')>();
  return { ...real, SystemAllocator: real.ArenaAllocator };
});

describe('with arenas', async () => {
  await import('./busy-loop.test.js');
  await import('./capabilities.test.js');
  await import('./closed.test.js');
  await import('./double-free.test.js');
  await import('./foreign-blocks.test.js');
  await import('./layout-argument.test.js');
  await import('./leases.test.js');
  await import('./lifetime.test.js');
  await import('./moved-blocks.test.js');
  await import('./options.test.js');
  await import('./reallocate.test.js');
  await import('./receivers.test.js');
  await import('./workers.test.js');
  await import('./wrong-calls.test.js');
});
