/** The default allocator, its contexts and budgets, and the values that live in its blocks. */
const defaults = 'lib/default-allocator.ts';
const budget = 'lib/default/budget.ts';
const cycles = 'lib/default/cycles.ts';
const context = 'lib/default/context.ts';
const hook = 'lib/default/error-hook.ts';
const requests = 'lib/default/requests.ts';
const memory = 'lib/values/memory.ts';
const span = 'lib/values/span.ts';
const struct = 'lib/values/struct-element.ts';
const vec = 'lib/values/vec.ts';
const unit = (file, name) => ({ vitest: `test/unit/${file}.test.ts`, name });
const misuse = (file, name) => ({ vitest: `test/misuse/${file}.test.ts`, name });

export default [
  {
    name: 'a block goes back to the default of today',
    guards: 'blocks that remember their owner',
    file: defaults,
    find: 'if (origin !== null) return origin;',
    replace: 'if (origin === null) return allocatorFor();',
    test: unit(
      'default-allocator',
      'setGlobalAllocator(x) does so for a block of a custom allocator',
    ),
  },
  {
    name: 'what was asked of a former default is foreign',
    guards: 'blocks of allocators that were the default',
    file: defaults,
    find: 'return owner !== null && defaults.has(owner) ?',
    replace: 'return owner !== null && !defaults.has(current) ?',
    test: unit(
      'default-allocator',
      'setGlobalAllocator(x) does so for a block that was asked of a former default directly',
    ),
  },
  {
    name: 'whoever made a block may free it here',
    guards: 'blocks of allocators that never were the default',
    file: defaults,
    find: 'return owner !== null && defaults.has(owner) ?',
    replace: 'return owner !== null ?',
    test: misuse(
      'default-allocator',
      'deallocate refuses a block of an allocator that never was the default: NOT_OWNED, with its owner',
    ),
  },
  {
    name: 'a lock does not lock',
    guards: 'two allocators claimed as the fixed default',
    file: defaults,
    find: '  isLocked = true;\n',
    replace: '',
    test: unit(
      'default-allocator-lock',
      'two allocators claimed as the fixed default are one too many: the second call throws LOCKED',
    ),
  },
  {
    name: 'no cycle is seen',
    guards: 'allocators that need the default allocator',
    file: cycles,
    find: 'if (call.allocator !== allocator || call.operation !== operation) continue;',
    replace: 'if (call.allocator !== allocator || call.operation !== undefined) continue;',
    test: misuse(
      'default-allocator',
      'a subscriber that is told of blocks and allocates is a CYCLE, and no endless recursion',
    ),
  },
  {
    name: 'a free inside an allocation is a cycle',
    guards: 'allocators that free while they allocate',
    file: cycles,
    find: 'if (call.allocator !== allocator || call.operation !== operation) continue;',
    replace: 'if (call.allocator !== allocator) continue;',
    test: misuse('default-allocator', 'a subscriber that is told of blocks and frees one is none'),
  },
  {
    name: 'a call that failed is thought to run for ever',
    guards: 'the default allocator after a CYCLE',
    file: cycles,
    find: '  innermost = call.outer;\n',
    replace: '  if (call.outer !== null) innermost = call.outer;\n',
    test: misuse(
      'default-allocator',
      'the hook of failed requests may free memory, which the next request then gets',
    ),
  },
  {
    name: 'the inner context forgets the outer one',
    guards: 'budgets around a withAllocator',
    file: context,
    find: '{ ...currentContext(), ...changes }',
    replace: '{ ...OUTSIDE, ...changes }',
    test: unit('budgets', 'withBudget holds around and inside of a withAllocator'),
  },
  {
    name: 'the hook is told once in its life',
    guards: 'hooks that ask for memory',
    file: hook,
    find: '    isTelling = false;\n',
    replace: '',
    test: misuse(
      'default-allocator',
      'the hook of failed requests is not told of what it asks for itself',
    ),
  },
  {
    name: 'an error of the hook takes the place of the AllocError',
    guards: 'hooks that throw',
    file: hook,
    find: '  } catch {\n',
    replace: '  } catch (thrown) {\n    throw thrown;\n',
    test: misuse(
      'default-allocator',
      'the hook of failed requests that throws changes nothing of the error',
    ),
  },
  {
    name: 'NOWARN is not heard',
    guards: 'the flag NOWARN',
    file: requests,
    find: '& NOWARN) === 0)',
    replace: '& NOWARN) < 8)',
    test: unit(
      'alloc-error-hook',
      'setAllocErrorHook does not tell of a request with the flag NOWARN, alone',
    ),
  },
  {
    name: 'a free gives nothing back to the budget',
    guards: 'budgets that are spent again and again',
    file: requests,
    find: 'if (isBack) chargeOf(block)?.release();',
    replace: 'if (!isBack) chargeOf(block)?.release();',
    test: unit(
      'budgets',
      'withBudget counts what was freed with its memory in use until nothing can reach it',
    ),
  },
  {
    name: 'what the allocator refused stays counted',
    guards: 'budgets after a failure',
    file: requests,
    find: '  } catch (error) {\n    charge?.release();\n    throw error;\n  }\n  return adopt(block',
    replace: '  } catch (error) {\n    throw error;\n  }\n  return adopt(block',
    test: unit('budgets', 'withBudget does not count what its allocator refused'),
  },
  {
    name: 'a block that could not be reallocated is free of charge',
    guards: 'budgets after a reallocation that failed',
    file: requests,
    find: '    if (wasOpen) before?.open();\n    throw error;',
    replace: '    throw error;',
    test: unit('budgets', 'withBudget keeps the charge of a block that could not be reallocated'),
  },
  {
    name: 'only the inner budget is asked',
    guards: 'budgets within budgets',
    file: budget,
    find: 'at !== null; at = at.outer) at.#requireRoom(layout);',
    replace: 'at === this; at = at.outer) at?.#requireRoom(layout);',
    test: unit('budgets', 'withBudget within another counts in both'),
  },
  {
    name: 'a refusal does not look for what went unseen',
    guards: 'blocks that their own allocator freed',
    file: budget,
    find: '    this.#sweep();\n    if (this.#used + layout.size',
    replace: '    if (this.#used + layout.size',
    test: unit('budgets', 'withBudget learns of a block that its own allocator freed'),
  },
  {
    name: 'a Box is used after its end',
    guards: 'Boxes that were taken',
    file: memory,
    find: '    this.#hasEnded = true;\n    this.#held = null;\n',
    replace: '',
    test: misuse(
      'box-and-vec',
      'after take() every use is DETACHED too while the memory is still there',
    ),
  },
  {
    name: 'a Vec changes while its allocator is at work',
    guards: 'allocators that use the Vec that they serve',
    file: memory,
    find: '    this.#isChanging = true;\n',
    replace: '',
    test: misuse(
      'box-and-vec',
      'code of the caller in an allocator finds the Vec BUSY, and cannot change it',
    ),
  },
  {
    name: 'a Box that could not be freed is lost',
    guards: 'Boxes whose allocator throws',
    file: memory,
    find: '      this.#held = held;\n      this.#hasEnded = false;\n',
    replace: '',
    test: misuse(
      'box-and-vec',
      'code of the caller in an allocator that throws leaves Box and Vec as they were',
    ),
  },
  {
    name: 'a freed Buffer is written',
    guards: 'views of pooled Buffers',
    file: span,
    find: 'if (place !== null && place.keeper === null) return false;',
    replace: 'if (place === undefined) return false;',
    test: misuse(
      'struct-view',
      'structView refuses a block that was freed, and a use after the free: DETACHED',
    ),
  },
  {
    name: 'a field that is missing is left as it is',
    guards: 'structs of which a field is missing',
    file: struct,
    find: '    accept(value: unknown, argument: string): unknown {\n',
    replace:
      "    accept(value: unknown, argument: string): unknown {\n      if (value !== null && Reflect.get(value as object, 'y') === undefined) return fields.map(() => 0);\n",
    test: misuse('struct-view', 'structView refuses for a struct { x: 1 }'),
  },
  {
    name: 'a Vec grows by one value',
    guards: 'growth by doubling',
    file: vec,
    find: 'max(needed, 2 * this.capacity,',
    replace: 'max(needed,',
    test: unit('vec', 'a 16 x 16-byte heap pushing 0..10 grows the vec 4 -> 8 -> 16 i32'),
  },
  {
    name: 'some of several values are pushed',
    guards: 'a push of which one value is wrong',
    file: vec,
    find: '    own.append(values);\n',
    replace: '    for (const value of values) own.append([value]);\n',
    test: misuse('box-and-vec', "for u8 the value '1' is INVALID_ARG_TYPE, and nothing changes"),
  },
  {
    name: 'a view of a removed value is alive',
    guards: 'views of values that were removed',
    file: vec,
    find: 'if (end <= this.length * this.element.layout.size)',
    replace: 'if (end <= this.capacity * this.element.layout.size)',
    test: misuse(
      'box-and-vec',
      'an index that is none is one of a value that was removed: its view is DETACHED',
    ),
  },
];
