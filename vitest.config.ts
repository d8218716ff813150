import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/{unit,conformance,misuse,lifecycle,inflight,types,package}/**/*.test.ts'],
    // A process a file: a crash of native code is then a failure of that file alone, and
    // --expose-gc is accepted, which worker threads refuse.
    pool: 'forks',
    execArgv: ['--expose-gc'],
    globals: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
