/** Where blocks were allocated and freed, as far as it is remembered. */
import type { Block } from '../../block.js';
import { callSite } from '../../debug.js';

/** Live blocks that one place of the program has allocated. */
export interface LeakRow {
  /** The innermost frame of the program; empty where call sites are not remembered. */
  readonly site: string;
  readonly blocks: number;
  /** As they were asked for. */
  readonly bytes: number;
}

interface Note {
  readonly allocatedAt: string;
  freedAt: string | null;
}

export class Sites {
  readonly #isOn: boolean;
  readonly #notes = new WeakMap<Block, Note>();

  constructor(isOn: boolean) {
    this.#isOn = isOn;
  }

  /** The block was handed out here. Answers where that is; null where it is not remembered. */
  noteAllocated(block: Block): string | null {
    if (!this.#isOn) return null;
    const allocatedAt = callSite();
    this.#notes.set(block, { allocatedAt, freedAt: null });
    return allocatedAt;
  }

  noteFreed(block: Block): void {
    const note = this.#notes.get(block);
    if (note !== undefined) note.freedAt = callSite();
  }

  /** `allocated at f (...) and freed at g (...)`; empty where nothing is remembered. */
  describe(value: unknown): string {
    const note = this.#notes.get(value as Block);
    if (note === undefined) return '';
    const freed = note.freedAt === null ? '' : ` and freed ${note.freedAt}`;
    return `allocated ${note.allocatedAt}${freed}`;
  }

  /** Blocks and bytes by the place that allocated them, the most bytes first. */
  group(live: Iterable<readonly [block: Block, bytes: number]>): readonly LeakRow[] {
    const rows = new Map<string, { site: string; blocks: number; bytes: number }>();
    for (const [block, bytes] of live) {
      const site = this.#notes.get(block)?.allocatedAt ?? '';
      const row = rows.get(site) ?? { site, blocks: 0, bytes: 0 };
      row.blocks++;
      row.bytes += bytes;
      rows.set(site, row);
    }
    const sorted = [...rows.values()].sort((one, other) => other.bytes - one.bytes);
    return Object.freeze(sorted.map((row) => Object.freeze(row)));
  }
}
