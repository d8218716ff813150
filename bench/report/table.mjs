/**
 * Rows of cells as lines of text. `columns` are `{ title, left }`: figures line up on the right,
 * names on the left. Every cell is a string.
 */
export function formatTable(columns, rows) {
  const widths = columns.map(({ title }, at) =>
    Math.max(title.length, ...rows.map((row) => row[at].length)),
  );
  const line = (cells) =>
    cells
      .map((cell, at) => (columns[at].left ? cell.padEnd(widths[at]) : cell.padStart(widths[at])))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [line(columns.map(({ title }) => title)), rule, ...rows.map(line)].join('\n');
}

/**
 * `1234 (1100..1400)`: median and quartiles of a summary, with `digits` after the point, in units
 * of `unit`. One repeat has no spread.
 */
export function formatSpread(summary, digits = 0, unit = 1) {
  const [median, low, high] = [summary.median, summary.lowerQuartile, summary.upperQuartile].map(
    (value) => (value / unit).toFixed(digits),
  );
  return summary.repeats === 1 ? median : `${median} (${low}..${high})`;
}

/** What a goal's column says: a goal of null is none. */
export function formatGoal(met) {
  if (met === null) return '-';
  return met ? 'met' : 'missed';
}

/** `64 B`, `4 KiB`, `1 MiB`: exact sizes only. */
export function formatSize(bytes) {
  if (bytes >= 1 << 20) return `${bytes / (1 << 20)} MiB`;
  return bytes >= 1 << 10 ? `${bytes / (1 << 10)} KiB` : `${bytes} B`;
}
