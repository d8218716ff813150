// Runs on any runtime. Prints one line for each check, then the facts as JSON.
import { CHECKS } from './checks.mjs';
import { gatherFacts } from './facts.mjs';

const results = { passed: [], failed: [] };
for (const [name, check] of Object.entries(CHECKS)) {
  try {
    await check();
    results.passed.push(name);
  } catch (error) {
    results.failed.push(name);
    console.error(`${name}: ${error.stack}`);
  }
}
console.log(JSON.stringify({ ...results, facts: await gatherFacts() }));
