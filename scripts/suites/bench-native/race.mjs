import { basename } from 'node:path';
import { Progress } from '../../../bench/report/progress.mjs';
import { quantile, summarize } from '../../../bench/report/stats.mjs';
import { runDriver } from './driver.mjs';

const SEED = 20;
const EMPTY = { id: 'empty', allocator: 'empty' };

/**
 * Runs every row on every contestant, `plan.rounds` times, each round in another order: what slows
 * the machine down for a while then hits all alike. Resolves to the rows with their runs and
 * figures, and to what went wrong.
 */
export async function race(rows, contestants, plan) {
  const random = generator(SEED);
  const progress = new Progress('race', rows.length);
  const raced = [];
  const problems = [];
  for (const row of rows) {
    const runs = await raceRow(row, contestants, plan, random);
    problems.push(...checkRuns(row, contestants, runs));
    raced.push({ ...row, runs, figures: figuresOf(runs) });
    progress.step(row.name);
  }
  return { rows: raced, problems };
}

async function raceRow(row, contestants, { rounds, divide, quick }, random) {
  const runs = {};
  const args = ['--divide', String(divide), ...(quick ? (row.quick ?? []) : [])];
  const entrants = row.baseline ? [...contestants, EMPTY] : contestants;
  for (let round = 0; round < Math.min(rounds, row.rounds ?? rounds); round++) {
    for (const contestant of shuffle(entrants, random)) {
      runs[contestant.id] ??= [];
      runs[contestant.id].push(await runDriver(contestant, row.name, args));
    }
  }
  return runs;
}

/** The same work by all, by the library that was meant, at the addresses that were asked for. */
function checkRuns({ name }, contestants, runs) {
  const problems = [];
  const checksums = new Map();
  for (const { id, library, allocator } of contestants) {
    for (const { result, failed, absent } of runs[id]) {
      if (result === undefined) {
        problems.push(`${name} on ${id}: ${failed ?? absent}`);
        break;
      }
      checksums.set(result.checksum, id);
      if (library !== undefined && basename(result.malloc) !== basename(library)) {
        problems.push(`${name} on ${id}: malloc came from ${result.malloc}`);
        break;
      }
      // A rival's misalignment is its own: the tables tell.
      if (result.misaligned > 0 && allocator !== 'malloc') {
        problems.push(`${name} on ${id}: ${result.misaligned} blocks are misaligned`);
        break;
      }
    }
  }
  if (checksums.size > 1) {
    const all = [...checksums].map(([sum, id]) => `${id} ${sum}`).join(', ');
    problems.push(`${name}: checksums differ: ${all}`);
  }
  return problems;
}

/** Medians and spreads by contestant; ratios to glibc are taken round by round. */
function figuresOf(runs) {
  const glibc = resultsOf(runs.glibc);
  const figures = {};
  for (const [id, list] of Object.entries(runs)) {
    const results = resultsOf(list);
    if (results.length === 0) continue;
    const ratios = (key) =>
      results.length === glibc.length
        ? summarize(results.map((result, round) => result[key] / glibc[round][key]))
        : null;
    const keys = Object.keys(results[0]).filter((key) => typeof results[0][key] === 'number');
    figures[id] = {
      ...Object.fromEntries(keys.map((key) => [key, summarize(results.map((one) => one[key]))])),
      timeRatio: ratios('seconds'),
      rssRatio: ratios('peakRss'),
    };
  }
  return figures;
}

const resultsOf = (list) =>
  (list ?? []).filter(({ result }) => result !== undefined).map(({ result }) => result);

/** The geometric mean of `read` over the rows, or null where a row has no such figure. */
export function geomean(rows, read) {
  const values = rows.map(read);
  if (values.length === 0 || values.some((value) => !(value > 0))) return null;
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** Below this the libraries themselves are most of what is resident. */
const TELLING_RSS = 10 * 2 ** 20;

/** The rows whose peak of memory says something about the allocator. */
export const withTellingRss = (rows) =>
  rows.filter(({ figures }) => figures.glibc?.peakRss.median >= TELLING_RSS);

/** Median over rounds of one contestant's seconds over another's. */
export function timeOver(row, id, other) {
  const mine = resultsOf(row.runs[id]);
  const theirs = resultsOf(row.runs[other]);
  if (mine.length === 0 || mine.length !== theirs.length) return null;
  return quantile(
    mine.map(({ seconds }, round) => seconds / theirs[round].seconds),
    0.5,
  );
}

/** Mulberry32: the order of the runs is the same each time. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffle(list, random) {
  const shuffled = [...list];
  for (let at = shuffled.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [shuffled[at], shuffled[other]] = [shuffled[other], shuffled[at]];
  }
  return shuffled;
}
