// The in-flight report: a row for each kind of request, the faults, and what ended the run.

const COLUMNS = [
  ['kind of request', (name) => name],
  ['operations', (_, row) => row.operations],
  ['freed in flight', (_, row) => row.freedInFlight],
  ['of a block in use', (_, row) => row.freedInUse],
  ['pooled', (_, row) => row.pooledInUse],
  ['listed', (_, row) => row.listedInUse],
  ['scoped', (_, row) => row.scopedInUse],
  ['freed at once', (_, row) => row.freedAtOnce],
  ['most abandoned', (_, row) => row.maxAbandonedBlocks],
  ['MiB', (_, row) => (row.maxAbandonedBytes / 2 ** 20).toFixed(1)],
];

export function totalOf(rows) {
  const total = {};
  for (const row of Object.values(rows)) {
    for (const [name, value] of Object.entries(row)) {
      total[name] = name.startsWith('max')
        ? Math.max(total[name] ?? 0, value)
        : (total[name] ?? 0) + value;
    }
  }
  return total;
}

export function printRows(rows) {
  const lines = [...Object.entries(rows), ['total', totalOf(rows)]].map(([name, row]) =>
    COLUMNS.map(([, cell]) => String(cell(name, row))),
  );
  const table = [COLUMNS.map(([title]) => title), ...lines];
  const widths = COLUMNS.map((_, column) =>
    Math.max(...table.map((cells) => cells[column].length)),
  );
  for (const cells of table) {
    const [first, ...rest] = cells;
    const figures = rest.map((cell, at) => cell.padStart(widths[at + 1]));
    console.log(`    ${[first.padEnd(widths[0]), ...figures].join('  ')}`);
  }
}

/** What a run showed, in a few words: for a control the evidence, for the product the fault. */
export function describe({ code, signal, timedOut, result, faults, reports, stderr, lastKind }) {
  const found = reports.map(({ summary }) => `ASan: ${summary}`);
  if (signal !== null) found.push(`${signal}${complaintOf(stderr)}`);
  if (result?.uncaught !== undefined) found.push(`uncaught ${result.uncaught}`);
  for (const [name, count] of Object.entries(faults)) {
    if (count > 0) found.push(`${count} ${name}`);
  }
  if (result?.stalled !== undefined) found.push('an operation never ended');
  if (timedOut) found.push('stopped after its time');
  if (found.length === 0) found.push(code === 0 ? 'nothing' : `exit code ${code}`);
  return `${found.join('; ')} (${lastKind ?? 'before the first burst'})`;
}

/** The assertion that Node ended itself with. */
function complaintOf(stderr) {
  const line = stderr.split('\n').find((text) => /assert|FATAL|CHECK/i.test(text));
  return line === undefined ? '' : `, ${line.trim().slice(0, 160)}`;
}
