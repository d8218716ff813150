/** The blocks that an allocator has out, each with its layout and its bytes. */
import type { Block } from '../block.js';
import type { Answer } from './answer.js';
import { createNotes } from './note.js';
import { Ranges } from './ranges.js';

/** What is noted on a block, from the first time it is handed out on. */
interface Entry {
  /** Null while it is not live. */
  live: Answer | null;
  /** Where it stands in the list. */
  at: number;
}

const entries = createNotes<Entry>((entry) => entry.live === null);
const rangesOf = createNotes<Ranges>((ranges) => ranges.isEmpty);

export class Custody<B extends Block> {
  /** Kept until they are freed. */
  readonly #blocks: B[] = [];

  get count(): number {
    return this.#blocks.length;
  }

  /** The blocks that are live now. */
  list(): B[] {
    return [...this.#blocks];
  }

  find(block: unknown): Answer | null {
    return this.#entryOf(block)?.live ?? null;
  }

  /** Whether it was here and is no longer. */
  wasHere(block: unknown): boolean {
    return this.#entryOf(block)?.live === null;
  }

  /** Whether the byte at `at` of an ArrayBuffer is part of a live block. */
  covers(memory: object, at: number): boolean {
    if (this.find(memory) !== null) return true;
    return rangesOf.get(memory, this)?.has(at) ?? false;
  }

  /** False, and nothing changed: a live block has some of its bytes. */
  add(block: B, live: Answer): boolean {
    if (live.layout.size > 0 && !this.#takeBytes(live)) return false;
    const at = this.#blocks.push(block) - 1;
    const entry = this.#entryOf(block);
    if (entry === undefined) {
      entries.add(block, this, { live, at });
    } else {
      entry.live = live;
      entry.at = at;
    }
    return true;
  }

  /** Ends the custody of a live block. */
  remove(block: B): void {
    const entry = this.#entryOf(block) as Entry;
    const { memory, start, layout, isView } = entry.live as Answer;
    if (isView && layout.size > 0) rangesOf.get(memory, this)?.remove(start);
    entry.live = null;
    const last = this.#blocks.pop() as B;
    if (last === block) return;
    this.#blocks[entry.at] = last;
    (this.#entryOf(last) as Entry).at = entry.at;
  }

  #entryOf(block: unknown): Entry | undefined {
    return typeof block === 'object' && block !== null ? entries.get(block, this) : undefined;
  }

  #takeBytes({ memory, isView, start, layout }: Answer): boolean {
    const ranges = rangesOf.get(memory, this);
    if (!isView) return ranges === undefined || ranges.isEmpty;
    if (this.find(memory) !== null) return false;
    const end = start + layout.size;
    if (ranges !== undefined) return ranges.add(start, end);
    rangesOf.add(memory, this, new Ranges(start, end));
    return true;
  }
}
