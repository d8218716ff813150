/**
 * The figures of a pool that its magazines do not know: what is held, and what lies outside of
 * them. Bytes are those of the slots.
 */
export class Tally {
  /** Bytes of all slabs, those included that wait for the collector. */
  heldBytes = 0;
  /** The most that `heldBytes` ever was. */
  peakBytes = 0;
  /** Blocks that are out of slabs that no magazine has any more, or have a slab of their own. */
  strayBlocks = 0;
  strayBytes = 0;
  /** Those of all blocks that were freed with their memory still in use. */
  abandonedBlocks = 0;
  abandonedBytes = 0;
  /** Blocks that nobody freed, and whose memory came back all the same. */
  recoveredBlocks = 0;
  recoveredBytes = 0;
  /** Blocks that were freed otherwise than into a magazine. */
  freed = 0;
  failures = 0;
  /** Buffers under lease. */
  leases = 0;

  hold(bytes: number): void {
    this.heldBytes += bytes;
    if (this.heldBytes > this.peakBytes) this.peakBytes = this.heldBytes;
  }

  /** `count` blocks of `size` bytes left their magazine, or never had one. */
  stray(count: number, size: number): void {
    this.strayBlocks += count;
    this.strayBytes += count * size;
  }

  abandon(count: number, size: number): void {
    this.abandonedBlocks += count;
    this.abandonedBytes += count * size;
  }

  recover(count: number, size: number): void {
    this.recoveredBlocks += count;
    this.recoveredBytes += count * size;
    this.freed += count;
  }
}
