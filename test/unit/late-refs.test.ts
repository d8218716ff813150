import { describe, expect, it } from 'vitest';
import { LateRefs, Numbers } from '../../lib/late-refs.js';
import { collect, tick } from '../support/idle.js';

describe('late references', () => {
  it('have a target until its number is cleared, in its job and after it', async () => {
    const refs = new LateRefs<object>();
    const target = {};
    refs.set(3, target);
    expect(refs.get(3)).toBe(target);
    await tick();
    expect(refs.get(3)).toBe(target);
    refs.clear(3);
    expect(refs.get(3)).toBeUndefined();
  });

  it('have the later target of a number, and none once it is cleared', async () => {
    const refs = new LateRefs<object>();
    const [first, second] = [{}, {}];
    refs.set(0, first);
    await tick();
    refs.set(0, second);
    expect(refs.get(0)).toBe(second);
    refs.clear(0);
    expect(refs.get(0)).toBeUndefined();
    expect(first).not.toBe(second);
  });

  it('keep nothing alive after the job, however many were set in it', async () => {
    const refs = new LateRefs<object>();
    const kept = {};
    (() => {
      for (let at = 0; at < 5000; at++) refs.set(at, at === 2500 ? kept : {});
    })();
    const left = () => Array.from({ length: 5000 }, (_, at) => refs.get(at)).filter(Boolean);
    expect(await collect(() => left().length === 1)).toBe(true);
    expect(left()).toEqual([kept]);
  });

  it('have nothing under a number that was not set', () => {
    expect(new LateRefs<object>().get(7)).toBeUndefined();
  });
});

describe('numbers', () => {
  it('are in use once each, and the last that was given back comes next', () => {
    const numbers = new Numbers();
    expect([numbers.take(), numbers.take(), numbers.take()]).toEqual([0, 1, 2]);
    numbers.give(1);
    numbers.give(0);
    expect([numbers.take(), numbers.take(), numbers.take()]).toEqual([0, 1, 3]);
    expect(numbers.end).toBe(4);
  });
});
