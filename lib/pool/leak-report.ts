/**
 * The report of `HEAPWRIGHT_DEBUG=leaks`, written to standard error when the process (or the
 * worker) exits: Buffers that are still live, and those that only the collector brought back, by
 * the place that allocated them.
 */
import { callSite, hasStacks, reportsLeaks } from '../debug.js';
import { type Slab, SlabState } from './slab.js';

interface Count {
  blocks: number;
  bytes: number;
}

type Counts = Map<string, Count>;

const recovered: Counts = new Map();
/** What is out, by its slab; an entry goes when its slab ends. */
const live = new Set<Slab>();

function count(counts: Counts, slab: Slab): void {
  const site = slab.site ?? 'at an unknown place';
  const known = counts.get(site) ?? { blocks: 0, bytes: 0 };
  counts.set(site, { blocks: known.blocks + 1, bytes: known.bytes + slab.bytes });
}

function lines(title: string, counts: Counts): string[] {
  const rows = [...counts].sort(([, a], [, b]) => b.bytes - a.bytes);
  return rows.flatMap(([site, { blocks, bytes }]) => [
    `heapwright: ${title}: ${blocks} Buffer(s), ${bytes} bytes, allocated`,
    ...site.split('\n').map((line) => `    ${line}`),
  ]);
}

function report(): void {
  const left: Counts = new Map();
  for (const slab of live) if (slab.state === SlabState.FULL) count(left, slab);
  const text = [...lines('never freed', left), ...lines('recovered', recovered)];
  if (text.length > 0) process.stderr.write(`${text.join('\n')}\n`);
}

if (reportsLeaks) process.on('exit', report);

/** A Buffer with memory of its own was made. */
export function noteApart(slab: Slab): void {
  if (!hasStacks) return;
  slab.site = callSite();
  if (reportsLeaks) live.add(slab);
}

/** Its memory is back. */
export function noteEnded(slab: Slab): void {
  if (reportsLeaks) live.delete(slab);
}

/** The collector brought it back. */
export function noteRecovered(slab: Slab): void {
  if (reportsLeaks) count(recovered, slab);
}
