import { describe, expect, it } from 'vitest';
import { Layout, SystemAllocator } from '../../lib/index.js';

const layout = Layout.from(64, 16);

/** Whether a block comes zeroed although the memory it gets was written to before. */
function comesZeroed(system: SystemAllocator, options: { uninitialized?: boolean }): boolean {
  const dirty = system.allocate(layout);
  new Uint8Array(dirty).fill(0xff);
  system.deallocate(dirty, layout);
  const block = system.allocate(layout, options);
  const zeroed = new Uint8Array(block).every((byte) => byte === 0);
  system.deallocate(block, layout);
  return zeroed;
}

describe('options that come again and again', () => {
  it('say the same each time, in turn with others', () => {
    const system = new SystemAllocator();
    const zeroed = Object.freeze({ uninitialized: false });
    const quick = Object.freeze({ uninitialized: true });
    for (let round = 0; round < 5; round++) {
      comesZeroed(system, quick);
      comesZeroed(system, quick);
      expect(comesZeroed(system, zeroed)).toBe(true);
      expect(comesZeroed(system, zeroed)).toBe(true);
      expect(comesZeroed(system, {})).toBe(true);
    }
    expect(system.verify()).toBe(true);
  });

  it('are read again if they can change', () => {
    const system = new SystemAllocator();
    const options = { uninitialized: true };
    for (let round = 0; round < 4; round++) comesZeroed(system, options);
    options.uninitialized = false;
    expect(comesZeroed(system, options)).toBe(true);
  });

  it('are asked each time if a getter answers, even a frozen one', () => {
    const system = new SystemAllocator();
    let asked = 0;
    const options = Object.freeze({
      get uninitialized() {
        asked++;
        return false;
      },
    });
    for (let round = 0; round < 6; round++) expect(comesZeroed(system, options)).toBe(true);
    expect(asked).toBe(6);
  });
});
