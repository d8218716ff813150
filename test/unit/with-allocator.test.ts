import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  ArenaAllocator,
  allocate,
  deallocate,
  explain,
  globalAllocator,
  Layout,
  SystemAllocator,
  setGlobalAllocator,
  withAllocator,
} from '../../lib/index.js';
import { call } from '../support/call.js';
import { idle, withCode } from '../support/idle.js';
import { runProgram } from '../support/programs.js';

const layout = Layout.from(64);
const ownerNow = (): unknown => explain(allocate(layout)).owner;

describe('withAllocator', () => {
  it('is the default inside, across await, and not outside', async () => {
    const arena = new ArenaAllocator();
    const work = withAllocator(arena, async () => {
      const owners = [ownerNow()];
      await setImmediate();
      owners.push(ownerNow());
      return owners;
    });
    expect(ownerNow()).not.toBe(arena);
    expect(await work).toEqual([arena, arena]);
    expect(globalAllocator()).toBeInstanceOf(SystemAllocator);
  });

  it('keeps pieces of work apart that run at the same time', async () => {
    const arenas = Array.from({ length: 8 }, () => new ArenaAllocator());
    const seen = await Promise.all(
      arenas.map((arena, at) =>
        withAllocator(arena, async () => {
          for (let turn = 0; turn < at; turn++) await setImmediate();
          return ownerNow();
        }),
      ),
    );
    expect(seen).toEqual(arenas);
  });

  it('nests, and the inner one ends first', () => {
    const [outer, inner] = [new SystemAllocator(), new SystemAllocator()];
    const owners = withAllocator(outer, () => [
      ownerNow(),
      withAllocator(inner, ownerNow),
      ownerNow(),
    ]);
    expect(owners.map((owner) => owner === inner)).toEqual([false, true, false]);
    expect(owners[0]).toBe(outer);
  });

  it('answers what the work answers, and passes its error on', async () => {
    const arena = new ArenaAllocator();
    expect(withAllocator(arena, () => 7)).toBe(7);
    const fail = (): never => {
      throw new Error('of the work');
    };
    expect(() => withAllocator(arena, fail)).toThrow('of the work');
    await expect(withAllocator(arena, async () => fail())).rejects.toThrow('of the work');
    expect(globalAllocator()).not.toBe(arena);
  });

  it('outweighs the default of the thread, set before or meanwhile', () => {
    const [mine, other] = [new SystemAllocator(), new SystemAllocator()];
    const before = globalAllocator();
    const owner = withAllocator(mine, () => {
      setGlobalAllocator(other);
      return ownerNow();
    });
    expect(owner).toBe(mine);
    expect(setGlobalAllocator(before)).toBe(other);
  });

  it('leaves its blocks to be freed outside, by itself', async () => {
    await idle();
    const arena = new ArenaAllocator();
    const block = withAllocator(arena, () => allocate(layout));
    expect(deallocate(block, layout)).toBe(true);
    expect(arena.stats().liveBlocks).toBe(0);
  });

  it.each([
    ['an allocator that is none', [{}, () => 1]],
    ['work that is no function', [new SystemAllocator(), 1]],
  ])('refuses %s', (_title, args) => {
    expect(() => call({ withAllocator }, 'withAllocator', ...args)).toThrow(
      withCode('INVALID_ARG_TYPE'),
    );
  });

  it('makes Node track asynchronous work only once it is used', async () => {
    const { stdout } = await runProgram(`
      import { AsyncLocalStorage } from 'node:async_hooks';
      let stores = 0;
      const run = AsyncLocalStorage.prototype.run;
      AsyncLocalStorage.prototype.run = function (...args) {
        stores++;
        return Reflect.apply(run, this, args);
      };
      const layout = hw.Layout.from(64);
      hw.deallocate(hw.allocate(layout), layout);
      hw.box(4).dispose();
      console.log(stores);
      hw.withAllocator(hw.globalAllocator(), () => console.log(stores));`);
    expect(stdout).toBe('0\n1\n');
  });
});
