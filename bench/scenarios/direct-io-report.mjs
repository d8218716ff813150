import { formatGoal, formatSize, formatSpread, formatTable } from '../report/table.mjs';

const COLUMNS = [
  { title: 'read size' },
  { title: 'in flight' },
  { title: 'into', left: true },
  { title: 'refused' },
  { title: 'goal', left: true },
  { title: '', left: true },
  { title: 'SHA-256', left: true },
  { title: 'MiB/s' },
];

/** The table of direct reads as text. */
export function formatDirectIo({ plan, place, refused, rows }) {
  const parts = [
    `Direct I/O: a file of ${formatSize(plan.fileBytes)} read with O_DIRECT and hashed, ` +
      `${plan.rounds} ${plan.rounds === 1 ? 'run' : 'runs'} a row; refused: reads that failed ` +
      'with EINVAL, all runs.',
    ...refused.map(({ folder, refusal }) => `Not measured in ${folder}: ${refusal}.`),
    describePlace(place),
  ];
  if (rows.length === 0) return parts.join('\n');
  parts.push('', formatTable(COLUMNS, rows.map(toCells)));
  parts.push(
    '',
    'MiB/s: reading and hashing. What was refused was read again through the page cache.',
  );
  return parts.join('\n');
}

function describePlace(place) {
  if (place === null) return 'No folder allows direct reads: give one with --dir.';
  if (place.refusal !== null) {
    return `Measured on ${place.name}, where the counts are not meaningful: ${place.refusal}.`;
  }
  return (
    `Measured on ${place.name}: a read to an odd address was refused (EINVAL), memory must be ` +
    `aligned to ${place.requiredAlign}.`
  );
}

function toCells(row) {
  return [
    formatSize(row.bytes),
    String(row.inFlight),
    row.who,
    `${row.refused} of ${row.reads}`,
    row.goal === 'none' ? '0' : '> 0',
    formatGoal(row.met),
    row.sameHash ? 'equal' : 'DIFFERS',
    formatSpread(row.mebibytesPerSecond),
  ];
}
