// Runs on any runtime: what must hold on each, and what differs. The last line is both as JSON.
import { CHECKS } from './checks.mjs';
import { gatherFacts } from './facts.mjs';
import { runChecks } from './run-checks.mjs';

const results = await runChecks(CHECKS);
console.log(JSON.stringify({ ...results, facts: await gatherFacts() }));
