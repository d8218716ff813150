/**
 * The native side of a ChunkPool: its membership in a share, and calls about blocks that are named
 * by a handle. They answer with a code and leave the rest in the mail.
 */
import { randomFillSync } from 'node:crypto';
import { Code, Mail, native, Request, RequestSize } from '../native.js';

// Constants of this file alone: the engine compiles them in, and looks up what is imported.
const { mail, sizes, chunkAllocate, chunkFree, chunkLook, chunkLease, chunkEndLease } = native;
const { chunkResize } = native;
const { HEAP, INDEX, GENERATION, FLAGS } = Request;
const { SIZE, ALIGN, NEW_SIZE, NEW_ALIGN } = RequestSize;
const { OFFSET_LOW, OFFSET_HIGH } = Mail;
const HANDLE_LOW = Mail.INDEX;
const HANDLE_HIGH = Mail.GENERATION;
const OK = Code.OK;
const WORD = 2 ** 32;

/** The largest handle. */
export const LAST_HANDLE = 2 ** 53 - 1;

/** This thread's part in a share. */
export interface Member {
  readonly id: number;
  /** Who it is to the other members. */
  readonly number: number;
  /** Keeps it: when it is collected, the member leaves. */
  readonly anchor: object;
}

function read(low: number, high: number): number {
  return (mail[low] as number) + (mail[high] as number) * WORD;
}

function name(member: number, handle: number): void {
  mail[HEAP] = member;
  mail[INDEX] = handle; // the low word: the rest is cut off
  mail[GENERATION] = handle / WORD;
}

/** A block; handle and offset are in the mail. */
export function takeBlock(member: number, size: number, align: number): number {
  mail[HEAP] = member;
  sizes[SIZE] = size;
  sizes[ALIGN] = align;
  return chunkAllocate() ?? OK;
}

export function handleInMail(): number {
  return read(HANDLE_LOW, HANDLE_HIGH);
}

export function offsetInMail(): number {
  return read(OFFSET_LOW, OFFSET_HIGH);
}

/** OK, or KEPT by a lease. */
export function giveBlock(member: number, handle: number, flags: number): number {
  name(member, handle);
  mail[FLAGS] = flags;
  return chunkFree() ?? OK;
}

/** The same with the layout that the block has to have; `flags` says so. */
export function giveBlockOf(
  member: number,
  handle: number,
  flags: number,
  size: number,
  align: number,
): number {
  sizes[SIZE] = size;
  sizes[ALIGN] = align;
  return giveBlock(member, handle, flags);
}

/** The block in place as another one, whose handle is in the mail; NOT_IN_PLACE. */
export function resizeBlock(member: number, handle: number, size: number, align: number): number {
  name(member, handle);
  sizes[NEW_SIZE] = size;
  sizes[NEW_ALIGN] = align;
  return chunkResize() ?? OK;
}

/** OK or ABANDONED with what there is to say in the mail: {@link blockInMail}. */
export function lookAtBlock(member: number, handle: number): number {
  name(member, handle);
  return chunkLook() ?? OK;
}

export function blockInMail() {
  return {
    offset: offsetInMail(),
    size: read(Mail.SIZE_LOW, Mail.SIZE_HIGH),
    start: read(Mail.START_LOW, Mail.START_HIGH),
    usable: read(Mail.USABLE_LOW, Mail.USABLE_HIGH),
    align: 2 ** (mail[Mail.LG_ALIGN] as number),
    leases: mail[Mail.LEASES] as number,
    owner: mail[Mail.HEAP] as number,
  };
}

export function leaseBlock(member: number, handle: number): number {
  name(member, handle);
  return chunkLease() ?? OK;
}

export function endLeaseOnBlock(member: number, handle: number): number {
  name(member, handle);
  return chunkEndLease() ?? OK;
}

function memberOf(anchor: object | number): Member | number {
  if (typeof anchor === 'number') return anchor;
  return { anchor, id: mail[Mail.INDEX] as number, number: mail[Mail.GENERATION] as number };
}

/** A share, and the name that others join it by; or a code. */
export function createShare(
  bytes: Uint8Array,
  chunkSize: number,
  fit: number,
  isShared: boolean,
): { member: Member; name: string } | number {
  const random = randomFillSync(new Uint32Array(5));
  const hex = (word: number): string => word.toString(16).padStart(8, '0');
  const name = [...random.subarray(0, 4)].map(hex).join('');
  const seed = random[4] as number;
  const member = memberOf(
    native.createShare(bytes, chunkSize, fit, seed, isShared ? name : undefined),
  );
  return typeof member === 'number' ? member : { member, name };
}

export function joinShare(name: string, bytes: Uint8Array): Member | number {
  return memberOf(native.joinShare(name, bytes));
}
