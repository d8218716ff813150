/** A request in flight for as long as a test wants it: a read from a FIFO that nobody writes to. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, read, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { idle } from './idle.js';

/** A new FIFO, for as long as it is not removed. */
export function makeFifo(): { path: string; remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'heapwright-'));
  const path = join(directory, 'fifo');
  execFileSync('mkfifo', [path]);
  return { path, remove: () => rmSync(directory, { recursive: true }) };
}

/** A new FIFO, open at both ends, so that neither waits for the other. */
export function openFifo(): number {
  const { path, remove } = makeFifo();
  try {
    return openSync(path, 'r+');
  } finally {
    remove();
  }
}

/** FIFOs with a read that nobody has answered. */
const unanswered = new Set<number>();

/** A read from `fifo` is in flight. A test that fails before its answer does not hang the process. */
export function expectAnswer(fifo: number): void {
  unanswered.add(fifo);
  onTestFinished(() => {
    if (unanswered.has(fifo)) answer(fifo, new Uint8Array(1));
  });
}

/** Answers the read with `bytes`. */
export function answer(fifo: number, bytes: Uint8Array): void {
  unanswered.delete(fifo);
  writeSync(fifo, bytes);
}

export interface Read {
  /** Answers the read with `bytes` and waits for its callback: how many bytes came. */
  finish(bytes: Uint8Array): Promise<number>;
}

/** A read into `target` that stays in flight until it is finished. */
export function startRead(target: Uint8Array): Read {
  const fifo = openFifo();
  expectAnswer(fifo);
  const done = new Promise<number>((resolve, reject) => {
    read(fifo, target, 0, target.byteLength, null, (error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });
  return {
    async finish(bytes) {
      answer(fifo, bytes);
      try {
        return await done;
      } finally {
        closeSync(fifo);
      }
    },
  };
}

/** Runs `body` with a request in flight that has nothing to do with any block. */
export async function whileBusy<T>(body: () => T | Promise<T>): Promise<T> {
  const pending = startRead(new Uint8Array(1));
  try {
    return await body();
  } finally {
    await pending.finish(new Uint8Array(1));
    await idle();
  }
}
