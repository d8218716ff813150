/**
 * What `HEAPWRIGHT_DEBUG` asks for, a list of words: read once, when the package is loaded.
 *
 * - `guard`: each pooled Buffer has memory of its own, that is detached when it is freed.
 * - `stacks`: where each was allocated is remembered, for `explain` and the report of leaks.
 * - `leaks`: at exit, what was never freed is reported, by where it was allocated; so is what the
 *   collector brought back meanwhile.
 *
 * Each of them slows allocation down by two orders of magnitude, and is for finding a mistake.
 */
import { fileURLToPath } from 'node:url';

const WORDS = ['guard', 'stacks', 'leaks'] as const;

type Word = (typeof WORDS)[number];

function readWords(text: string | undefined): ReadonlySet<Word> {
  const words = (text ?? '').split(',').map((word) => word.trim());
  const known = new Set<Word>();
  for (const word of words) {
    if ((WORDS as readonly string[]).includes(word)) known.add(word as Word);
    else if (word !== '') warnOf(word);
  }
  return known;
}

function warnOf(word: string): void {
  const known = WORDS.join(', ');
  process.emitWarning(`HEAPWRIGHT_DEBUG has no "${word}"; there are ${known}.`, {
    code: 'ERR_HEAPWRIGHT_OUT_OF_RANGE',
  });
}

const words = readWords(process.env.HEAPWRIGHT_DEBUG);

/** Whether each pooled Buffer gets memory of its own: any of the words needs that. */
export const isGuarded = words.size > 0;
/** Whether call sites are remembered: a leak is reported by its own. */
export const hasStacks = words.has('stacks') || words.has('leaks');
export const reportsLeaks = words.has('leaks');

/** Frames above the allocation: those of this package, named by URL, or by a tool's as a path. */
const HERE = new URL('.', import.meta.url);
const OWN_FRAME = new RegExp(`^\\s*at .*(${quote(HERE.href)}|${quote(fileURLToPath(HERE))})`);
const FRAMES = words.has('stacks') ? 8 : 1;

function quote(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Where the program is now: its innermost frames, without those of this package. */
export function callSite(): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = FRAMES + 10;
  const { stack } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  const lines = typeof stack === 'string' ? stack.split('\n').slice(1) : [];
  const outer = lines.filter((line) => !OWN_FRAME.test(line)).slice(0, FRAMES);
  return outer.map((line) => line.trim()).join('\n') || 'at an unknown place';
}
