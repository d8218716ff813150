import { formatGoals } from '../../report/goals.mjs';
import { formatSize, formatSpread, formatTable } from '../../report/table.mjs';
import { TITLES } from '../pool/contenders.mjs';

const MIB = 1 << 20;

/** The tables of what stays resident as text. */
export function formatFootprint({ plan, skipped, rows, goals }) {
  const burst = `a burst of ${formatSize(plan.burstBytes)} in Buffers of 16 KiB, all freed or dropped`;
  const live = `${plan.liveCount} live Buffers of 64 B`;
  return [
    `Footprint, median (quartiles) of ${plan.rounds} rounds.`,
    ...skipped,
    '',
    `MiB resident around ${burst}, then ${plan.idleMs / 1000} s idle:`,
    formatBurst(rows.filter(({ what }) => what === 'burst')),
    '',
    `Bytes for each of ${live}:`,
    formatLive(rows.filter(({ what }) => what === 'live')),
    '',
    formatGoals(goals),
  ].join('\n');
}

function formatBurst(rows) {
  const keys = ['start', 'peak', 'end', 'collected'];
  const columns = [
    { title: '', left: true },
    { title: '', left: true },
    ...['start', 'peak', 'idle', 'after gc()', 'idle / start'].map((title) => ({ title })),
  ];
  const cells = rows.map(({ runtime, contender, bytes, afterBurst }) => [
    ...[runtime, TITLES[contender]],
    ...keys.map((key) => formatSpread(bytes[key], 1, MIB)),
    formatSpread(afterBurst, 2),
  ]);
  return formatTable(columns, cells);
}

function formatLive(rows) {
  const columns = [
    { title: '', left: true },
    { title: '', left: true },
    { title: 'RSS each' },
    { title: 'V8 heap each' },
  ];
  const cells = rows.map(({ runtime, contender, bytes }) => [
    ...[runtime, TITLES[contender]],
    ...[formatSpread(bytes.rssEach), formatSpread(bytes.heapEach)],
  ]);
  return formatTable(columns, cells);
}
