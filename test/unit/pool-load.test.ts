import { describe, expect, it } from 'vitest';
import { runNode } from '../support/programs.js';

/** The programs of test/load in short; `npm run test:soak` has them run for long. */
const PROGRAMS: readonly [title: string, args: readonly string[], code: number][] = [
  ['forgotten Buffers come back, and live ones stay', ['forgotten', '3', '1000'], 0],
  ['50 workers with a pool each come and go', ['pool-workers', '50'], 0],
  ['random traffic goes on', ['soak', '6', '2'], 0],
  ['random traffic that leaks is noticed', ['soak', '9', '2', 'leak'], 1],
];

describe('under load', () => {
  it.each(PROGRAMS)('%s', async (_title, [name, ...args], expected) => {
    const { code, signal, stdout, stderr } = await runNode([`test/load/${name}.mjs`, ...args]);
    expect({ code, signal }, stderr).toEqual({ code: expected, signal: null });
    if (expected === 1) expect(stderr).toMatch(/memory grows|ERR_HEAPWRIGHT_LIMIT/);
    else expect(stdout.trimEnd().split('\n').at(-1)).toBe('as expected');
  });
});
