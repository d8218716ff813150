// What must hold of a run of the addon as it is.
import { describe, totalOf } from './report.mjs';

/** Of all frees, idle ones included, at least this share answers true, and as much false. */
const SHARE = 0.2;

/** A list of `{ name, holds, output }`. */
export function judge(mode, outcome, frees) {
  const { code, signal, timedOut, result, reports, stderr } = outcome;
  const story = [describe(outcome), ...reports.map(({ text }) => text), stderr].join('\n');
  const ended = code === 0 && signal === null && !timedOut && result?.uncaught === undefined;
  const silent = { name: '0 ASan reports', holds: reports.length === 0, output: story };
  const ends = [
    ...(mode === 'asan' ? [silent] : []),
    { name: 'no abort, no uncaught error, no stall', holds: ended, output: story },
  ];
  if (result === null) return ends;

  const { faults, notes, rows, left, gate } = result;
  const { freedInFlight, freedAtOnce } = totalOf(rows);
  const share = freedAtOnce / (freedInFlight + freedAtOnce);
  const percent = `${(100 * share).toFixed(0)} %`;
  return [
    ...ends,
    { name: 'the gate is proved', holds: gate === 'proved', output: gate },
    ...Object.entries(faults).map(([name, count]) => ({
      name: FAULTS[name],
      holds: count === 0,
      output: `${count}\n${notes.join('\n')}`,
    })),
    {
      name: `${freedInFlight} frees in flight, ${percent} of all at once`,
      holds: freedInFlight >= frees && share >= SHARE && 1 - share >= SHARE,
      output: `wanted ${frees}, and ${100 * SHARE} % each of true and false`,
    },
    {
      name: 'every kind freed blocks that it was using, of every sort',
      holds: Object.values(rows).every((row) => SORTS.every((sort) => row[`${sort}InUse`] > 0)),
      output: JSON.stringify(rows),
    },
    {
      name: 'at the end 0 blocks and 0 bytes, live or abandoned',
      holds: left !== null && LEFT.every((name) => left[name] === 0),
      output: JSON.stringify(left),
    },
    { name: 'verify() finds nothing', holds: left?.broken === null, output: left?.broken ?? '' },
  ];
}

const SORTS = ['dedicated', 'pooled', 'listed', 'scoped'];

const LEFT = ['liveBlocks', 'liveBytes', 'abandonedBlocks', 'abandonedBytes'];

const FAULTS = {
  corruptedOwners: '0 corrupted owners',
  wrongData: '0 operations with wrong data',
  failedOperations: '0 failed operations',
  wrongAnswers:
    'true exactly where it may be: no lease open, and no request active or a shared slab',
};
