/** The typed contract with the addon: what native/binding exports. Only lib/native.ts calls it. */

/** What the addon found out about the runtime. */
export interface RuntimeState {
  readonly gateProved: boolean;
  readonly byTransfer: boolean;
  readonly external: boolean;
  readonly activeRequests: number;
  /** Records in use: live blocks, and freed ones whose finalizer is still to come. */
  readonly records: number;
  readonly orphanedBlocks: number;
  readonly orphanedBytes: number;
}

/** What the addon exports. Sizes in bytes. A block is named by its stamp and the buffer itself. */
export interface Addon {
  /** An external with a type tag, as native/include/heapwright.h says; not on every runtime. */
  readonly capi?: object;
  /** `hw_mailbox_t`. */
  readonly mailbox: ArrayBuffer;

  // Asked through the mailbox; see the functions of the same names below.
  allocate(): ArrayBuffer | number;
  deallocate(block: ArrayBuffer): number | undefined;
  reallocate(block: ArrayBuffer): ArrayBuffer | number;
  reallocateInPlace(block: ArrayBuffer): ArrayBuffer | number;
  allocateRaw(): number;
  allocateSlab(): ArrayBuffer | number;

  /**
   * The answer keeps the heap open; its id is in the mail. The last three are of an arena its
   * limit of pages, milliseconds of decay, flags; of chunks their number, size and {@link Fit}.
   */
  createHeap(kind: string, limit: number, ...ofTheKind: readonly number[]): object | number;
  /**
   * What `createHeap` answers, and the plug-in's name; the system's words where the file does not
   * load; LOAD_FAILED with a {@link PluginFault} in `Mail.STATE` and a status in `Mail.KIND`.
   */
  createPluginHeap(
    path: string,
    config: string | undefined,
    limit: number,
  ): readonly [anchor: object, name: string] | string | number;
  closeHeap(heap: number): number;
  /** Index and generation, in turn, of every block of the heap that was not freed. */
  liveBlocks(heap: number): number[] | number;
  /** In the order of {@link STATS}. */
  stats(heap: number): number[] | number;
  /** The name of the broken invariant, or OK. */
  verify(heap: number): string | number;
  usableSize(heap: number, size: number, align: number): number;

  // Of arenas only; INVALID_ARG elsewhere.
  purge(heap: number): number;
  /** OK: nothing is left to give back. KEPT: call again later. */
  tick(heap: number): number;
  /** JSON, as `hw_arena_stats_json` and `hw_arena_map_json` write it. */
  arenaStats(heap: number): string | number;
  arenaMap(heap: number): string | number;

  /** As `deallocate`, but asks for neither owner nor layout; also for slabs and scopes. */
  endBlock(index: number, generation: number, block: ArrayBuffer): number;
  /** OK while the memory has not been given back; asks nothing of the buffer. */
  isHeld(index: number, generation: number): number;
  lease(index: number, generation: number, block: ArrayBuffer): number;
  endLease(index: number, generation: number, block: ArrayBuffer): number;
  blockState(index: number, generation: number, block: ArrayBuffer): number;
  addressOf(index: number, generation: number, block: ArrayBuffer): bigint | number;

  /** An ArrayBuffer over a range of raw memory, as a slab or a scope. */
  wrapRange(
    index: number,
    generation: number,
    offset: number,
    size: number,
    kind: number,
  ): ArrayBuffer | number;
  /** Ends raw memory: at once, or with the last range of it. */
  releaseRaw(index: number, generation: number): number;

  // Blocks of a share, asked through the mailbox alone; see lib/pool/share.ts. Undefined is OK.
  chunkAllocate(): number | undefined;
  chunkFree(): number | undefined;
  chunkResize(): number | undefined;
  chunkLook(): number | undefined;
  chunkLease(): number | undefined;
  chunkEndLease(): number | undefined;

  // Chunks of a heap (0) or of a share (1).
  /** Capacity, bytes of a chunk, chunks, free ones. */
  chunkInfo(isShare: number, id: number): number[] | number;
  /** The longest free run in chunks, whether an empty heap would serve the layout, its bytes. */
  chunkRoom(isShare: number, id: number, size: number, align: number): number[] | number;

  /** The answer keeps the member; its id and its number are in the mail. Without `name` nobody
   * else can join. */
  createShare(
    bytes: Uint8Array,
    chunkSize: number,
    fit: number,
    seed: number,
    name?: string,
  ): object | number;
  joinShare(name: string, bytes: Uint8Array): object | number;
  leaveShare(member: number): number;
  resetShare(member: number): number;
  /** How many blocks were freed. */
  reclaimShare(member: number, number: number): number;
  /** In the order of {@link SHARE_STATS}. */
  shareStats(member: number): number[] | number;
  shareVerify(member: number): string | number;
  shareOwns(member: number, offset: number): number;
  shareAddress(member: number): bigint | number;

  runtimeState(): RuntimeState | number;
  /** BUSY while operations are in flight, or where they cannot be seen; else OK. */
  isBusy(): number;
  /** Asks V8 for a collection; KEPT if that was asked in this tick before. See {@link Pressure}. */
  pushCollection(pressure: number): number;
  /** For tests. */
  force(flags: number): number;
}
