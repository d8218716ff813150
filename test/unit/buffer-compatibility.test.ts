import { describe, it } from 'vitest';

type Checks = Readonly<Record<string, () => unknown>>;

/** Those that `npm run test:runtimes` runs on every runtime. */
const file: string = '../runtimes/buffers.mjs';
const { BUFFER_CHECKS } = (await import(file)) as { BUFFER_CHECKS: Checks };

describe('a pooled Buffer is a Buffer to this runtime', () => {
  it.each(Object.entries(BUFFER_CHECKS))('%s', async (_title, check) => {
    await check();
  });
});
