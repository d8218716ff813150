import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type Allocator, Layout, loadAllocator } from '../../lib/index.js';
import { call, thrownBy } from '../support/call.js';
import { compile } from '../support/compile.js';
import { expectUnchanged, idle, snapshot, withCode } from '../support/idle.js';
import { endOf, messageOf, startWorker } from '../support/programs.js';

beforeEach(idle);

const folder = mkdtempSync(join(tmpdir(), 'heapwright-plugins-'));
afterAll(() => rmSync(folder, { recursive: true }));

const layout = Layout.from(64, 16);
const faulty = compile('test/plugin/faulty.c');
const load = (config: string): Allocator => loadAllocator(faulty, { config });

function expectRefused(path: string, words: string): void {
  const error = thrownBy(() => loadAllocator(path));
  expect(error).toEqual(withCode('LOAD_FAILED'));
  expect(String(error)).toContain(words);
}

describe('a path', () => {
  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a number', 1],
    ['an empty string', ''],
    ['a string with NUL', `${faulty}\0`],
    ['a URL of another kind', new URL('https://example.org/plugin.so')],
    ['an object', { href: faulty }],
  ])('that is %s is INVALID_ARG_TYPE', (_title, path) => {
    expect(() => loadAllocator(path as never)).toThrow(withCode('INVALID_ARG_TYPE'));
  });

  it('may be a file: URL', () => {
    expect(loadAllocator(pathToFileURL(faulty)).name).toBe('faulty');
  });

  it('to no file is LOAD_FAILED', () => {
    expectRefused(join(folder, 'missing.so'), 'no file');
  });

  it('to a folder is LOAD_FAILED', () => {
    expectRefused(folder, 'no regular file');
  });

  it('to a pipe is LOAD_FAILED, and nobody waits for it', () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    expectRefused(pipe, 'no regular file');
  });

  it.each([
    ['an empty file', ''],
    ['a text', 'not a shared object'],
    ['the beginning of a shared object', '\x7fELF'],
  ])('to %s is LOAD_FAILED, in the words of the system', (title, text) => {
    const path = join(folder, title);
    writeFileSync(path, text, 'latin1');
    expectRefused(path, title);
  });

  it('to a program is LOAD_FAILED', () => {
    expectRefused(process.execPath, process.execPath);
  });
});

describe('options', () => {
  it.each([
    ['null', null],
    ['an unknown name', { kind: 'system' }],
    ['a limit that is no number', { limit: '1' }],
    ['a config that is no string', { config: {} }],
    ['a config with NUL', { config: 'a\0b' }],
  ])('with %s are INVALID_ARG_TYPE', (_title, options) => {
    expect(() => call({ loadAllocator }, 'loadAllocator', faulty, options)).toThrow(
      withCode('INVALID_ARG_TYPE'),
    );
  });

  it('with a limit below 0 are OUT_OF_RANGE', () => {
    expect(() => loadAllocator(faulty, { limit: -1 })).toThrow(withCode('OUT_OF_RANGE'));
  });
});

describe('a shared object', () => {
  it.each([
    ['SYMBOL', 'exports hw_plugin'],
    ['VERSION', 'of this version'],
    ['SIZE', 'HW_PLUGIN_HEADER'],
    ['OPS_SIZE', 'HW_PLUGIN_HEADER'],
    ['NO_NAME', 'a name of 1 to 31'],
    ['NAME', 'a name of 1 to 31'],
    ['LONG_NAME', 'a name of 1 to 31'],
    ['CREATE', 'the function create'],
    ['CREATE_NULL', 'an allocator from create'],
    ['OPS_NULL', 'an allocator from create'],
    ['TABLE_VERSION', 'a table of this version'],
    ['ALLOCATE', 'allocate and deallocate'],
    ['DEALLOCATE', 'allocate and deallocate'],
  ])('with the defect %s is LOAD_FAILED, and says so', (defect, words) => {
    expectRefused(compile('test/plugin/faulty.c', `-DDEFECT_${defect}`), words);
  });

  it('that lacks a function when it is linked is LOAD_FAILED', () => {
    expectRefused(compile('test/plugin/faulty.c', '-Dcalloc=hw_nobody_has_this'), 'hw_nobody');
  });

  it('whose create refuses is LOAD_FAILED with its status', () => {
    expect(() => load('refuse')).toThrow(withCode('LOAD_FAILED'));
    expect(() => load('refuse')).toThrow('status 3');
  });
});

