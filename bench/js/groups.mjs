/**
 * Groups of contenders that are compared with each other. A group is `{ runtime, table, label,
 * contenders, workload }` and what the workload asks for; each contender runs in a process of its
 * own, `script` or that of pooled Buffers, next to the others of its group.
 */
import { runRounds } from '../report/rounds.mjs';
import { summarize } from '../report/stats.mjs';
import { runScript } from './child.mjs';
import { TITLES } from './pool/contenders.mjs';

const SCRIPT = 'bench/js/pool/child.mjs';

/**
 * Resolves to a row for each group: what it asked for, lists of the rounds' figures by contender,
 * and their summaries. Contenders that are not judged sit out the later rounds of the plan.
 */
export async function measureGroups(title, groups, { plan, isJudged }) {
  const cases = groups.flatMap((group) => casesOf(group, plan, isJudged));
  const results = await runRounds(title, cases);
  return groups.map((group) => toRow(group, cases, results));
}

function casesOf(group, plan, isJudged) {
  const { runtime, table, label, contenders, workload, size, live, script = SCRIPT } = group;
  const measureMs = workload === 'forgotten' ? plan.settledMs : plan.measureMs;
  return contenders.map((contender) => ({
    of: group,
    contender,
    title: `${table} ${label} ${TITLES[contender] ?? contender}, ${runtime.title}`,
    rounds: isJudged(contender) ? plan.rounds : plan.otherRounds,
    run() {
      const { warmUpMs } = plan;
      const task = { workload, contender, size, live, warmUpMs, measureMs };
      return runScript(runtime, script, [JSON.stringify(task)]);
    },
  }));
}

function toRow(group, cases, results) {
  const { runtime, contenders, script, ...row } = group;
  const lists = (key) =>
    Object.fromEntries(
      contenders.map((contender) => {
        const at = cases.findIndex((one) => one.of === group && one.contender === contender);
        return [contender, results[at].map((result) => result[key])];
      }),
    );
  const times = lists('nanoseconds');
  const peaks = lists('peakRss');
  const { title, poolSize } = runtime;
  const nanoseconds = summarizeAll(times);
  return {
    ...row,
    runtime: title,
    poolSize,
    times,
    peaks,
    nanoseconds,
    peakRss: summarizeAll(peaks),
  };
}

const summarizeAll = (lists) =>
  Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, summarize(list)]));
