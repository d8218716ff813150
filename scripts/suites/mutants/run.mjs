/** Judges mutants in two lanes at once. */
import { CONTROLS } from './controls.mjs';
import { divide, KILLED, runLane } from './lane.mjs';

/** Every mutant that is not killed fails the run, whatever the reason. */
export function tally(verdicts) {
  const failed = verdicts.filter(({ verdict }) => verdict !== KILLED).length;
  return { passed: verdicts.length - failed, failed };
}

/** Resolves to `{ mutant, verdict, why }` for each; `tell` is called as they come. */
async function judgeAll(mutants, tell) {
  const results = [];
  const note = (mutant, verdict) => {
    results.push({ mutant, ...verdict });
    tell(mutant, verdict);
  };
  await Promise.all(divide(mutants).map((lane) => runLane(lane, note)));
  return results;
}

/** Whether the judge says of each control what it has to, and would fail a run for it. */
function isRight({ mutant, ...verdict }) {
  return verdict.verdict === mutant.expected && tally([verdict]).failed === 1;
}

/**
 * Judges the mutants, and with them the judge. Resolves to the results of the mutants, and the
 * controls that were judged wrongly: if there is one, the results mean nothing.
 */
export async function runMutants(mutants, tell) {
  const all = await judgeAll([...mutants, ...CONTROLS], tell);
  const isControl = ({ mutant }) => CONTROLS.includes(mutant);
  return {
    results: all.filter((result) => !isControl(result)),
    misjudged: all.filter((result) => isControl(result) && !isRight(result)),
  };
}
