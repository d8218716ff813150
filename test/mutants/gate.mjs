/** The gate, and the proof that it counts: native/binding/gate.c and environment.c. */
import { DETACH_WHEN_BUSY, GATE_REMOVED } from '../../scripts/suites/inflight/variants.mjs';
import { misuse, of } from '../../scripts/suites/mutants/tests.mjs';

const file = 'native/binding/gate.c';
const test = of('gate_libuv');
const busy = (name) => misuse('busy-loop', name);

export default [
  {
    name: 'the gate is removed',
    guards: 'memory that a request in flight uses',
    edits: GATE_REMOVED,
    test: busy(
      '5.3/68 a block in the hands of fs.read is freed with false, stays valid, and is served to nobody else',
    ),
  },
  {
    name: 'a busy block is detached',
    guards: 'the buffer of an abandoned block',
    edits: DETACH_WHEN_BUSY,
    test: busy(
      'a block that nothing is using, while a request is in flight keeps what is written to it after the free',
    ),
  },
  {
    name: 'a gate without proof is open',
    guards: 'runtimes that do not show their requests',
    file,
    find: 'return !gate->proved || active_requests(gate->loop) != 0;',
    replace: 'return gate->proved && active_requests(gate->loop) != 0;',
    test: { core: 'gate', name: 'without_a_loop_it_is_always_busy' },
  },
  {
    name: 'a proved gate does not look',
    guards: 'requests in flight',
    file,
    find: 'return !gate->proved || active_requests(gate->loop) != 0;',
    replace: 'return !gate->proved;',
    test: test('a_proved_gate_is_busy_while_requests_are_active'),
  },
  {
    name: 'a proved gate is never open',
    guards: 'a free on an idle loop',
    file,
    find: 'return !gate->proved || active_requests(gate->loop) != 0;',
    replace: 'return gate != NULL;',
    test: test('a_proved_gate_is_busy_while_requests_are_active'),
  },
  {
    name: 'the proof does not count one request',
    guards: 'the proof of the gate: 0, 1, 0',
    file,
    find: 'bool one = active_requests(loop) == 1;',
    replace: 'bool one = loop != NULL;',
    test: test('any_count_but_zero_one_zero_proves_nothing'),
  },
  {
    name: 'the proof does not begin at zero',
    guards: 'the proof of the gate: 0, 1, 0',
    file,
    find: '  if (active_requests(loop) != 0) return false;\n',
    replace: '',
    test: test('any_count_but_zero_one_zero_proves_nothing'),
  },
  {
    name: 'the proof does not end at zero',
    guards: 'the proof of the gate: 0, 1, 0',
    file,
    find: 'return one && drained && active_requests(loop) == 0;',
    replace: 'return one && drained;',
    test: test('any_count_but_zero_one_zero_proves_nothing'),
  },
  {
    name: 'the proof does not wait for the loop',
    guards: 'the proof of the gate',
    file,
    find: 'return one && drained &&',
    replace: '(void)drained;\n  return one &&',
    test: test('a_loop_that_is_not_drained_proves_nothing'),
  },
  {
    name: 'work that was refused proves the gate',
    guards: 'the proof of the gate',
    file,
    find: '  if (uv->queue_work(loop, request, do_nothing, after_nothing) != 0) return false;\n',
    replace: '  uv->queue_work(loop, request, do_nothing, after_nothing);\n',
    test: test('work_that_cannot_be_queued_proves_nothing'),
  },
  {
    name: 'a loop that did not close proves the gate',
    guards: 'memory that libuv still holds',
    file,
    find: '    gate->kept[1] = request;\n    return false;',
    replace: '    gate->kept[1] = request;\n    return proved;',
    test: test('a_loop_that_does_not_close_proves_nothing_and_keeps_its_memory'),
  },
  {
    name: 'the loop of a runtime without libuv is read',
    guards: 'runtimes that only imitate libuv',
    file,
    find: 'gate->proved = loop != NULL && prove(gate);',
    replace: 'gate->proved = prove(gate);',
    test: { core: 'gate_libuv', name: 'without_a_loop_nothing_is_proved' },
  },
];
