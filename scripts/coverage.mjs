// Line and branch coverage of native/core, and of what the binding has that knows no Node, from
// gcov's JSON, with nothing but gcc installed. Each of the two has to reach the goals by itself.
// HW_ASSERT and HW_FATAL state what cannot happen: the branch into them is no branch to be tested.
import { readFileSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { fromRoot, listFiles, readSources, root } from './lib/project.mjs';
import { run } from './lib/run.mjs';

const GOALS = { lines: 95, branches: 90 };
const CORE = `native${sep}core${sep}`;
const RECORDS = new Set(readSources().records.flatMap((path) => [path, path.replace(/c$/, 'h')]));
RECORDS.add('native/binding/record.h');
const CHECK = /\bHW_(ASSERT|FATAL)\w*\s*\(/;

/** Prints a table of the objects built in `folder`; the code is non-zero below the goals. */
export async function measureCoverage(folder) {
  // The .gcno files: an object that was never run has no .gcda and must count as not reached.
  const notes = listFiles(folder, /\.gcno$/);
  const gcov = process.env.GCOV || 'gcov';
  const { code, stdout, output } = await run(gcov, [
    ...['--json-format', '--stdout', '--branch-probabilities', ...notes],
  ]);
  if (code !== 0) return { code, output };

  const files = new Map();
  for (const line of stdout.split('\n')) {
    if (line.trim() !== '') collect(JSON.parse(line), files);
  }
  const sorted = [...files].sort(([a], [b]) => a.localeCompare(b));
  const core = report(
    'native/core',
    sorted.filter(([path]) => path.startsWith(CORE)),
  );
  const records = report(
    'records',
    sorted.filter(([path]) => RECORDS.has(path)),
  );
  return { code: core.code + records.code, output: `${core.output}\n${records.output}` };
}

/**
 * Adds one object's counts. An inline function of a header is compiled into many objects, each
 * with its own counts: they are one function here, so line and branch counts are summed by name.
 */
function collect(object, files) {
  for (const file of object.files) {
    const path = relative(root, resolve(object.current_working_directory, file.file));
    if (!path.startsWith(CORE) && !RECORDS.has(path)) continue;
    const lines = getOrAdd(files, path, () => new Map());
    for (const line of file.lines) {
      const entry = getOrAdd(lines, line.line_number, () => ({ count: 0, branches: new Map() }));
      entry.count += line.count;
      line.branches.forEach((branch, index) => {
        const key = `${line.function_name ?? ''}:${index}`;
        entry.branches.set(key, (entry.branches.get(key) ?? 0) + branch.count);
      });
    }
  }
}

function getOrAdd(map, key, make) {
  if (!map.has(key)) map.set(key, make());
  return map.get(key);
}

function report(what, files) {
  if (files.length === 0) return { code: 1, output: `gcov reported no file of ${what}` };
  const total = { lines: [0, 0], branches: [0, 0] };
  const rows = files.map(([path, lines]) => row(path, lines, total));
  const width = Math.max(...rows.map(({ path }) => path.length));
  for (const { path, cells, missing } of [
    ...rows,
    { path: `total of ${what}`, cells: total, missing: '' },
  ]) {
    const figures = `lines ${percent(cells.lines)}  branches ${percent(cells.branches)}`;
    console.log(`    ${path.padEnd(width)}  ${figures}  ${missing}`.trimEnd());
  }
  const short = Object.keys(GOALS).filter((kind) => share(total[kind]) < GOALS[kind]);
  const output = short.map((kind) => `${kind} of ${what} below ${GOALS[kind]} %`).join('\n');
  return { code: short.length, output };
}

function row(path, lines, total) {
  const skipped = checkLines(path);
  const cells = { lines: [0, 0], branches: [0, 0] };
  const missing = [];
  for (const [number, { count, branches }] of [...lines].sort(([a], [b]) => a - b)) {
    const counts = skipped.has(number) ? [] : [...branches.values()];
    tally(cells.lines, count > 0);
    for (const taken of counts) tally(cells.branches, taken > 0);
    if (count === 0) missing.push(`${number}`);
    else if (counts.includes(0)) missing.push(`${number}b`);
  }
  for (const kind of ['lines', 'branches']) {
    cells[kind].forEach((value, index) => {
      total[kind][index] += value;
    });
  }
  return { path, cells, missing: missing.length > 0 ? `not reached: ${missing.join(' ')}` : '' };
}

function tally(pair, reached) {
  pair[0] += reached ? 1 : 0;
  pair[1] += 1;
}

const share = ([reached, all]) => (all === 0 ? 100 : (100 * reached) / all);

const percent = (pair) => `${share(pair).toFixed(1).padStart(5)} % (${pair.join('/')})`;

/** The lines of all checks in a file; one may stretch over several until its bracket closes. */
function checkLines(path) {
  const found = new Set();
  let depth = 0;
  readFileSync(fromRoot(path), 'utf8')
    .split('\n')
    .forEach((text, index) => {
      const start = depth > 0 ? 0 : text.search(CHECK);
      if (start < 0) return;
      found.add(index + 1);
      for (const character of text.slice(start)) {
        if (character === '(') depth += 1;
        if (character === ')') depth -= 1;
      }
    });
  return found;
}
