import { describe, expect, it } from 'vitest';
import { runProgram } from '../support/programs.js';

/** Two functions that allocate, at places of their own; two ticks of the collector. */
const PRELUDE = `
  const pool = new hw.BufferPool(new hw.ArenaAllocator());
  function makeHeader() { return pool.alloc(20); }
  function makeBody() { return pool.alloc(1000); }
  async function collect() {
    for (let round = 0; round < 5; round++) {
      globalThis.gc();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }`;

async function stderrOf(words: string, source: string): Promise<string> {
  const flags = ['--expose-gc'];
  const outcome = await runProgram(`${PRELUDE}\n${source}`, flags, { HEAPWRIGHT_DEBUG: words });
  expect(outcome).toMatchObject({ signal: null });
  return outcome.stderr;
}

/** The titles of a report, and the innermost frame below each. */
function reportIn(stderr: string): [title: string, frame: string][] {
  const found = stderr.matchAll(/^heapwright: (.*), allocated\n {4}at (\S+)/gm);
  return [...found].map(([, title, frame]) => [title ?? '', frame ?? '']);
}

describe('HEAPWRIGHT_DEBUG=leaks', () => {
  it('reports at exit what was never freed, by the place that allocated it', async () => {
    const stderr = await stderrOf(
      'leaks',
      `globalThis.kept = [makeHeader(), makeBody(), makeHeader()];
       for (let at = 0; at < 5; at++) kept.push(makeHeader());
       pool.free(makeBody());`,
    );
    const sizes = reportIn(stderr).map(([title]) => title);
    expect(sizes).toEqual([
      'never freed: 1 Buffer(s), 1024 bytes',
      'never freed: 7 Buffer(s), 224 bytes',
    ]);
    expect(reportIn(stderr).map(([, frame]) => frame)).toEqual(['makeBody', 'makeHeader']);
  });

  it('reports what the collector brought back', async () => {
    const stderr = await stderrOf(
      'leaks',
      `for (let at = 0; at < 3; at++) makeBody();
       await collect();
       pool.stats();`,
    );
    expect(reportIn(stderr)).toEqual([['recovered: 3 Buffer(s), 3072 bytes', 'makeBody']]);
  });

  it('says nothing where everything was freed, reset or disposed', async () => {
    const frees = [
      'pool.free(makeBody())',
      'makeBody(); pool.reset()',
      'makeBody(); pool.dispose()',
    ];
    for (const free of frees) expect(await stderrOf('leaks', free)).toBe('');
  });

  it('reports at process.exit(), and changes the exit code of nobody', async () => {
    const source = `${PRELUDE}\nglobalThis.kept = makeBody(); process.exit(3);`;
    const outcome = await runProgram(source, [], { HEAPWRIGHT_DEBUG: 'leaks' });
    expect(outcome.code).toBe(3);
    expect(reportIn(outcome.stderr)).toHaveLength(1);
  });

  it('reports a worker when that exits', async () => {
    const stderr = await stderrOf(
      'leaks',
      `const { Worker } = await import('node:worker_threads');
       new Worker(\`import(\${JSON.stringify(import.meta.resolve('heapwright'))}).then((hw) => {
         const pool = new hw.BufferPool(new hw.ArenaAllocator());
         globalThis.kept = (function inWorker() { return pool.alloc(5); })();
       })\`, { eval: true });`,
    );
    expect(reportIn(stderr)).toEqual([['never freed: 1 Buffer(s), 16 bytes', 'inWorker']]);
  });

  it('shows with stacks the callers too, and never this package', async () => {
    const source = `
      function handler() { return makeBody(); }
      globalThis.kept = handler();`;
    const one = await stderrOf('leaks', source);
    expect(one).not.toContain('handler');
    const all = await stderrOf('leaks,stacks', source);
    expect(all).toMatch(/at makeBody .*\n {4}at handler /);
    expect(all).not.toContain('/dist/');
  });
});

describe('HEAPWRIGHT_DEBUG=stacks', () => {
  it('lets explain say where a Buffer was allocated', async () => {
    const source = `${PRELUDE}
      const made = [makeBody(), pool.realloc(makeHeader(), 5), pool.from('x')];
      console.log(made.map((each) => hw.explain(each).allocatedAt?.split('\\n')[0]).join('\\n'));`;
    const { stdout } = await runProgram(source, [], { HEAPWRIGHT_DEBUG: 'stacks' });
    expect(stdout).toMatch(/^at makeBody .*\nat file.*\nat file.*\n$/);
  });

  it('is not remembered without it', async () => {
    const source = `${PRELUDE}\nconsole.log(JSON.stringify(hw.explain(makeBody()).allocatedAt));`;
    const { stdout } = await runProgram(source, [], { HEAPWRIGHT_DEBUG: 'guard' });
    expect(stdout).toBe('undefined\n');
  });
});
