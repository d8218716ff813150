/**
 * Mutants with which the judge itself is judged, before any other: what changes nothing must be
 * said to survive, and what does not compile, crashes or throws an error of its own is no kill.
 */
import { NO_VERDICT, SURVIVED } from './lane.mjs';

const account = {
  file: 'native/core/allocator/account.c',
  find: '  account->limit = limit;',
  test: { core: 'account', name: 'exactly_the_limit_may_be_charged' },
};

const addon = {
  file: 'native/binding/block_functions.c',
  find: '  hw_record_t *old = NULL, *record = NULL;',
  test: {
    vitest: 'test/unit/system-allocator-limit.test.ts',
    name: 'the limit of a SystemAllocator counts both blocks of a move',
  },
};

const layout = {
  file: 'lib/layout.ts',
  find: 'alignTo(align: number): Layout {',
  test: {
    vitest: 'test/unit/layout-values.test.ts',
    name: 'a layout raises its alignment, never lowers it, and keeps its size',
  },
};

const control = (name, { find, test, file }, added, expected) => ({
  room: 'controls',
  name: `control: ${name}`,
  guards: 'the judge',
  edits: [{ file, find, replace: `${find}${added}` }],
  test,
  expected,
});

export const CONTROLS = [
  control('C that changes nothing', account, ' /* the same */', SURVIVED),
  control('C that does not compile', account, ' no such thing;', NO_VERDICT),
  control('C that aborts', account, ' __builtin_abort();', NO_VERDICT),
  control('C that faults', account, ' *(volatile int *)0 = 0;', NO_VERDICT),
  control('an addon that is the same', addon, ' /* the same */', SURVIVED),
  control('an addon that does not compile', addon, ' no such thing;', NO_VERDICT),
  control('an addon that aborts', addon, ' __builtin_abort();', NO_VERDICT),
  control('TypeScript that changes nothing', layout, ' // the same', SURVIVED),
  control('TypeScript that does not parse', layout, ' const const;', NO_VERDICT),
  control('TypeScript that throws', layout, " throw new TypeError('no');", NO_VERDICT),
];
