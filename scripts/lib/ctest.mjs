import { availableParallelism } from 'node:os';
import { ensureCmocka } from './cmocka.mjs';
import { run } from './run.mjs';

const jobs = String(availableParallelism());

/** Configures the C tests of the tree at `cwd` in `folder`. */
export async function configureTests(folder, options, cwd) {
  const cmocka = await ensureCmocka();
  return run(
    'cmake',
    [...['-S', '.', '-B', folder, '-DCMAKE_BUILD_TYPE=Debug'], ...cmocka, ...options],
    { cwd },
  );
}

/** Configures and builds the C tests in `folder`; resolves to the step that failed, or the last. */
export async function buildTests(folder, options) {
  const configure = await configureTests(folder, ['-DHW_WERROR=ON', ...options]);
  if (configure.code !== 0) return configure;
  return run('cmake', ['--build', folder, '-j', jobs]);
}

/** Runs the C tests built in `folder` and returns their counts, one for each test program. */
export async function runTests(folder, { args = [], env = {} } = {}) {
  const { code, output } = await run(
    'ctest',
    ['--test-dir', folder, '--output-on-failure', '--no-tests=error', '-j', jobs, ...args],
    { env },
  );
  console.log(output.trimEnd());
  const summary = /(\d+) tests? failed out of (\d+)/.exec(output);
  if (summary === null) return { passed: 0, failed: 1 };
  const [failed, total] = [Number(summary[1]), Number(summary[2])];
  return { passed: total - failed, failed: code !== 0 && failed === 0 ? 1 : failed };
}
