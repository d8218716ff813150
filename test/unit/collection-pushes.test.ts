import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Code, native, Pressure } from '../../lib/native.js';

const push = (pressure: number) => native.pushCollection(pressure);

/** The first moment of a tick in which nobody pushed. */
const freshTick = () => setTimeout(5);

describe('a push towards a collection', () => {
  it('is made once in a tick', async () => {
    await freshTick();
    expect([push(Pressure.HALF), push(Pressure.HALF)]).toEqual([Code.OK, Code.KEPT]);
    await freshTick();
    expect([push(Pressure.HIGH), push(Pressure.HIGH)]).toEqual([Code.OK, Code.KEPT]);
    expect(push(Pressure.HALF)).toBe(Code.KEPT);
  });

  it('is not lost to a gentler one in its tick', async () => {
    await freshTick();
    expect([push(Pressure.HALF), push(Pressure.HIGH)]).toEqual([Code.OK, Code.OK]);
    expect(push(Pressure.HIGH)).toBe(Code.KEPT);
  });
});
