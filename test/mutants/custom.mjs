/** Allocators that are none of ours: the guard in TypeScript, the guard in C, and plug-ins. */
const custody = 'lib/guard/custody.ts';
const answer = 'lib/guard/answer.ts';
const ranges = 'lib/guard/ranges.ts';
const note = 'lib/guard/note.ts';
const defined = 'lib/define-allocator.ts';
const trust = 'lib/trust.ts';
const adopt = 'lib/compose/adopt.ts';
const guard = 'native/binding/guard.c';
const tree = 'native/binding/range_tree.c';
const plugin = 'native/binding/plugin.c';
const loader = 'lib/allocators/load-allocator.ts';
const answers = (name) => ({ vitest: 'test/misuse/custom-answers.test.ts', name });
const functions = (name) => ({ vitest: 'test/misuse/custom-functions.test.ts', name });
const adopts = (name) => ({ vitest: 'test/unit/adopt.test.ts', name });
const core = (file, name) => ({ core: file, name });
const plugins = (name) => ({ vitest: 'test/misuse/plugins.test.ts', name });

const NO_BLOCK = 'an answer that is no block is INVALID_ARG_TYPE:';
const IN_USE = 'an answer over bytes that are in use is CORRUPTED:';

export default [
  {
    name: 'an heir of a class of the package is trusted',
    guards: 'what is guarded',
    file: trust,
    find: '!trusted.has(getPrototypeOf(value))',
    replace:
      '!trusted.has(getPrototypeOf(value)) && !trusted.has(getPrototypeOf(getPrototypeOf(value)))',
    test: adopts('an allocator of the package is guarded with a class of its own'),
  },
  {
    name: 'an allocator with an operation of its own is trusted',
    guards: 'what is guarded',
    file: trust,
    find: 'return !OPERATIONS.some((name) => isOwn.call(value, name));',
    replace: 'return OPERATIONS.length > 0;',
    test: adopts('an allocator of the package is guarded with an operation of its own'),
  },
  {
    name: 'an object gets a new guard each time',
    guards: 'one custody for an allocator in two places',
    file: adopt,
    find: '  guards.set(value as object, guard);\n',
    replace: '',
    test: adopts('an object of the program is one allocator, however often it is adopted'),
  },
  {
    name: 'any view is a block',
    guards: 'the kinds of blocks',
    file: answer,
    find: "isView ? getPrototypeOf(block) === bufferPrototype : what.kind === 'buffer'",
    replace: "isView || what.kind === 'buffer'",
    test: answers(`${NO_BLOCK} a Uint8Array that is no Buffer`),
  },
  {
    name: 'a Buffer over shared memory is a block',
    guards: 'memory that another thread could write',
    file: answer,
    find: "if (classify(memory).kind !== 'buffer') {",
    replace: "if (!isView && classify(memory).kind !== 'buffer') {",
    test: answers(`${NO_BLOCK} a Buffer over shared memory`),
  },
  {
    name: 'a resizable ArrayBuffer is a block',
    guards: 'memory that may shrink',
    file: answer,
    find: '=== true;\n}',
    replace: "=== 'true';\n}",
    test: answers(`${NO_BLOCK} an ArrayBuffer that may shrink`),
  },
  {
    name: 'a detached ArrayBuffer is an empty block',
    guards: 'memory that was moved away',
    file: answer,
    find: '  } catch {\n    return true;\n  }',
    replace: '  } catch {\n    return false;\n  }',
    test: answers(
      'an answer that is no block is DETACHED where it was moved away: an empty ArrayBuffer',
    ),
  },
  {
    name: 'a freed Buffer of a pool is a block',
    guards: 'memory that has another owner by now',
    file: answer,
    find: 'if (place !== null && place.keeper !== null) return',
    replace: 'if (place !== null) return',
    test: answers(
      'an answer that is a block of the package is CORRUPTED where it was freed there: a Buffer of a pool',
    ),
  },
  {
    name: 'an abandoned block is a block',
    guards: 'memory that is about to go',
    file: answer,
    find: "if (record?.state !== State.LIVE) throw corrupted('that was freed');",
    replace: "if (record === null) throw corrupted('that was freed');",
    test: answers(
      'an answer that is a block of the package is DETACHED or CORRUPTED where it was freed there: a dedicated block',
    ),
  },
  {
    name: 'addresses that are known are not asked',
    guards: 'the alignment of blocks of the package',
    file: answer,
    find: 'return addressOf(block) % BigInt(align) === 0n;',
    replace: 'return addressOf(block) % 16n === 0n;',
    test: answers('an answer at the wrong place is CORRUPTED where the address is known'),
  },
  {
    name: 'a range that begins before another may reach into it',
    guards: 'bytes in use',
    file: ranges,
    find: 'if (next !== undefined && next < end) return false;',
    replace: 'if (next !== undefined && next + 1 < start) return false;',
    test: answers(`${IN_USE} one that ends in a block`),
  },
  {
    name: 'the first range of the next leaf is not looked at',
    guards: 'bytes in use, where there are many',
    file: ranges,
    find: 'leaf.starts[place] ?? this.#leaves[at + 1]?.starts[0]',
    replace: 'leaf.starts[place]',
    test: {
      vitest: 'test/unit/guard-ranges.test.ts',
      name: 'ranges in use stay exact where they are many',
    },
  },
  {
    name: 'a Buffer may lie over a block',
    guards: 'bytes in use',
    file: custody,
    find: 'if (this.find(memory) !== null) return false;',
    replace: 'if (this.find(memory) === undefined) return false;',
    test: answers(`${IN_USE} a Buffer over a block, and the block under a Buffer`),
  },
  {
    name: 'a freed range stays in use',
    guards: 'bytes that are free again',
    file: custody,
    find: '    if (isView && layout.size > 0) rangesOf.get(memory, this)?.remove(start);\n',
    replace: '    if (isView && layout.size < 0) rangesOf.get(memory, this)?.remove(start);\n',
    test: answers(
      'an answer over bytes that are in use is taken next to a block, empty inside it, and again once that was freed',
    ),
  },
  {
    name: 'only the first owner of a block has a note on it',
    guards: 'blocks of several allocators',
    file: note,
    find: 'while (link !== null && link.owner !== owner) link = link.next;',
    replace: 'if (link.owner !== owner) link = null;',
    test: {
      vitest: 'test/unit/custom-allocators.test.ts',
      name: 'one block of many allocators is live in each of them, and freed in each of them once',
    },
  },
  {
    name: 'a function may call its own allocator',
    guards: 'what a throw of a function leaves behind',
    file: defined,
    find: '    if (this.#isInside) {\n',
    replace: '    if (this.#isInside && this.#isClosed) {\n',
    test: functions(
      'a function of an allocator that calls the allocator is CYCLE in deallocate, for another block',
    ),
  },
  {
    name: 'a block whose new self is refused is dropped',
    guards: 'the old block of a reallocation in place',
    file: defined,
    find: /( {4}try \{\n {6}return this\.#adopt\(same, newLayout\);\n {4}\} catch \(error\) \{\n) {6}this\.#keep\(block, live\);\n/,
    replace: '$1',
    test: functions(
      'an in-place reallocation that answers INVALID_ARG_TYPE to a SharedArrayBuffer leaves the block as it was',
    ),
  },
  {
    name: 'the answer of usableSize is believed',
    guards: 'figures',
    file: defined,
    find: 'if (Number.isSafeInteger(usable) && usable >= size) return usable;',
    replace: 'if (Number.isSafeInteger(usable)) return usable;',
    test: functions('usableSize is OUT_OF_RANGE where it answers less than the size'),
  },
  {
    name: 'a plug-in may answer at any alignment',
    guards: 'the alignment of blocks of plug-ins',
    file: guard,
    find: 'if (ptr == NULL || !hw_is_aligned(ptr, layout.align)) return false;',
    replace: 'if (ptr == NULL) return false;',
    test: core('guard', 'answers_that_cannot_be_are_corrupted'),
  },
  {
    name: 'a plug-in may answer with bytes of a block',
    guards: 'blocks of plug-ins from each other',
    file: guard,
    find: '!hw_range_overlaps(&guard->blocks, (uintptr_t)ptr, layout.size, NULL)',
    replace: '!hw_range_overlaps(&guard->blocks, (uintptr_t)ptr, 1, NULL)',
    test: core('guard', 'answers_that_cannot_be_are_corrupted'),
  },
  {
    name: 'a plug-in may answer past the end of memory',
    guards: 'arithmetic on addresses of plug-ins',
    file: guard,
    find: 'return (uintptr_t)ptr <= UINTPTR_MAX - size;',
    replace: 'return (uintptr_t)ptr <= UINTPTR_MAX - size % 16;',
    test: core('guard', 'answers_that_cannot_be_are_corrupted'),
  },
  {
    name: 'any status of a plug-in is passed on',
    guards: 'statuses that mean something else here',
    file: guard,
    find: 'return is_plain ? status : HW_ERR_CORRUPTED;',
    replace: 'return is_plain || status == HW_ERR_INVALID ? status : HW_ERR_CORRUPTED;',
    test: core('guard', 'answers_that_cannot_be_are_corrupted'),
  },
  {
    name: 'the zeroes of a plug-in are believed',
    guards: 'what a program sees of a plug-in',
    file: guard,
    find: 'if ((flags & HW_ZEROED) != 0 && layout.size > 0) memset',
    replace: 'if ((flags & HW_ZEROED) != 0 && layout.size == 0) memset',
    test: core('guard', 'the_guard_zeroes'),
  },
  {
    name: 'a plug-in may grow a block into the next',
    guards: 'blocks of plug-ins from each other',
    file: guard,
    find: 'if (hw_range_overlaps(&guard->blocks, block->range.start, told.size, &block->range)) {',
    replace: 'if (hw_range_overlaps(&guard->blocks, block->range.start, 1, &block->range)) {',
    test: core('guard', 'growth_into_another_block_is_corrupted'),
  },
  {
    name: 'the way back from growth is closed',
    guards: 'a reallocation that is undone',
    file: guard,
    find: 'return is_back || next.size >= block->told.size / 2;',
    replace:
      'return (is_back && next.size > block->told.size) || next.size >= block->told.size / 2;',
    test: core('guard', 'growth_is_asked_for_and_can_be_undone'),
  },
  {
    name: 'a block that a plug-in did not take back is forgotten',
    guards: 'memory that a plug-in lost',
    file: guard,
    find: '  block->retired = true;\n  guard->refused++;\n',
    replace: '  block->retired = true;\n',
    test: core('guard', 'a_free_that_is_refused_loses_the_block_and_verify_says_so'),
  },
  {
    name: 'a plug-in is destroyed under retired blocks',
    guards: 'memory that outlived its thread',
    file: guard,
    find: 'if (guard->retired + guard->refused > 0) return;',
    replace: 'if (guard->refused > 0) return;',
    test: core('guard', 'retired_memory_reads_zero_and_is_never_handed_out_again'),
  },
  {
    name: 'the order of addresses is the shape of the tree',
    guards: 'the speed of the guard',
    file: tree,
    find: 'range->priority = next_priority(tree);',
    replace: 'range->priority = 0;',
    test: core('range_tree', 'it_stays_flat_when_addresses_rise'),
  },
  {
    name: 'ranges reach a byte less far',
    guards: 'ranges of addresses',
    file: tree,
    find: 'start - before->start < before->size) return true;',
    replace: 'start - before->start + 1 < before->size) return true;',
    test: core('range_tree', 'ranges_end_before_their_end'),
  },
  {
    name: 'the version of a plug-in is not compared',
    guards: 'plug-ins of another version',
    file: plugin,
    find: 'if (plugin->abi_version != HW_ABI_VERSION) return',
    replace: 'if (plugin->abi_version < HW_ABI_VERSION) return',
    test: core('plugin', 'every_field_is_looked_at'),
  },
  {
    name: 'a table without deallocate passes',
    guards: 'functions that will be called',
    file: plugin,
    find: 'bool has_both = ops->allocate != NULL && ops->deallocate != NULL;',
    replace: 'bool has_both = ops->allocate != NULL;',
    test: core('plugin', 'what_create_answers_is_looked_at'),
  },
  {
    name: 'any file is handed to the loader',
    guards: 'a program from waiting for a pipe',
    file: loader,
    find: 'if (!found.isFile()) throw',
    replace: 'if (found.isSocket()) throw',
    test: plugins('a path to a folder is LOAD_FAILED'),
  },
];
