/** The timer alone, on a clock and an arena of the test's. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { DecayTimer } from '../../lib/allocators/decay-timer.js';

const world = vi.hoisted(() => ({
  answer: 1,
  mappedBytes: 0,
  ticks: 0,
  waits: [] as number[],
  unrefs: 0,
  pending: new Map<object, () => void>(),
}));

vi.mock('../../lib/native.js', () => ({
  Code: { OK: 0, KEPT: 1 },
  STATS: ['liveBlocks', 'mappedBytes'],
  native: {
    stats: () => [0, world.mappedBytes],
    tick: () => {
      world.ticks += 1;
      return world.answer;
    },
  },
}));

vi.mock('node:timers', () => ({
  setTimeout: (wake: (argument: unknown) => void, ms: number, argument: unknown) => {
    const timer = {
      unref: () => {
        world.unrefs += 1;
      },
    };
    world.waits.push(ms);
    world.pending.set(timer, () => wake(argument));
    return timer;
  },
  clearTimeout: (timer: object) => world.pending.delete(timer),
}));

/** Lets the pending timers fire. */
function pass(mappedBytes: number): void {
  world.mappedBytes = mappedBytes;
  const wakes = [...world.pending.values()];
  world.pending.clear();
  for (const wake of wakes) wake();
}

beforeEach(() => {
  Object.assign(world, { answer: 1, mappedBytes: 0, ticks: 0, waits: [], unrefs: 0 });
  world.pending.clear();
});

describe('DecayTimer', () => {
  it('waits from the first free until nothing is left', () => {
    const timer = new DecayTimer(7);
    expect([timer.isRunning, world.pending.size]).toEqual([false, 0]);
    timer.start();
    timer.start();
    expect([timer.isRunning, world.pending.size]).toEqual([true, 1]);
    pass(300);
    pass(200);
    world.answer = 0;
    pass(0);
    expect([timer.isRunning, world.pending.size, world.ticks]).toEqual([false, 0, 3]);
    expect(world.waits).toEqual([250, 250, 250]);
    timer.start();
    expect(world.pending.size).toBe(1);
  });

  it('waits longer and longer while nothing changes, and not for ever', () => {
    const timer = new DecayTimer(7);
    timer.start();
    for (let round = 0; round < 7; round++) pass(100);
    expect(world.waits).toEqual([250, 250, 500, 1000, 2000, 4000, 4000, 4000]);
    pass(50);
    expect(world.waits.at(-1)).toBe(250);
  });

  it('never keeps the process alive', () => {
    new DecayTimer(7).start();
    pass(1);
    expect(world.unrefs).toBe(2);
  });

  it('waits no more after its end, also when the heap has gone', () => {
    const timer = new DecayTimer(7);
    timer.start();
    timer.stop();
    expect([timer.isRunning, world.pending.size]).toEqual([false, 0]);
    timer.start();
    world.answer = -10;
    pass(0);
    expect([timer.isRunning, world.pending.size]).toEqual([false, 0]);
  });
});
