import { describe, expect, it } from 'vitest';
import { type Outcome, runNode, runProgram } from '../support/programs.js';

/** Allocates, frees, is refused, and says how that went. */
const EXERCISE = `
  const system = new hw.SystemAllocator();
  const layout = hw.Layout.from(4096, 64);
  const answers = [];
  for (let count = 0; count < 1000; count++) {
    const block = system.allocate(layout);
    new Uint8Array(block).fill(1);
    answers.push(system.deallocate(block, layout));
    try { system.deallocate(block, layout); } catch (error) { answers.push(error.code); }
  }
  const { liveBlocks, deallocations } = system.stats();
  const block = system.allocate(layout);
  const next = system.reallocate(block, layout, hw.Layout.from(8192, 64));
  console.log(JSON.stringify({
    answers: [...new Set(answers)], liveBlocks, deallocations,
    moved: next.byteLength, gate: hw.runtimeInfo().gate, sound: system.verify(),
  }));`;

const EXPECTED = {
  answers: [true, 'ERR_HEAPWRIGHT_DETACHED'],
  liveBlocks: 0,
  deallocations: 1000,
  moved: 8192,
  gate: 'proved',
  sound: true,
};

function said({ stdout }: Outcome): unknown {
  return JSON.parse(stdout);
}

/** The permission model's flag lost its prefix in Node 22.13. */
const PERMISSION = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';

describe('a program', () => {
  it.each([
    ['without flags', []],
    ['5.3/99 under --frozen-intrinsics', ['--frozen-intrinsics']],
    ['5.3/99 under --jitless', ['--jitless']],
    ['under --disable-proto=throw', ['--disable-proto=throw']],
    ['under --disallow-code-generation-from-strings', ['--disallow-code-generation-from-strings']],
    ['under --zero-fill-buffers', ['--zero-fill-buffers']],
    ['under --expose-gc --gc-interval=100', ['--expose-gc', '--gc-interval=100']],
    ['under --max-lazy', ['--max-lazy']],
    ['under --always-sparkplug', ['--always-sparkplug']],
    ['under --no-opt', ['--no-opt']],
    [
      'under --force-node-api-uncaught-exceptions-policy',
      ['--force-node-api-uncaught-exceptions-policy'],
    ],
    ['under a heap of 50 MB', ['--max-old-space-size=50']],
  ])('%s allocates, frees and is refused as ever', async (_title, flags) => {
    const outcome = await runProgram(EXERCISE, flags);
    expect(outcome).toMatchObject({ code: 0, signal: null });
    expect(said(outcome)).toEqual(EXPECTED);
  });

  it('5.3/99 under the permission model with addons works as ever', async () => {
    const allowed = [PERMISSION, '--allow-addons', '--allow-fs-read=*'];
    const outcome = await runProgram(EXERCISE, allowed);
    expect(outcome).toMatchObject({ code: 0, signal: null });
    expect(said(outcome)).toEqual(EXPECTED);
  });

  it('5.3/99 under the permission model without addons is told so in its own words', async () => {
    const outcome = await runProgram(EXERCISE, [PERMISSION, '--allow-fs-read=*']);
    expect(outcome.code).toBe(1);
    expect(outcome.signal).toBeNull();
    expect(outcome.stderr).toContain('ERR_DLOPEN_DISABLED');
  });

  it('under --no-addons is told so in its own words', async () => {
    const outcome = await runProgram(EXERCISE, ['--no-addons']);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain('ERR_DLOPEN_DISABLED');
  });

  it('that patched the prototypes of buffers after loading frees as ever', async () => {
    // Node itself does not survive them for long: they are put back before the next tick.
    const outcome = await runProgram(`
      const patched = [];
      for (const prototype of [ArrayBuffer.prototype, Object.getPrototypeOf(Uint8Array.prototype),
        DataView.prototype]) {
        for (const name of ['byteLength', 'buffer', 'slice', 'set', 'transfer', 'byteOffset']) {
          const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
          if (descriptor === undefined) continue;
          patched.push(() => Object.defineProperty(prototype, name, descriptor));
          const get = () => { throw new Error('patched'); };
          Object.defineProperty(prototype, name, { get, configurable: true });
        }
      }
      const system = new hw.SystemAllocator();
      const layout = hw.Layout.from(64);
      const next = system.reallocate(system.allocate(layout), layout, layout);
      const view = new Uint8Array(system.allocate(layout));
      const interior = (() => {
        try { return system.deallocate(view, layout); } catch (error) { return error.code; }
      })();
      const answers = [system.deallocate(next, layout), system.owns(view), interior,
        system.verify()];
      for (const restore of patched) restore();
      console.log(JSON.stringify(answers));
    `);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(said(outcome)).toEqual([true, true, 'ERR_HEAPWRIGHT_INTERIOR', true]);
  });

  it('5.3/97 may allocate and free while it exits', async () => {
    const outcome = await runProgram(`
      const kept = new hw.SystemAllocator();
      const layout = hw.Layout.from(64);
      const blocks = Array.from({ length: 100 }, () => kept.allocate(layout));
      process.on('exit', () => {
        const system = new hw.SystemAllocator();
        const freed = system.deallocate(system.allocate(layout), layout);
        console.log(JSON.stringify([freed, kept.deallocate(blocks[0], layout), kept.verify()]));
      });
    `);
    expect(outcome).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(said(outcome)).toEqual([true, true, true]);
  });

  it.each([
    ['process.exit', 'process.exit(7)', 7],
    ['an uncaught error', "throw new Error('end')", 1],
    ['a rejection', "Promise.reject(new Error('end'))", 1],
    ['process.reallyExit', 'process.reallyExit(7)', 7],
  ])(
    '5.3/97 with live, abandoned and moved blocks ends cleanly by %s',
    async (_title, end, code) => {
      const outcome = await runProgram(`
      import { read } from 'node:fs';
      const system = new hw.SystemAllocator();
      const layout = hw.Layout.from(1 << 16);
      const block = system.allocate(layout);
      const lease = system.lease(system.allocate(layout));
      globalThis.kept = Array.from({ length: 100 }, () => system.allocate(layout));
      read(0, new Uint8Array(system.allocate(layout)), () => {});
      system.deallocate(block, layout);
      ${end};
    `);
      expect(outcome).toMatchObject({ code, signal: null });
    },
  );
});

describe('a binary that is not there', () => {
  it('is LOAD_FAILED with the platform and what to do', async () => {
    const load = `process.env.HEAPWRIGHT_BINARY = '/nowhere/heapwright.node';
      import(${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)})
        .catch((error) => console.log(JSON.stringify([error.code, error.message])));`;
    const outcome = await runNode(['--eval', load]);
    const [code, message] = JSON.parse(outcome.stdout);
    expect(code).toBe('ERR_HEAPWRIGHT_LOAD_FAILED');
    expect(message).toContain(`${process.platform}-${process.arch}`);
    expect(message).toContain('npm run build');
  });
});
