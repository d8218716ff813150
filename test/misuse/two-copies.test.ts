import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import * as first from '../../lib/index.js';
import { bytesOf } from '../support/call.js';
import { idle, withCode } from '../support/idle.js';

const BUILT = process.env.HEAPWRIGHT_BINARY ?? 'build/Release/heapwright.node';

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'heapwright-'));
  copyFileSync(BUILT, join(directory, 'copy.node'));
});
afterAll(() => rmSync(directory, { recursive: true }));
beforeEach(idle);
afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

/** The package once more, over another file or over the same. */
async function second(binary: string): Promise<typeof first> {
  vi.stubEnv('HEAPWRIGHT_BINARY', binary);
  vi.resetModules();
  return import('../../lib/index.js');
}

describe.each([
  ['each with an addon of its own', () => join(directory, 'copy.node')],
  ['over one addon', () => BUILT],
])('two copies of the package, %s', (_title, binary) => {
  it('5.3/95 do not know the blocks of each other: NOT_OWNED, nothing changed', async () => {
    const other = await second(binary() === BUILT ? '' : binary());
    const [mine, theirs] = [new first.SystemAllocator(), new other.SystemAllocator()];
    const [ours, their] = [first.Layout.from(64), other.Layout.from(64)];
    const [a, b] = [mine.allocate(ours), theirs.allocate(their)];
    bytesOf(a).fill(1);
    bytesOf(b).fill(2);
    const before = [mine.stats(), theirs.stats()];

    expect(() => mine.deallocate(b, ours)).toThrow(withCode('NOT_OWNED'));
    expect(() => theirs.deallocate(a, their)).toThrow(withCode('NOT_OWNED'));
    expect(() => mine.reallocate(b, ours, ours)).toThrow(withCode('NOT_OWNED'));
    expect(() => theirs.lease(a)).toThrow(withCode('NOT_OWNED'));
    expect([mine.owns(b), theirs.owns(a)]).toEqual([false, false]);

    expect([mine.stats(), theirs.stats()]).toEqual(before);
    expect([mine.verify(), theirs.verify()]).toEqual([true, true]);
    expect([a, b].map((block) => bytesOf(block)[63])).toEqual([1, 2]);
    expect(mine.deallocate(a, ours)).toBe(true);
    expect(theirs.deallocate(b, their)).toBe(true);
  });

  it('5.3/37 do not take the layouts of each other: INVALID_ARG_TYPE', async () => {
    const other = await second(binary() === BUILT ? '' : binary());
    const mine = new first.SystemAllocator();
    const before = mine.stats();
    const theirs = Reflect.get(other, 'Layout').from(64);
    expect(() => mine.allocate(theirs)).toThrow(withCode('INVALID_ARG_TYPE'));
    expect(mine.stats()).toEqual(before);
    expect(mine.verify()).toBe(true);
  });

  it('each dispose of their own', async () => {
    const other = await second(binary() === BUILT ? '' : binary());
    const [mine, theirs] = [new first.SystemAllocator(), new other.SystemAllocator()];
    const a = Array.from({ length: 100 }, () => mine.allocate(first.Layout.from(64)));
    const b = Array.from({ length: 100 }, () => theirs.allocate(other.Layout.from(64)));

    theirs.dispose();

    expect(b.every((block) => block.byteLength === 0)).toBe(true);
    expect(a.every((block) => block.byteLength === 64)).toBe(true);
    expect(mine.verify()).toBe(true);
  });
});
