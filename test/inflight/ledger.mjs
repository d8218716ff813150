/** What happened: a row for each kind of request, and every kind of fault. */

const NOTES = 8;

export class Ledger {
  rows = {};
  /**
   * `corruptedOwners`: a block's bytes changed and nobody had been told to change them.
   * `wrongData`: an operation read, wrote or answered something else than the block held.
   * `failedOperations`: an operation called back with an error.
   * `wrongAnswers`: a free answered true with requests active, false without, or lied about it; a
   * pooled one that shares a slab: true with a lease open, or false without. Of the end of a scope
   * the answer is whether its Buffer is gone.
   */
  faults = { corruptedOwners: 0, wrongData: 0, failedOperations: 0, wrongAnswers: 0 };
  /** The first faults in words. */
  notes = [];
  #onFault;
  #row;

  /** `onFault` is told the first ones at once: there may be no end to tell them at. */
  constructor(onFault) {
    this.#onFault = onFault;
  }

  /** What follows counts for this kind. */
  enter(kind) {
    this.rows[kind] ??= {
      bursts: 0,
      operations: 0,
      freedAtOnce: 0,
      freedInFlight: 0,
      freedInUse: 0,
      dedicatedInUse: 0,
      pooledInUse: 0,
      listedInUse: 0,
      scopedInUse: 0,
      maxAbandonedBlocks: 0,
      maxAbandonedBytes: 0,
    };
    this.#row = this.rows[kind];
    this.#row.bursts++;
  }

  get row() {
    return this.#row;
  }

  /** One free of a block of that sort; `inUse`: an operation was using that very block. */
  freed(answer, inUse, sort) {
    if (answer) this.#row.freedAtOnce++;
    else this.#row.freedInFlight++;
    if (!answer && inUse) this.#row.freedInUse++;
    if (!answer && inUse) this.#row[`${sort}InUse`]++;
  }

  abandoned(stats) {
    const abandonedBlocks = stats.reduce((sum, each) => sum + each.abandonedBlocks, 0);
    const abandonedBytes = stats.reduce((sum, each) => sum + each.abandonedBytes, 0);
    const row = this.#row;
    row.maxAbandonedBlocks = Math.max(row.maxAbandonedBlocks, abandonedBlocks);
    row.maxAbandonedBytes = Math.max(row.maxAbandonedBytes, abandonedBytes);
  }

  fault(name, note) {
    this.faults[name]++;
    if (this.notes.length < NOTES) this.notes.push(`${name}: ${note}`);
    if (this.faults[name] <= NOTES) this.#onFault(this.faults);
  }
}
