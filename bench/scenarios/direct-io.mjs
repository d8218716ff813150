/**
 * A real job: read a large file past the page cache (O_DIRECT) and hash it, as a database or a
 * media server does. The kernel refuses such a read, with EINVAL, into memory that is not aligned;
 * aligned blocks are never refused, and a Buffer cannot be aligned.
 *
 * Method: on a file system that was seen to refuse a read to an odd address; the file is written
 * again before each run, so that every run starts without a cached page. Reads and hashing are
 * timed, one thread hashing; the median of the runs of a row is reported, in MiB/s.
 */
import { Progress } from '../report/progress.mjs';
import { summarize } from '../report/stats.mjs';
import { formatSize } from '../report/table.mjs';
import { DirectFile } from './direct-file.mjs';
import { readAndHash } from './direct-reads.mjs';
import { inspectFolder } from './file-systems.mjs';
import { freshBlocks, reusedBlocks, slowBuffers } from './read-memory.mjs';

const MIB = 1 << 20;
const PLANS = {
  full: { fileBytes: 256 * MIB, rounds: 3 },
  quick: { fileBytes: 64 * MIB, rounds: 1 },
};
const READ_SIZES = [64 << 10, MIB];

/** Free space to ask for, as a share of the file's size. */
const SPARE_SHARE = 1.5;

const OURS = 'heapwright, align 4096';
const RIVAL = 'Buffer.allocUnsafeSlow';

const ROWS = READ_SIZES.flatMap((bytes) => [
  { bytes, inFlight: 1, who: OURS, makeMemory: freshBlocks },
  { bytes, inFlight: 1, who: RIVAL, makeMemory: slowBuffers },
  { bytes, inFlight: 4, who: OURS, makeMemory: reusedBlocks },
  { bytes, inFlight: 4, who: RIVAL, makeMemory: slowBuffers },
]);

/** Resolves to the table's rows, where they were measured, and the problems that must fail. */
export async function measureDirectIo({ quick, folders }) {
  const plan = quick ? PLANS.quick : PLANS.full;
  const { place, refused } = choosePlace(folders, plan.fileBytes);
  if (place === null) return { plan, place, refused, rows: [], problems: [] };

  const file = await DirectFile.create(place.folder, plan.fileBytes);
  const runs = new Map(ROWS.map((row) => [row, []]));
  const progress = new Progress('direct I/O', plan.rounds * ROWS.length);
  let sha256;
  try {
    for (let round = 0; round < plan.rounds; round++) {
      for (const row of round % 2 === 1 ? [...ROWS].reverse() : ROWS) {
        sha256 = await file.write();
        const result = await readAndHash(file, row);
        runs.get(row).push(result);
        progress.step(describeRun(row, result));
      }
    }
  } finally {
    await file.close();
  }
  const rows = ROWS.map((row) => toRow(row, runs.get(row), { sha256, place }));
  return { plan, place, refused, sha256, rows, problems: rows.flatMap(findProblems) };
}

/**
 * The first folder where direct reads prove something; else the first where they work at all, its
 * `refusal` saying why they prove nothing; else null. `refused` lists the folders passed over.
 */
function choosePlace(folders, fileBytes) {
  const places = [...new Set(folders)].map((folder) => {
    const found = inspectFolder(folder);
    const full = found.freeBytes < fileBytes * SPARE_SHARE ? 'too little space' : null;
    return { folder, ...found, refusal: found.refusal ?? full, usable: full === null };
  });
  const usable = places.filter((place) => place.usable && place.requiredAlign !== null);
  const place = usable.find(({ refusal }) => refusal === null) ?? usable[0] ?? null;
  return { place, refused: places.filter((other) => other.refusal !== null && other !== place) };
}

function describeRun({ bytes, inFlight, who }, { reads, refused, mebibytesPerSecond }) {
  const what = `${formatSize(bytes)} x ${inFlight} into ${who}`;
  return `${what}: ${refused} of ${reads} refused, ${Math.round(mebibytesPerSecond)} MiB/s`;
}

function toRow({ bytes, inFlight, who }, runs, { sha256, place }) {
  const sum = (key) => runs.reduce((total, run) => total + run[key], 0);
  const isOurs = who === OURS;
  const refused = sum('refused');
  return {
    ...{ bytes, inFlight, who, isOurs, refused },
    reads: sum('reads'),
    frees: sum('frees'),
    granted: sum('granted'),
    sameHash: runs.every((run) => run.sha256 === sha256),
    goal: isOurs ? 'none' : 'some',
    met: place.refusal === null ? (refused === 0) === isOurs : null,
    mebibytesPerSecond: summarize(runs.map((run) => run.mebibytesPerSecond)),
  };
}

/** A Buffer that happened to be aligned is a goal missed; these are defects. */
function findProblems({ bytes, inFlight, who, isOurs, refused, reads, sameHash, frees, granted }) {
  const row = `direct reads of ${formatSize(bytes)} x ${inFlight} into ${who}`;
  const problems = [];
  if (!sameHash) problems.push(`${row}: the hash differs from that of the bytes written`);
  if (isOurs && refused > 0) problems.push(`${row}: ${refused} of ${reads} were refused`);
  if (granted !== frees) problems.push(`${row}: ${granted} of ${frees} frees answered with true`);
  return problems;
}
