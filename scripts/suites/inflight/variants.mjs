// Sources other than the project's own, as edits to a copy: a heap that reuses freed memory at once,
// and the controls, each one mistake that the run has to catch.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { applyEdits } from '../../lib/edits.mjs';
import { fromRoot, listFiles } from '../../lib/project.mjs';

const REUSE_HEAP = 'test/inflight/native/reuse_heap.h';

/** Freed memory has a new owner at once. */
export const REUSE = [
  {
    file: 'native/core/os/os_posix.c',
    find: /#include "os\/os\.h"\n/,
    replace: `$&#include "${fromRoot(REUSE_HEAP)}"\n`,
  },
  {
    file: 'native/core/os/os_posix.c',
    find: / *\.heap_allocate = [\s\S]*?\.heap_free = free,/,
    replace: `      .heap_allocate = reuse_allocate,
      .heap_allocate_zeroed = reuse_allocate_zeroed,
      .heap_allocate_aligned = reuse_allocate_aligned,
      .heap_resize = reuse_resize,
      .heap_free = reuse_free,`,
  },
  {
    file: 'native/core/os/os_posix.c',
    find: /static void \*posix_heap_allocate_zeroed[\s\S]*(?=const hw_os_t \*hw_os_default)/,
    replace: '',
  },
];

/** Every free detaches and releases at once, as if there were no requests. */
export const GATE_REMOVED = [
  {
    file: 'native/binding/environment.c',
    find: /(bool hw_environment_is_busy\([^)]*\) \{\n)[^}]*\}/,
    replace: '$1  (void)environment;\n  return false;\n}',
  },
];

/** A free with requests active detaches. The memory is parked for ever, so nothing reuses it. */
export const DETACH_WHEN_BUSY = [
  {
    file: 'native/binding/block_functions.c',
    find: /(napi_value hw_js_deallocate\([\s\S]*?)( {2}if \(code == HW_CODE_DETACH\))/,
    replace: `$1  if (code == HW_CODE_KEPT && hw_word_leases(hw_record_word(record)) == 0) {
    napi_status ignored = napi_detach_arraybuffer(env, call.values[0]);
    (void)ignored;
  }
$2`,
  },
  {
    file: 'native/binding/wrap.c',
    find: /(static void finalize\([\s\S]*?hw_word_state\([^;]*;\n)/,
    replace: '$1  if (state == HW_RECORD_ABANDONED) return;\n',
  },
];

/** A free does not look at leases. */
export const LEASE_IGNORED = [
  {
    file: 'native/binding/heap.c',
    find: /(hw_code_t hw_block_begin_free\([\s\S]*?if \()(hw_word_leases\(word\) > 0)/,
    replace: '$1false && $2',
  },
];

/** What CMake needs to build the addon. */
function buildInputs() {
  return [
    'CMakeLists.txt',
    'package.json',
    ...listFiles('cmake', /\.cmake$/),
    ...listFiles('native', /\.(c|cc|h|json|map)$/),
  ];
}

/** Brings the copy of the sources in `folder` up to date, with the edits. */
export function writeVariant(folder, edits) {
  for (const path of buildInputs()) {
    const text = readFileSync(fromRoot(path), 'utf8');
    writeIfChanged(fromRoot(folder, path), applyEdits(path, text, edits));
  }
}

/** An untouched file is one that need not be built again. */
function writeIfChanged(path, text) {
  try {
    if (readFileSync(path, 'utf8') === text) return;
  } catch {
    mkdirSync(dirname(path), { recursive: true });
  }
  writeFileSync(path, text);
}
