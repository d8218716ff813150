// Runs on any runtime: what a pooled Buffer can be used for. The last line is the result as JSON.
import process from 'node:process';
import { BUFFER_CHECKS } from './buffers.mjs';
import { runChecks } from './run-checks.mjs';

const results = await runChecks(BUFFER_CHECKS);
console.log(JSON.stringify({ ...results, facts: {} }));
process.exit(0);
