/** Results as a table: padded for a terminal or for Markdown, which reads both. */

/** `columns` by title, each a record of cells by row name. Rows come in the order they are met. */
export function formatTable(columns) {
  const titles = Object.keys(columns);
  const rows = [...new Set(titles.flatMap((title) => Object.keys(columns[title])))];
  const cells = [
    ['', ...titles],
    ...rows.map((row) => [row, ...titles.map((title) => String(columns[title][row] ?? ''))]),
  ];
  const widths = cells[0].map((_, at) => Math.max(3, ...cells.map((line) => line[at].length)));
  const format = (line) => `| ${line.map((cell, at) => cell.padEnd(widths[at])).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [format(cells[0]), rule, ...cells.slice(1).map(format)].join('\n');
}
