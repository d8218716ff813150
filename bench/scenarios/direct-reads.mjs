import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { setImmediate as nextTick } from 'node:timers/promises';

/** Reads between two turns of the event loop, where a program would serve others. */
const READS_PER_TURN = 64;

const isRefused = (error) => error.code === 'EINVAL';

/**
 * Reads the whole file in order, `bytes` at a time, `inFlight` reads at once, and hashes it. A read
 * that the file system refuses for its memory is done again through the page cache, so that the job
 * ends all the same. Resolves to the SHA-256, the counts of reads, refusals and frees, and MiB/s.
 */
export async function readAndHash(file, { bytes, inFlight, makeMemory }) {
  const hash = createHash('sha256');
  const memory = makeMemory(bytes);
  const start = performance.now();
  const read = inFlight === 1 ? readInTurn : readTogether;
  const refused = await read(file, { bytes, inFlight, memory, hash });
  const seconds = (performance.now() - start) / 1000;
  return {
    sha256: hash.digest('hex'),
    reads: file.size / bytes,
    refused,
    ...memory.end(),
    mebibytesPerSecond: file.size / (1 << 20) / seconds,
  };
}

/** One `fs.readSync` after the other. */
async function readInTurn(file, { bytes, memory, hash }) {
  let refused = 0;
  for (let at = 0; at < file.size; at += bytes) {
    const view = memory.take();
    try {
      expectWhole(readSync(file.direct.fd, view, 0, bytes, at), bytes);
    } catch (error) {
      if (!isRefused(error)) throw error;
      refused++;
      expectWhole(readSync(file.cached.fd, view, 0, bytes, at), bytes);
    }
    hash.update(view);
    memory.give(view);
    if ((at / bytes) % READS_PER_TURN === 0) await nextTick();
  }
  return refused;
}

/** Some `FileHandle.read` at once, hashed in the order of the file. */
async function readTogether(file, { bytes, inFlight, memory, hash }) {
  let refused = 0;
  const readOne = async (at) => {
    const view = memory.take();
    try {
      expectWhole((await file.direct.read(view, 0, bytes, at)).bytesRead, bytes);
    } catch (error) {
      if (!isRefused(error)) throw error;
      refused++;
      expectWhole((await file.cached.read(view, 0, bytes, at)).bytesRead, bytes);
    }
    return view;
  };
  const pending = [];
  let next = 0;
  for (let done = 0; done < file.size; done += bytes) {
    while (pending.length < inFlight && next < file.size) {
      pending.push(readOne(next));
      next += bytes;
    }
    const view = await pending.shift();
    hash.update(view);
    memory.give(view);
  }
  return refused;
}

function expectWhole(got, wanted) {
  if (got !== wanted) throw new Error(`a read gave ${got} bytes of ${wanted}`);
}
