/** Goals: a figure, what it has to be, and whether it is. */
import { formatGoal, formatSpread, formatTable } from './table.mjs';

/** Where the best round is beyond this multiple of the goal, no busy machine explains it... */
const BROKEN_FACTOR = 3;
/** ...but for the few short rounds of a quick run, which others on the machine can spoil all. */
const BROKEN_FACTOR_QUICK = 10;

/**
 * A goal for a summary of rounds that is to be small: `proud` is optional. What a goal has as
 * `beside` is printed next to it.
 */
export const atMost = (what, figure, must, proud = null) =>
  judge({ what, figure, sign: '<=', must, proud, off: figure.min / must });

/** A goal for a summary of rounds that is to be large. */
export const atLeast = (what, figure, must, proud = null) =>
  judge({ what, figure, sign: '>=', must, proud, off: must / figure.max });

function judge(goal) {
  const { figure, sign, must, proud } = goal;
  const holds = (bound) => (sign === '<=' ? figure.median <= bound : figure.median >= bound);
  return { ...goal, met: holds(must), proudMet: proud === null ? null : holds(proud) };
}

/** A problem for each goal so far off that it must fail the benchmark. */
export function findBroken(goals, quick) {
  const factor = quick ? BROKEN_FACTOR_QUICK : BROKEN_FACTOR;
  return goals
    .filter(({ off }) => off > factor)
    .map(
      ({ what, figure, sign, must }) =>
        `${what}: ${formatFigure(figure)}, more than ${factor} times off ${sign} ${must}`,
    );
}

const COLUMNS = [
  { title: 'what', left: true },
  { title: 'figure' },
  { title: 'goal' },
  { title: '', left: true },
  { title: 'proud' },
  { title: '', left: true },
];

const BESIDE = { title: 'beside', left: true };

const toCells = ({ what, figure, sign, must, met, proud, proudMet, beside = '' }) => [
  what,
  formatFigure(figure),
  ...[`${sign} ${must}`, formatGoal(met)],
  ...[proud === null ? '-' : `${sign} ${proud}`, formatGoal(proudMet)],
  beside,
];

const formatFigure = (figure) => formatSpread(figure, figure.median < 100 ? 2 : 0);

export function formatGoals(goals) {
  const columns = goals.some(({ beside }) => beside !== undefined) ? [...COLUMNS, BESIDE] : COLUMNS;
  const rows = goals.map((goal) => toCells(goal).slice(0, columns.length));
  return formatTable(columns, rows);
}

/** What was not won, of all that was measured. */
export function formatMissed(goals) {
  const missed = goals.filter(({ met, proudMet }) => !met || proudMet === false);
  const lost = goals.filter(({ met }) => !met).length;
  const head = `Not won: ${lost} of ${goals.length} goals, ${missed.length - lost} more not proudly`;
  return missed.length === 0
    ? `Not won: none of ${goals.length} goals.`
    : `${head}:\n${formatGoals(missed)}`;
}
