/** Nodes of compositions, what they share, and the text that they are made of. */
const ledger = 'lib/compose/ledger.ts';
const composite = 'lib/compose/composite.ts';
const fallback = 'lib/compose/fallback.ts';
const segregator = 'lib/compose/segregator.ts';
const limited = 'lib/compose/limited.ts';
const proxy = 'lib/compose/proxy-allocator.ts';
const checked = 'lib/compose/checked.ts';
const canaries = 'lib/compose/checked/canaries.ts';
const faults = 'lib/compose/checked/faults.ts';
const wrapped = 'lib/compose/wrapped.ts';
const composed = 'lib/compose/composed.ts';
const parser = 'lib/compose/text/parser.ts';
const printer = 'lib/compose/text/printer.ts';
const builder = 'lib/compose/text/builder.ts';
const unit = (file, name) => ({ vitest: `test/unit/${file}.test.ts`, name });
const conformance = (file, name) => ({ vitest: `test/conformance/${file}.test.ts`, name });

const FIVE =
  'ProxyAllocator alloc 8, realloc 16, alloc 100 (fail), realloc 100 (fail), free: exactly those 5 events in this order with sizes';

export default [
  {
    name: 'a block that came back stays in the ledger',
    guards: 'the figures of a node',
    file: ledger,
    find: '      this.liveBlocks--;\n      this.liveBytes -= entry.bytes;\n    }\n',
    replace: '    }\n',
    test: unit(
      'proxy',
      'a function of a ProxyAllocator that throws (deallocate) changes no call, and is reported once',
    ),
  },
  {
    name: 'an abandoned block counts no more',
    guards: 'bytes that are in use after their free',
    file: ledger,
    find: '    this.#abandoned.add(entry);\n',
    replace: '',
    test: unit(
      'as-buffers',
      'asBuffers leaves a Buffer that an operation may use as it is, and says so',
    ),
  },
  {
    name: 'what the collector got is not struck out',
    guards: 'blocks that the program dropped',
    file: ledger,
    find: '      if (entry.target === undefined) this.leave(entry);\n',
    replace: '',
    test: unit('stats-allocator', 'Stats takes what the collector got from the live ones'),
  },
  {
    name: 'a high tide counts what is back',
    guards: 'the high tides of a node',
    file: ledger,
    find: '    if (this.allocations >= this.#nextLook) this.#sweepAbandoned();\n',
    replace: '',
    test: unit(
      'stats-allocator',
      'Stats keeps no high tide of blocks that are back, though they were freed in use',
    ),
  },
  {
    name: 'an entry is whoever has its number',
    guards: 'blocks that are back, which a stamp still names',
    file: ledger,
    find: 'return entry.target === block && !entry.isAbandoned ? (entry as LiveEntry) : null;',
    replace: 'return entry.layout !== null && !entry.isAbandoned ? (entry as LiveEntry) : null;',
    test: {
      vitest: 'test/misuse/nodes.test.ts',
      name: 'Stats does not take a block whose lease outlived it for the one that came after it',
    },
  },
  {
    name: 'a node frees with any layout',
    guards: 'the layout of a free',
    file: composite,
    find: 'if (size === layout.size && align === layout.align) return entry;',
    replace: 'return entry;',
    test: conformance(
      'limited',
      'Limited over BufferPool reallocate leaves the old block alive when the layout is not its own',
    ),
  },
  {
    name: 'a node ends while a lease is open',
    guards: 'leased blocks of a node',
    file: composite,
    find: '      if (block !== undefined) this.requireFree(block as B);\n',
    replace: '',
    test: conformance(
      'limited',
      'Limited over SystemAllocator dispose throws LEASED while a lease is open and changes nothing',
    ),
  },
  {
    name: 'a fallback frees everything in its primary',
    guards: 'blocks of the secondary',
    file: fallback,
    find: 'return this.#primary.owns(block) ? this.#primary : this.#secondary;',
    replace: 'return this.#primary.owns(block) ? this.#primary : this.#primary;',
    test: unit('fallback', '48 + 48 into 64 + 256 frees each where it came from'),
  },
  {
    name: 'a block stays where its new size does not belong',
    guards: 'the table of a segregator',
    file: segregator,
    find: 'return this.#for(newLayout) === home ? home : null;',
    replace: 'return home;',
    test: unit('as-buffers', 'asBuffers composes with pools'),
  },
  {
    name: 'a bound goes to the row above it',
    guards: 'the bounds of a segregator',
    file: segregator,
    find: 'while (layout.size > (bounds[at] as number)) at++;',
    replace: 'while (layout.size >= (bounds[at] as number)) at++;',
    test: unit('compose-text', 'compose makes of the example what it says'),
  },
  {
    name: 'a limit is reached one byte late',
    guards: 'the exact limit',
    file: limited,
    find: 'return ledger.heldBytes + bytes <= this.#bytes &&',
    replace: 'return ledger.heldBytes + bytes <= this.#bytes + 1 &&',
    test: unit('compose-text', 'compose makes of the example what it says'),
  },
  {
    name: 'nobody is told of a free',
    guards: 'the events of a proxy',
    file: proxy,
    find: "    this.#tell('deallocate', [block, layout]);\n",
    replace: '',
    test: unit('proxy', FIVE),
  },
  {
    name: 'what a function throws reaches the caller',
    guards: 'functions that throw',
    file: proxy,
    find: '    } catch (error) {\n      this.#warn(name, error);\n    } finally {',
    replace: '    } finally {',
    test: unit(
      'proxy',
      'a function of a ProxyAllocator that throws (allocateFail) changes no call, and is reported once',
    ),
  },
  {
    name: 'a function is told of what it does itself',
    guards: 'functions that call back',
    file: proxy,
    find: 'if (event === undefined || this.#isTelling) return;',
    replace: 'if (event === undefined) return;',
    test: unit(
      'proxy',
      'a function of a ProxyAllocator that allocates and frees (allocateSuccess) damages nothing and is not told of that',
    ),
  },
  {
    name: 'the canary in front of a block is not looked at',
    guards: 'writes before a Buffer',
    file: canaries,
    find: 'if (this.#before >= 0 && bytes[this.#before + at] !== value) return false;',
    replace: '',
    test: unit(
      'checked',
      'a write beyond a Buffer of a Checked right before it is CORRUPTED at the free, once',
    ),
  },
  {
    name: 'an old canary shows in a block that grew',
    guards: 'new bytes of a reallocation',
    file: checked,
    find: '    fillBytes(bytesOf(block), 0, kept, kept + this.#canary);\n',
    replace: '',
    test: unit(
      'checked',
      'a write beyond a Buffer of a Checked leaves nothing of an old canary in a block that grew',
    ),
  },
  {
    name: 'a block is filled while it may still be read',
    guards: 'what an operation in flight reads',
    file: checked,
    find: '    if (kept !== null) return null;\n',
    replace: '    if (kept === state) return null;\n',
    test: unit(
      'checked',
      'fill patterns of a Checked do not touch what a lease or an operation in flight may still read',
    ),
  },
  {
    name: 'the bytes of requests that fail count as served',
    guards: 'faults by bytes',
    file: faults,
    find: 'if (isDue || this.#served + size > this.#afterBytes) return true;\n    this.#served += size;',
    replace:
      'this.#served += size;\n    if (isDue || this.#served > this.#afterBytes) return true;',
    test: unit('checked', 'fault injection of a Checked refuses all of these, the same every time'),
  },
  {
    name: 'a wrapped Buffer lives as long as the block inside',
    guards: 'what explain says of a Buffer that was freed',
    file: wrapped,
    find: "if (fate === 'freed' || inside === 'freed') return 'freed';",
    replace: "if (inside === 'freed') return 'freed';",
    test: unit(
      'as-buffers',
      'asBuffers serves memory of a program, of which the package knows no address',
    ),
  },
  {
    name: 'a composition ends under a lease on a freed block',
    guards: 'what a composition is made of',
    file: composed,
    find: 'if (explain(block).leases > 0) throw',
    replace: "if (explain(block).state === 'leased') throw",
    test: unit(
      'compose-text',
      'compose does not end pool while a lease is open, also on a block that was freed',
    ),
  },
  {
    name: 'a composition leaves what it made',
    guards: 'the end of a composition',
    file: builder,
    find: '    for (const each of this.#made.reverse()) each.dispose();\n',
    replace: '',
    test: unit('compose-text', 'compose ends all that it made with dispose'),
  },
  {
    name: 'the arguments of a word may repeat',
    guards: 'arguments of compositions',
    file: parser,
    find: ' && !(text in args)',
    replace: '',
    test: unit(
      'compose-text',
      'the text of a composition "pool | limit(bytes: 1, bytes: 2)" is wrong at column 24',
    ),
  },
  {
    name: 'an argument behind a gap is printed without its name',
    guards: 'printed trees',
    file: printer,
    find: 'if (value === undefined) isComplete = false;',
    replace: 'if (value === undefined) continue;',
    test: unit(
      'compose-text',
      'compose prints the name of an argument behind one that was left out',
    ),
  },
];
