import { describe, expect, it } from 'vitest';
import { runtimeInfo } from '../../lib/index.js';
import { Force } from '../../lib/native.js';
import { whileBusy } from '../support/busy.js';
import { withForced } from '../support/force.js';
import { idle, withCode } from '../support/idle.js';

describe('runtimeInfo', () => {
  it('has the gate proved and external memory on Node', () => {
    expect(runtimeInfo()).toMatchObject({ tier: 'always', gate: 'proved', external: true });
  });

  it('detaches by transfer exactly where the engine has it', () => {
    const hasTransfer = 'transfer' in ArrayBuffer.prototype;
    expect(runtimeInfo().detach).toBe(hasTransfer ? 'transfer' : 'napi');
  });

  it('counts the requests in flight', async () => {
    await idle();
    expect(runtimeInfo().activeRequests).toBe(0);
    await whileBusy(() => expect(runtimeInfo().activeRequests).toBeGreaterThan(0));
  });

  it('is always-busy without proof', () => {
    withForced(Force.BUSY, () => expect(runtimeInfo().gate).toBe('always-busy'));
  });

  it('says where external memory is refused', () => {
    withForced(Force.NO_EXTERNAL, () => expect(runtimeInfo().external).toBe(false));
  });

  it('is refused on another thread', () => {
    withForced(Force.WRONG_THREAD, () => {
      expect(() => runtimeInfo()).toThrow(withCode('WRONG_THREAD'));
    });
  });

  it('is frozen', () => {
    expect(Object.isFrozen(runtimeInfo())).toBe(true);
  });
});
