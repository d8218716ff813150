/**
 * Allocators written in C and loaded at run time. The addon looks at what the file exports and at
 * every answer; here is only who asks, and the words.
 */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Allocator } from '../allocator.js';
import { heapwrightError, invalidArgType, outOfMemory } from '../errors.js';
import { Layout } from '../layout.js';
import { Code, Mail, native, PluginFault } from '../native.js';
import { limitOption, readOptions } from '../options.js';
import { refuseCall } from '../refusal.js';
import { trustAllocator } from '../trust.js';
import { NativeAllocator } from './native-allocator.js';

/** How {@link loadAllocator} makes an allocator. */
export interface LoadAllocatorOptions {
  /** The most bytes in use at once, abandoned ones included. Default: no limit (Infinity). */
  readonly limit?: number;
  /** What the plug-in's `create` is given, as it is. Default: nothing. */
  readonly config?: string;
}

const NAMES = ['limit', 'config'] as const;

/** For each fault that the addon sees: what a plug-in has, and what this one has. */
const FAULTS: Readonly<Record<number, readonly [expected: string, actual: string]>> = {
  [PluginFault.NO_SYMBOL]: ['a shared object that exports hw_plugin', 'one that does not'],
  [PluginFault.BAD_VERSION]: [
    'a plug-in of this version of heapwright.h',
    'one of another version',
  ],
  [PluginFault.BAD_SIZE]: [
    'a plug-in that begins with HW_PLUGIN_HEADER',
    'structures of other sizes',
  ],
  [PluginFault.BAD_NAME]: ['a name of 1 to 31 letters, digits, -, _ and .', 'another or none'],
  [PluginFault.NO_CREATE]: ['a plug-in with the function create', 'NULL'],
  [PluginFault.NO_ALLOCATOR]: ['an allocator from create, with its table', 'NULL'],
  [PluginFault.BAD_TABLE_VERSION]: ['a table of this version of heapwright.h', 'another version'],
  [PluginFault.NO_FUNCTIONS]: ['a table with allocate and deallocate', 'NULL for one of them'],
};

function loadFailed(expected: string, actual: string, cause?: unknown): Error {
  return heapwrightError('ERR_HEAPWRIGHT_LOAD_FAILED', {
    expected,
    actual,
    hint: 'Build the plug-in as docs/c-api.md says, against the header of this package.',
    cause,
  });
}

function refuseFault(): Error {
  const fault = native.mail[Mail.STATE] as number;
  const status = native.mail[Mail.KIND] as number;
  const [expected, actual] = FAULTS[fault] ?? ['OK from create', `status ${status} of hw_status_t`];
  return loadFailed(expected, actual);
}

/** The whole path of a regular file. Another kind of file could be waited for without end. */
function fileOf(path: unknown): string {
  const file = path instanceof URL ? pathOf(path) : path;
  if (typeof file !== 'string' || file === '' || file.includes('\0')) {
    throw invalidArgType('path', 'the path of a shared object, a string or file: URL', path);
  }
  const whole = resolve(file);
  const found = statSync(whole, { throwIfNoEntry: false });
  if (found === undefined) throw loadFailed('a shared object', 'no file');
  if (!found.isFile()) throw loadFailed('a shared object', 'something that is no regular file');
  return whole;
}

function pathOf(url: URL): string | null {
  try {
    return fileURLToPath(url);
  } catch {
    return null;
  }
}

function configOption(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && !value.includes('\0')) return value;
  throw invalidArgType('options.config', 'a string without NUL', value);
}

/** Dedicated blocks from the allocator of a plug-in, guarded in the addon. */
class PluginAllocator extends NativeAllocator {
  constructor(name: string, limit: number, opened: object) {
    super(name, limit, undefined, undefined, opened);
  }

  protected override refuseAnswer(): Error {
    return heapwrightError('ERR_HEAPWRIGHT_CORRUPTED', {
      actual: `an answer of the plug-in "${this.name}" that is NULL, misaligned, in use or no status`,
      hint: 'The answer was refused and nothing else has changed. Mend the plug-in.',
    });
  }
}

trustAllocator(PluginAllocator);

/**
 * An allocator from a shared object that exports a table of C functions, as docs/c-api.md shows. It
 * behaves as every other allocator of dedicated blocks: its blocks are ArrayBuffers, detached when
 * they are freed, behind the same gate, and each answer of the plug-in is checked before a script
 * sees it. What the plug-in's own code writes to, nobody can check: load only what you trust.
 *
 * The shared object stays loaded until the process ends. Each call makes an allocator of its own.
 *
 * @throws LOAD_FAILED: there is no such file, it does not load, or what it exports is no plug-in.
 *
 * @example
 * const bump = loadAllocator('./bump.so', { limit: 2 ** 20 });
 * const block = bump.allocate(Layout.from(4096, 4096));
 */
export function loadAllocator(path: string | URL, options?: LoadAllocatorOptions): Allocator {
  const given = options === undefined ? {} : readOptions(options, NAMES);
  const limit = limitOption(given.limit, 'limit');
  const config = configOption(given.config);
  const answer = native.createPluginHeap(fileOf(path), config, limit);
  if (typeof answer === 'object') return new PluginAllocator(answer[1], limit, answer[0]);
  if (typeof answer === 'string') throw loadFailed('a shared object', answer);
  if (answer === Code.LOAD_FAILED) throw refuseFault();
  if (answer !== Code.OUT_OF_MEMORY) throw refuseCall(answer);
  throw outOfMemory({ layout: Layout.from(0), allocator: 'plug-in', reason: 'os' });
}
