import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  compileIn,
  installedPackages,
  manifestOf,
  type Packed,
  packAndInstall,
  runIn,
} from './packed.js';

let packed: Packed;
beforeAll(() => {
  packed = packAndInstall();
}, 600_000);
afterAll(() => packed?.remove());

const USE = `
  const system = new SystemAllocator();
  const page = Layout.from(4096, 4096);
  const block = system.allocate(page);
  console.log(addressOf(block) % 4096n === 0n, block.byteLength);`;

describe('the tarball', () => {
  it('has the built package, the addon, the C header and the documents, and nothing else', () => {
    const allowed = [
      /^(package\.json|README\.md|CHANGELOG\.md|LICENSE)$/,
      /^dist\/[\w/-]+\.(js|d\.ts)$/,
      /^prebuilds\/[a-z0-9-]+\/heapwright\.node$/,
      /^native\/include\/heapwright\.h$/,
    ];
    const paths = packed.files.map(({ path }) => path);
    expect(paths.filter((path) => !allowed.some((pattern) => pattern.test(path)))).toEqual([]);
    for (const pattern of allowed) expect(paths.some((path) => pattern.test(path))).toBe(true);
  });

  it('has declarations for every module', () => {
    const paths = packed.files.map(({ path }) => path);
    const modules = paths.filter((path) => path.endsWith('.js'));
    const missing = modules.filter((path) => !paths.includes(path.replace(/js$/, 'd.ts')));
    expect(modules).not.toEqual([]);
    expect(missing).toEqual([]);
  });

  it('is small', () => {
    expect(packed.size).toBeLessThan(320_000);
  });
});

describe('the installed package', () => {
  it('brings nothing with it', () => {
    expect(installedPackages(packed.project)).toEqual(['heapwright']);
  });

  it('builds nothing and runs nothing when it is installed', () => {
    const manifest = manifestOf(packed.installed);
    const scripts = Object.keys(manifest.scripts as object);
    const atInstall = ['preinstall', 'install', 'postinstall', 'prepare', 'preprepare'];
    expect(scripts.filter((name) => atInstall.includes(name))).toEqual([]);
    expect(manifest.gypfile).toBe(false);
    expect(manifest.dependencies).toBeUndefined();
    expect(existsSync(join(packed.installed, 'binding.gyp'))).toBe(false);
    expect(existsSync(join(packed.installed, 'build'))).toBe(false);
  });

  it('works with import', () => {
    const source = `import { addressOf, Layout, SystemAllocator } from 'heapwright';${USE}`;
    expect(runIn(packed.project, 'esm.mjs', source)).toBe('true 4096');
  });

  it('works with require', () => {
    const source = `const { addressOf, Layout, SystemAllocator } = require('heapwright');${USE}`;
    expect(runIn(packed.project, 'common.cjs', source)).toBe('true 4096');
  });

  it('is one package, whether imported or required', () => {
    const source = `
      import { createRequire } from 'node:module';
      import * as imported from 'heapwright';
      const required = createRequire(import.meta.url)('heapwright');
      console.log(required.SystemAllocator === imported.SystemAllocator);`;
    expect(runIn(packed.project, 'both.mjs', source)).toBe('true');
  });

  it('lets itself and its manifest be imported, and no file of its inside', () => {
    const source = `
      const paths = ['', '/package.json', '/dist/index.js', '/dist/native.js', '/native.js'];
      for (const path of paths) {
        const options = path.endsWith('.json') ? { with: { type: 'json' } } : {};
        await import('heapwright' + path, options).then(
          () => console.log('yes'),
          ({ code }) => console.log(code),
        );
      }`;
    const no = 'ERR_PACKAGE_PATH_NOT_EXPORTED';
    expect(runIn(packed.project, 'paths.mjs', source).split('\n')).toEqual([
      'yes',
      'yes',
      no,
      no,
      no,
    ]);
  });

  describe.each([
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])('with module %s and moduleResolution %s', (module, resolution) => {
    it('has its types', () => {
      const source = `
        import { type Allocator, addressOf, Layout, SystemAllocator } from 'heapwright';
        using allocator = new SystemAllocator({ limit: 1024 });
        const any: Allocator = allocator;
        const address: bigint = addressOf(any.allocate(Layout.from(64, 64)));
        console.log(address);`;
      expect(compileIn(packed.project, module, resolution, source)).toBe('');
    }, 120_000);

    it('has types that refuse what is wrong', () => {
      const source = `
        import { Layout } from 'heapwright';
        Layout.from('64');`;
      expect(compileIn(packed.project, module, resolution, source)).toMatch(/error TS2345/);
    }, 120_000);
  });
});
