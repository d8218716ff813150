/** Runs functions, each a check by its name; resolves to the names that passed and that failed. */
export async function runChecks(checks) {
  const results = { passed: [], failed: [] };
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check();
      results.passed.push(name);
    } catch (error) {
      results.failed.push(name);
      console.error(`${name}: ${error.stack}`);
    }
  }
  return results;
}
