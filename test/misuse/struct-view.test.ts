import { beforeEach, describe, expect, it } from 'vitest';
import {
  ArenaAllocator,
  BufferPool,
  Layout,
  SystemAllocator,
  structView,
} from '../../lib/index.js';
import { idle, withCode } from '../support/idle.js';

beforeEach(idle);

const point = Layout.struct({ x: 'u8', y: 'f64' });

describe('structView refuses', () => {
  it.each([
    ['an offset beyond', new ArrayBuffer(64), 49, 'OUT_OF_RANGE'],
    ['a negative offset', new ArrayBuffer(64), -1, 'OUT_OF_RANGE'],
    ['a fraction', new ArrayBuffer(64), 0.5, 'OUT_OF_RANGE'],
    ['a string', new ArrayBuffer(64), '0', 'INVALID_ARG_TYPE'],
    ['too small a block', new ArrayBuffer(15), 0, 'OUT_OF_RANGE'],
    ['no block', undefined, 0, 'INVALID_ARG_TYPE'],
    ['an array', [1, 2, 3], 0, 'INVALID_ARG_TYPE'],
    ['a Proxy of a block', new Proxy(new ArrayBuffer(64), {}), 0, 'INVALID_ARG_TYPE'],
  ])('%s', (_title, block, offset, code) => {
    expect(() => structView(point, block as ArrayBuffer, offset as number)).toThrow(withCode(code));
  });

  it('a block that was freed, and a use after the free: DETACHED', () => {
    const [system, pool] = [new SystemAllocator(), new BufferPool(new ArenaAllocator())];
    const block = system.allocate(point.layout);
    const buffer = pool.allocate(point.layout);
    const views = [structView(point, block), structView(point, buffer)];
    system.deallocate(block, point.layout);
    pool.deallocate(buffer, point.layout);
    for (const view of views) {
      expect(() => view.x).toThrow(withCode('DETACHED'));
      expect(() => {
        view.y = 1;
      }).toThrow(withCode('DETACHED'));
    }
    expect(() => structView(point, block)).toThrow(withCode('DETACHED'));
    expect(() => structView(point, buffer)).toThrow(withCode('DETACHED'));
  });

  it('memory that was moved away: DETACHED', () => {
    const buffer = new ArrayBuffer(64);
    const view = structView(point, buffer);
    structuredClone(buffer, { transfer: [buffer] });
    expect(() => view.x).toThrow(withCode('DETACHED'));
  });

  it.each([
    ['an array', [1], 'INVALID_ARG_TYPE'],
    ['another kind of view', new Uint16Array(3), 'INVALID_ARG_TYPE'],
    ['a Proxy', new Proxy(new Uint8Array(3), {}), 'INVALID_ARG_TYPE'],
    ['too few bytes', new Uint8Array(2), 'OUT_OF_RANGE'],
    ['too many bytes', new Uint8Array(4), 'OUT_OF_RANGE'],
  ])('for bytes %s', (_title, value, code) => {
    const view = structView(Layout.struct({ bytes: Layout.from(3) }), Buffer.from('abc'));
    expect(() => {
      view.bytes = value as Uint8Array;
    }).toThrow(withCode(code));
    expect(Buffer.from(view.bytes).toString()).toBe('abc');
  });

  it.each([null, 1, { x: 1 }, { y: 1 }, { x: 256, y: 1 }])('for a struct %o', (value) => {
    const outer = Layout.struct({ inner: point });
    const view = structView(outer, new ArrayBuffer(16));
    expect(() => {
      view.inner = value as never;
    }).toThrow(/inner/);
    expect([view.inner.x, view.inner.y]).toEqual([0, 0]);
  });
});

describe('a field of a struct', () => {
  it('asked of another object is INVALID_ARG_TYPE', () => {
    const view = structView(point, new ArrayBuffer(64));
    const prototype = Object.getPrototypeOf(view);
    for (const receiver of [{}, prototype, new Proxy(view, {}), Object.create(view)]) {
      expect(() => Reflect.get(prototype, 'x', receiver)).toThrow(withCode('INVALID_ARG_TYPE'));
    }
    const { constructor: Base } = Object.getPrototypeOf(prototype);
    expect(() => new Base(Symbol('StructView'), {}, 0)).toThrow(withCode('INVALID_ARG_TYPE'));
  });
});
