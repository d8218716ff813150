/** Scopes: what entering and leaving one costs, and a Buffer in one beside a bare view. */
import { atMost } from '../../report/goals.mjs';
import { ratioByRound } from '../../report/rounds.mjs';

const SIZE = 64;
/** Buffers in a scope before it ends. */
const PER_SCOPE = 4000;
const REGION = 256 << 10;

/** Of the time of a Buffer in a scope to a bare view's. */
const OVER_BARE_VIEW = [1.6, 1.3];
/** Nanoseconds to enter a scope, allocate once and leave it. */
const ENTRY = 6000;

async function makeScoped() {
  const { Scoped, SystemAllocator } = await import('../../../dist/index.js');
  return new Scoped(new SystemAllocator(), { size: REGION + PER_SCOPE });
}

/** Work in scopes of so many Buffers: `body(scope)` allocates one. */
async function inScopes(body) {
  const scoped = await makeScoped();
  return (count) => {
    for (let left = count; left > 0; left -= PER_SCOPE) {
      scoped.scope((scope) => {
        for (let i = Math.min(left, PER_SCOPE); i > 0; i--) body(scope);
      });
    }
  };
}

/** By name: a title, and `prepare()`, which resolves to a function that does `count` operations. */
export const contenders = {
  scopedAlloc: {
    title: 'allocUnsafe in a scope',
    prepare: () =>
      inScopes((scope) => {
        scope.allocUnsafe(SIZE)[0] = 1;
      }),
  },
  scopedZeroed: {
    title: 'alloc in a scope',
    prepare: () =>
      inScopes((scope) => {
        scope.alloc(SIZE)[0] = 1;
      }),
  },
  scopedBareView: {
    title: 'bare view',
    async prepare() {
      const memory = new ArrayBuffer(REGION);
      let at = 0;
      return (count) => {
        for (let i = 0; i < count; i++) {
          if (at + SIZE > REGION) at = 0;
          new Uint8Array(memory, at, SIZE)[0] = 1;
          at += SIZE;
        }
      };
    },
  },
  scopeEntry: {
    title: 'scope with one Buffer',
    async prepare() {
      const scoped = await makeScoped();
      return (count) => {
        for (let i = 0; i < count; i++) {
          scoped.scope((scope) => {
            scope.allocUnsafe(SIZE)[0] = 1;
          });
        }
      };
    },
  },
  emptyScope: {
    title: 'empty scope',
    async prepare() {
      const scoped = await makeScoped();
      return (count) => {
        for (let i = 0; i < count; i++) scoped.scope(() => {});
      };
    },
  },
};

export const groups = [
  {
    ...{ table: 'scopes', label: `${SIZE} B in a scope`, workload: 'scopes' },
    contenders: ['scopedAlloc', 'scopedZeroed', 'scopedBareView'],
  },
  {
    ...{ table: 'scopes', label: 'enter and leave', workload: 'scopes' },
    contenders: ['scopeEntry', 'emptyScope'],
  },
];

export function judge({ runtime, label, times, nanoseconds }) {
  if (times.scopeEntry !== undefined) {
    return [atMost(`${runtime}, ${label}: ns`, nanoseconds.scopeEntry, ENTRY)];
  }
  const ratio = ratioByRound(times.scopedAlloc, times.scopedBareView);
  return [atMost(`${runtime}, ${label}: time / bare view`, ratio, ...OVER_BARE_VIEW)];
}
