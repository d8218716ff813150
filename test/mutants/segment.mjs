/** Retired ranges, and pages between guards: native/core/segment. */
import { of } from '../../scripts/suites/mutants/tests.mjs';

const retired = 'native/core/segment/retire.c';
const segment = 'native/core/segment/segment.c';
const retire = of('retire');
const map = of('segment');

export default [
  {
    name: 'retire does not purge',
    guards: 'the pages of a retired range, which go back',
    file: retired,
    find: 'bool purged = first_page < last_page && os->purge(first_page, (size_t)(last_page - first_page));',
    replace: 'bool purged = false;',
    test: retire('whole_pages_are_purged_and_nothing_is_filled'),
  },
  {
    name: 'retire purges a page of its neighbour',
    guards: 'the neighbours of a retired range',
    file: retired,
    find: 'os->purge(first_page, (size_t)(last_page - first_page))',
    replace: 'os->purge(first_page, (size_t)(last_page - first_page) + page)',
    test: retire('inner_pages_are_purged_and_the_edges_filled'),
  },
  {
    name: 'retire leaves the first edge',
    guards: 'what a retired range reads',
    file: retired,
    find: '  memset(start, 0, (size_t)(first_page - start));\n',
    replace: '',
    test: retire('inner_pages_are_purged_and_the_edges_filled'),
  },
  {
    name: 'retire leaves the last edge',
    guards: 'what a retired range reads',
    file: retired,
    find: '  memset(last_page, 0, (size_t)(end - last_page));\n',
    replace: '',
    test: retire('inner_pages_are_purged_and_the_edges_filled'),
  },
  {
    name: 'a refused purge is taken as done',
    guards: 'a retired range where the system refuses',
    file: retired,
    find: '    memset(start, 0, size);\n    return;',
    replace: '    return;',
    test: retire('a_refused_purge_is_replaced_by_filling'),
  },
  {
    name: 'a segment has no guard before it',
    guards: 'the guard pages of metadata',
    file: segment,
    find: '!os->protect(mapping, page) || ',
    replace: '',
    test: map('the_pages_on_either_side_fault'),
  },
  {
    name: 'a segment has no guard behind it',
    guards: 'the guard pages of metadata',
    file: segment,
    find: ' || !os->protect(mapping + page + usable, page)',
    replace: '',
    test: map('the_pages_on_either_side_fault'),
  },
  {
    name: 'a segment without guards stays mapped',
    guards: 'the mapping when a guard is refused',
    file: segment,
    find: '    os->unmap(mapping, whole);\n',
    replace: '',
    test: map('a_failed_first_guard_leaves_nothing_mapped'),
  },
  {
    name: 'a segment is unmapped without its guards',
    guards: 'the address space of a segment',
    file: segment,
    find: 'os->unmap((uint8_t *)segment->base - page, segment->size + 2 * page);',
    replace: '(void)page;\n  os->unmap(segment->base, segment->size);',
    test: map('unmapping_gives_everything_back_and_clears_the_segment'),
  },
];
