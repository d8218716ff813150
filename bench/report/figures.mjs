import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { fromRoot } from '../../scripts/lib/project.mjs';

/** Where the figures of a benchmark go that began at `date`, an ISO time. */
export const resultsFile = (name, date) =>
  fromRoot(`bench/results/${name}-${date.replaceAll(':', '-')}.json`);

/** Writes the figures as JSON, and says where. */
export function writeFigures(file, figures) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
  console.log(`Figures: ${relative(process.cwd(), file)}`);
}
