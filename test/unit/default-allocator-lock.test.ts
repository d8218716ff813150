import { beforeAll, describe, expect, it } from 'vitest';
import {
  type AnyAllocator,
  ArenaAllocator,
  allocate,
  explain,
  globalAllocator,
  Layout,
  lockGlobalAllocator,
  SystemAllocator,
  setGlobalAllocator,
  withAllocator,
} from '../../lib/index.js';
import { call } from '../support/call.js';
import { withCode } from '../support/idle.js';

const fixed = new ArenaAllocator();
let before: AnyAllocator;
let previous: AnyAllocator;

// For good: a file has a process of its own.
beforeAll(() => {
  before = globalAllocator();
  expect(() => call({ lockGlobalAllocator }, 'lockGlobalAllocator', 64)).toThrow(
    withCode('INVALID_ARG_TYPE'),
  );
  previous = lockGlobalAllocator(fixed);
});

describe('two allocators claimed as the fixed default', () => {
  it('are one too many: the second call throws LOCKED', () => {
    expect(() => lockGlobalAllocator(new SystemAllocator())).toThrow(withCode('LOCKED'));
    expect(globalAllocator()).toBe(fixed);
  });

  it('leave the first, which answered the one before it', () => {
    expect(previous).toBe(before);
    expect(explain(allocate(Layout.from(8))).owner).toBe(fixed);
  });
});

describe('a locked default', () => {
  it('is not set any more: LOCKED', () => {
    expect(() => setGlobalAllocator(fixed)).toThrow(withCode('LOCKED'));
    expect(globalAllocator()).toBe(fixed);
  });

  it('leaves a piece of work its own', () => {
    const own = new SystemAllocator();
    expect(withAllocator(own, () => globalAllocator())).toBe(own);
    expect(globalAllocator()).toBe(fixed);
  });
});