describe('a plug-in that answers', () => {
  it.each([
    ['null', 'NULL with OK'],
    ['misaligned', 'a misaligned address'],
    ['again', 'a live block again'],
    ['overlap', 'an address before a live block that reaches into it'],
    ['inside', 'an address in a live block'],
    ['wrap', 'a block past the end of memory'],
    ['status', 'a status that is none'],
  ])('%s is CORRUPTED: %s; nothing has changed', (how) => {
    const plugin = load(how);
    const block = plugin.allocate(layout);
    const before = snapshot(plugin);
    for (const method of ['allocate', 'tryAllocate']) {
      expect(() => call(plugin, method, layout)).toThrow(withCode('CORRUPTED'));
    }
    expect(() => plugin.allocate(layout)).toThrow('the plug-in "faulty"');
    expectUnchanged(plugin, before, { failures: 3 });
    expect(plugin.reallocateInPlace(block, layout, Layout.from(128, 16))).toBe(null);
    expect(() => plugin.reallocate(block, layout, Layout.from(128, 16))).toThrow(
      withCode('CORRUPTED'),
    );
    expect(plugin.owns(block)).toBe(true);
    expect(plugin.deallocate(block, layout)).toBe(true);
    expect(plugin.verify()).toBe(true);
    plugin.dispose();
  });

  it('with bytes of the next block when it grows one is CORRUPTED; the block stays', () => {
    const plugin = load('grow');
    const [block, next] = [plugin.allocate(layout), plugin.allocate(layout)];
    const before = snapshot(plugin);
    const wider = Layout.from(128, 16);
    expect(() => plugin.reallocateInPlace(block, layout, wider)).toThrow(withCode('CORRUPTED'));
    expectUnchanged(plugin, before);
    const last = plugin.reallocateInPlace(next, layout, wider) as ArrayBuffer;
    expect(last.byteLength).toBe(128);
    expect([plugin.deallocate(block, layout), plugin.deallocate(last, wider)]).toEqual([
      true,
      true,
    ]);
    expect(plugin.verify()).toBe(true);
  });

  it('a free with a refusal has the block freed, and verify says that it is lost', () => {
    const plugin = load('no-free');
    const block = plugin.allocate(layout);
    expect(plugin.verify()).toBe(true);
    expect(plugin.deallocate(block, layout)).toBe(true);
    expect(plugin.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0 });
    expect(() => plugin.verify()).toThrow('took back every block');
    plugin.dispose();
  });
});

describe('the memory of a plug-in', () => {
  it('reads zero, whatever it left there', () => {
    const plugin = load('');
    const block = plugin.allocate(layout);
    expect(new Uint8Array(block).every((byte) => byte === 0)).toBe(true);
    const raw = plugin.allocate(layout, { uninitialized: true });
    expect(new Uint8Array(raw).every((byte) => byte === 0xa5)).toBe(true);
  });

  it('ends within the limit of the program', () => {
    const plugin = loadAllocator(faulty, { limit: 100 });
    plugin.allocate(layout);
    expect(() => plugin.allocate(layout)).toThrow(withCode('LIMIT'));
    expect(plugin.stats()).toMatchObject({ liveBytes: 64, limit: 100 });
  });

  it('belongs to one allocator of it', () => {
    const [one, other] = [load(''), load('')];
    const block = one.allocate(layout);
    expect(() => other.deallocate(block, layout)).toThrow(withCode('NOT_OWNED'));
    expect(one.deallocate(block, layout)).toBe(true);
    expect(() => one.deallocate(block, layout)).toThrow(withCode('DETACHED'));
  });

  it('outlives an allocator that was dropped', async () => {
    const blocks = Array.from({ length: 10 }, () => {
      const block = load('').allocate(layout);
      new Uint8Array(block).fill(7);
      return block;
    });
    for (let round = 0; round < 5; round++) {
      globalThis.gc?.();
      await new Promise(setImmediate);
    }
    expect(blocks.every((block) => new Uint8Array(block).every((byte) => byte === 7))).toBe(true);
  });
});

describe('a worker', () => {
  const worker = (source: string) =>
    startWorker(
      `
      const plugin = hw.loadAllocator(data, { limit: 2 ** 16 });
      const layout = hw.Layout.from(64, 16);
      const blocks = Array.from({ length: 10 }, () => plugin.allocate(layout));
      ${source}`,
      faulty,
    );

  it('that ends with live blocks leaves them as orphans, and the plug-in loaded', async () => {
    const ours = load('');
    const block = ours.allocate(layout);
    const before = ours.stats().orphanedBlocks;
    const one = worker('port.postMessage(plugin.stats().liveBlocks);');
    const ended = endOf(one);
    expect(await messageOf(one)).toBe(10);
    await ended;
    expect(ours.stats().orphanedBlocks).toBe(before + 10);
    expect(ours.deallocate(block, layout)).toBe(true);
    expect(ours.verify()).toBe(true);
    expect(load('').allocate(layout).byteLength).toBe(64);
  });

  it('has an allocator of its own, whose blocks are foreign here', async () => {
    const ours = load('');
    const one = worker('port.postMessage(blocks[0]);');
    const ended = endOf(one);
    const copy = (await messageOf(one)) as ArrayBuffer;
    expect(() => ours.deallocate(copy, layout)).toThrow(withCode('NOT_OWNED'));
    await ended;
  });
});
