/** How a scope ends: by its function, its promise, `using` or `end`, with its hooks. */
import { describe, expect, it } from 'vitest';
import { type Scope, Scoped, SystemAllocator } from '../../lib/index.js';
import { idle, tick, withCode } from '../support/idle.js';

const make = (size = 1024) => new Scoped(new SystemAllocator(), { size });

describe('the end of a scope', () => {
  it('takes every byte from every view, also from views of views', async () => {
    await idle();
    const scoped = make();
    const kept = scoped.alloc(16, 1);
    const views = scoped.scope((scope) => {
      const block = scope.alloc(64);
      const part = block.subarray(8, 32);
      return [
        block,
        part,
        new Uint8Array(part.buffer),
        new Uint16Array(block.buffer, 0, 8),
        block.buffer,
      ];
    });
    expect(views.map(({ byteLength }) => byteLength)).toEqual([0, 0, 0, 0, 0]);
    expect(kept.every((byte) => byte === 1)).toBe(true);
  });

  it('gives its memory to the next one', async () => {
    await idle();
    const scoped = make(64);
    for (let round = 0; round < 1000; round++) {
      expect(scoped.scope((scope) => scope.allocUnsafe(64).length)).toBe(64);
    }
    const { liveBlocks, deallocations, mappedBytes, escapes } = scoped.stats();
    expect([liveBlocks, deallocations, mappedBytes, escapes]).toEqual([0, 1000, 64, 0]);
  });

  it('comes when the promise of its function is settled', async () => {
    await idle();
    const scoped = make();
    const work = scoped.scope(async (scope) => {
      const block = scope.alloc(8);
      await tick();
      expect(block.length).toBe(8);
      return block;
    });
    expect(() => scoped.alloc(1)).toThrow(withCode('SCOPED'));
    expect((await work).length).toBe(0);
    expect(scoped.alloc(1).length).toBe(1);
  });

  it('comes when that promise is rejected, with its error', async () => {
    const scoped = make();
    const error = new Error('later');
    await expect(
      scoped.scope(async () => {
        await tick();
        throw error;
      }),
    ).rejects.toBe(error);
    expect(scoped.alloc(1).length).toBe(1);
  });

  it('comes at the end of a block with `using`', async () => {
    await idle();
    const scoped = make();
    let block: Buffer;
    {
      using scope = scoped.open();
      block = scope.alloc(8);
      expect(block.length).toBe(8);
    }
    expect(block.length).toBe(0);
    expect(scoped.alloc(8).length).toBe(8);
  });

  it('comes once: end throws the second time, dispose does nothing', () => {
    const scope = make().open();
    scope.end();
    expect(() => scope.end()).toThrow(withCode('SCOPED'));
    expect(() => scope.dispose()).not.toThrow();
  });

  it('can come before its function has returned', () => {
    const scoped = make();
    scoped.scope((scope) => {
      scope.alloc(8);
      scope.end();
      expect(scoped.alloc(8).length).toBe(8);
    });
    expect(scoped.verify()).toBe(true);
  });
});

describe('hooks', () => {
  it('run in creation order with the memory still there, the inner scope first', () => {
    const scoped = make();
    const order: unknown[] = [];
    scoped.scope((outer) => {
      const block = outer.from('outer');
      outer.onDrop(() => order.push(block.toString()));
      outer.scope((inner) => {
        const nested = inner.from('inner');
        inner.onDrop(() => order.push(nested.toString()));
        inner.onDrop(() => order.push(2));
      });
      outer.onDrop(() => order.push(4));
    });
    scoped.onDrop(() => order.push('root'));
    scoped.dispose();
    expect(order).toEqual(['inner', 2, 'outer', 4, 'root']);
  });

  it('run when the function throws, too', () => {
    let runs = 0;
    expect(() =>
      make().scope((scope) => {
        scope.onDrop(() => runs++);
        throw new Error('from inside');
      }),
    ).toThrow('from inside');
    expect(runs).toBe(1);
  });

  it('all run although some throw, and the end throws one AggregateError', async () => {
    await idle();
    const scoped = make();
    const ran: number[] = [];
    let block: Buffer | undefined;
    const errors = [new Error('first'), new Error('third')];
    const attempt = () =>
      scoped.scope((scope) => {
        block = scope.alloc(8);
        for (let at = 0; at < 4; at++) {
          scope.onDrop(() => {
            ran.push(at);
            if (at % 2 === 0) throw errors[at / 2];
          });
        }
      });
    expect(attempt).toThrow(expect.objectContaining({ name: 'AggregateError', errors }));
    expect(ran).toEqual([0, 1, 2, 3]);
    expect(block?.length).toBe(0);
    expect(scoped.alloc(1024).length).toBe(1024);
  });

  it('make an AggregateError with the error of the function first', () => {
    const [own, hook] = [new Error('own'), new Error('hook')];
    expect(() =>
      make().scope((scope) => {
        scope.onDrop(() => {
          throw hook;
        });
        throw own;
      }),
    ).toThrow(expect.objectContaining({ errors: [own, hook] }));
  });

  it('make an AggregateError of a single error, too, by whatever way the scope ends', async () => {
    const error = new Error('alone');
    const fail = (scope: Scope) =>
      scope.onDrop(() => {
        throw error;
      });
    const alone = expect.objectContaining({ errors: [error] });
    const scoped = make();
    expect(() => scoped.scope(fail)).toThrow(alone);
    await expect(scoped.scope(async (scope) => fail(scope))).rejects.toEqual(alone);
    const opened = scoped.open();
    fail(opened);
    expect(() => opened.end()).toThrow(alone);
    fail(scoped);
    expect(() => scoped.dispose()).toThrow(alone);
    expect(() => scoped.alloc(1)).toThrow(withCode('CLOSED'));
  });

  it('can free Buffers, and do nothing else with the scope', () => {
    const scoped = make();
    scoped.scope((scope) => {
      const block = scope.alloc(8);
      scope.onDrop(() => {
        for (const use of [
          () => scope.alloc(1),
          () => scope.open(),
          () => scope.lease(block),
          () => scope.onDrop(() => 0),
          () => scope.end(),
          () => scoped.alloc(1),
        ]) {
          expect(use).toThrow(withCode('SCOPED'));
        }
        scope.dispose();
        expect(scope.free(block)).toBe(true);
      });
    });
    expect(scoped.verify()).toBe(true);
  });
});
