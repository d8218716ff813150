// Runs on any runtime: what a pooled Buffer can be used for. The last line is the result as JSON.
import process from 'node:process';
import { BUFFER_CHECKS } from './buffers.mjs';

const results = { passed: [], failed: [] };
for (const [name, check] of Object.entries(BUFFER_CHECKS)) {
  try {
    await check();
    results.passed.push(name);
  } catch (error) {
    results.failed.push(name);
    console.error(`${name}: ${error.stack}`);
  }
}
console.log(JSON.stringify({ ...results, facts: {} }));
process.exit(0);
