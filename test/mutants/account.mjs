/** The account with its limit: native/core/allocator/account.c. */
import { of } from '../../scripts/suites/mutants/tests.mjs';

const file = 'native/core/allocator/account.c';
const test = of('account');

export default [
  {
    name: 'the limit is off by one',
    guards: 'the limit',
    file,
    find: 'if (bytes > account->limit - live) {',
    replace: 'if (bytes > 0 && bytes - 1 > account->limit - live) {',
    test: test('exactly_the_limit_may_be_charged'),
  },
  {
    name: 'the limit itself is refused',
    guards: 'the last byte below the limit',
    file,
    find: 'if (bytes > account->limit - live) {',
    replace: 'if (bytes >= account->limit - live) {',
    test: test('exactly_the_limit_may_be_charged'),
  },
  {
    name: 'a refusal is not counted',
    guards: 'the count of failures',
    file,
    find: '      hw_account_fail(account);\n      return HW_ERR_LIMIT;',
    replace: '      return HW_ERR_LIMIT;',
    test: test('exactly_the_limit_may_be_charged'),
  },
  {
    name: 'two threads may pass the limit together',
    guards: 'the charge, one compare-and-swap',
    file,
    find: /while \(!atomic_compare_exchange_weak_explicit\(&account->live_bytes[^;]*;/,
    replace: `while (0);
  for (volatile int wait = 0; wait < 2000; wait = wait + 1) {
  }
  atomic_store_explicit(&account->live_bytes, live + bytes, RELAXED);`,
    test: { core: 'account_threads', name: 'threads_together_never_pass_the_limit' },
  },
  {
    name: 'the peak is not raised',
    guards: 'the peak',
    file,
    find: '  atomic_fetch_add_explicit(&account->allocations, 1, RELAXED);\n  hw_account_raise_peak(account);',
    replace: '  atomic_fetch_add_explicit(&account->allocations, 1, RELAXED);',
    test: test('the_peak_is_the_most_ever_in_use_and_never_falls'),
  },
  {
    name: 'the peak falls',
    guards: 'the peak',
    file,
    find: 'while (live > peak &&',
    replace: 'while (live != peak &&',
    test: test('the_peak_is_the_most_ever_in_use_and_never_falls'),
  },
  {
    name: 'the charge of a block that failed is the peak',
    guards: 'the peak, which only memory in use raises',
    file,
    find: '                                                  RELAXED, RELAXED));\n  return HW_OK;',
    replace:
      '                                                  RELAXED, RELAXED));\n  hw_account_raise_peak(account);\n  return HW_OK;',
    test: test('a_charge_that_came_to_nothing_leaves_no_peak'),
  },
  {
    name: 'the end of a block is not counted',
    guards: 'the count of live blocks',
    file,
    find: '  atomic_fetch_add_explicit(&account->deallocations, blocks, RELAXED);\n',
    replace: '',
    test: test('blocks_are_counted_from_open_to_close'),
  },
  {
    name: 'the bytes of a freed block stay charged',
    guards: 'live bytes',
    file,
    find: '  hw_account_refund(account, bytes);\n  atomic_fetch_add_explicit(&account->deallocations',
    replace: '  (void)bytes;\n  atomic_fetch_add_explicit(&account->deallocations',
    test: test('blocks_are_counted_from_open_to_close'),
  },
  {
    name: 'a retired block stays live',
    guards: 'what retired memory counts as',
    file,
    find: '  hw_account_refund(account, bytes);\n  atomic_fetch_add_explicit(&account->retired_bytes',
    replace: '  atomic_fetch_add_explicit(&account->retired_bytes',
    test: test('a_retired_block_is_neither_live_nor_deallocated'),
  },
  {
    name: 'verify overlooks the limit',
    guards: 'verify: live bytes are within the limit',
    file,
    find: 'if (stats.live_bytes > account->limit) *broken',
    replace: 'if (stats.limit != account->limit) *broken',
    test: test('verify_finds_live_bytes_above_the_limit'),
  },
  {
    name: 'verify overlooks a refund too many',
    guards: 'verify: no more bytes ended than began',
    file,
    find: 'if (stats.live_bytes > HW_MAX_SIZE) *broken',
    replace: 'if (stats.limit != account->limit) *broken',
    test: test('verify_finds_a_refund_too_many'),
  },
  {
    name: 'verify overlooks an end too many',
    guards: 'verify: no more blocks ended than began',
    file,
    find: 'if (stats.live_blocks > stats.allocations) *broken',
    replace: 'if (stats.limit != account->limit) *broken',
    test: test('verify_finds_more_ends_than_beginnings'),
  },
];
