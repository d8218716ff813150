// Sources other than the project's own, as edits to a copy: a heap that reuses freed memory at once,
// and the controls, each one mistake that the run has to catch.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fromRoot, listFiles } from '../../lib/project.mjs';
import { Stop } from '../../lib/run.mjs';

const REUSE_HEAP = 'test/inflight/native/reuse_heap.h';

/** Freed memory has a new owner at once. */
export const REUSE = [
  {
    file: 'native/core/os/os_posix.c',
    from: /#include "os\/os\.h"\n/,
    to: `$&#include "${fromRoot(REUSE_HEAP)}"\n`,
  },
  {
    file: 'native/core/os/os_posix.c',
    from: / *\.heap_allocate = [\s\S]*?\.heap_free = free,/,
    to: `      .heap_allocate = reuse_allocate,
      .heap_allocate_zeroed = reuse_allocate_zeroed,
      .heap_allocate_aligned = reuse_allocate_aligned,
      .heap_resize = reuse_resize,
      .heap_free = reuse_free,`,
  },
  {
    file: 'native/core/os/os_posix.c',
    from: /static void \*posix_heap_allocate_zeroed[\s\S]*(?=const hw_os_t \*hw_os_default)/,
    to: '',
  },
];

/** Every free detaches and releases at once, as if there were no requests. */
export const GATE_REMOVED = [
  {
    file: 'native/binding/environment.c',
    from: /(bool hw_environment_is_busy\([^)]*\) \{\n)[^}]*\}/,
    to: '$1  (void)environment;\n  return false;\n}',
  },
];

/** A free with requests active detaches. The memory is parked for ever, so nothing reuses it. */
export const DETACH_WHEN_BUSY = [
  {
    file: 'native/binding/block_functions.c',
    from: /(napi_value hw_js_deallocate\([\s\S]*?)( {2}if \(code == HW_CODE_DETACH\))/,
    to: `$1  if (code == HW_CODE_KEPT && hw_word_leases(hw_record_word(record)) == 0) {
    napi_status ignored = napi_detach_arraybuffer(env, call.values[0]);
    (void)ignored;
  }
$2`,
  },
  {
    file: 'native/binding/wrap.c',
    from: /(static void finalize\([\s\S]*?hw_word_state\([^;]*;\n)/,
    to: '$1  if (state == HW_RECORD_ABANDONED) return;\n',
  },
];

/** A free does not look at leases. */
export const LEASE_IGNORED = [
  {
    file: 'native/binding/heap.c',
    from: /(hw_code_t hw_block_begin_free\([\s\S]*?if \()(hw_word_leases\(word\) > 0)/,
    to: '$1false && $2',
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
  const unused = new Set(edits);
  for (const path of buildInputs()) {
    let text = readFileSync(fromRoot(path), 'utf8');
    for (const edit of edits) {
      if (edit.file !== path || !edit.from.test(text)) continue;
      text = text.replace(edit.from, edit.to);
      unused.delete(edit);
    }
    writeIfChanged(fromRoot(folder, path), text);
  }
  for (const { file } of unused)
    throw new Stop(`an edit of the in-flight test no longer fits ${file}`);
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
