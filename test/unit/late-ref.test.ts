import { describe, expect, it } from 'vitest';
import { LateRef } from '../../lib/late-ref.js';
import { collect, tick } from '../support/idle.js';

function refTo<T extends object>(target: T): LateRef<T> {
  const ref = new LateRef<T>();
  ref.point(target);
  return ref;
}

describe('a late reference', () => {
  it('has its target until it is cleared, in its job and after it', async () => {
    const target = {};
    const ref = refTo(target);
    expect(ref.target).toBe(target);
    await tick();
    expect(ref.target).toBe(target);
    ref.clear();
    expect(ref.target).toBeUndefined();
  });

  it('has the target that it was pointed to last', async () => {
    const [first, second] = [{}, {}];
    const ref = refTo(first);
    await tick();
    ref.point(second);
    expect(ref.target).toBe(second);
    await tick();
    expect(ref.target).toBe(second);
    ref.clear();
    expect(ref.target).toBeUndefined();
    expect(first).not.toBe(second);
  });

  it('keeps nothing alive after the job, however many were made in it', async () => {
    const kept = {};
    const refs = (() => Array.from({ length: 5000 }, (_, at) => refTo(at === 9 ? kept : {})))();
    const left = () => refs.map((ref) => ref.target).filter((target) => target !== undefined);
    expect(await collect(() => left().length === 1)).toBe(true);
    expect(left()).toEqual([kept]);
  });

  it('is dropped itself after the job', async () => {
    const gone = (() => new WeakRef(refTo({})))();
    await collect(undefined, 5); // asking in between would keep it for that job
    expect(gone.deref()).toBeUndefined();
  });

  it('had nothing before it was pointed', () => {
    expect(new LateRef().target).toBeUndefined();
  });
});
