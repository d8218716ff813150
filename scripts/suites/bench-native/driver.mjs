import { fromRoot } from '../../lib/project.mjs';
import { must, run } from '../../lib/run.mjs';

const FOLDER = 'build-cmake/bench';

/** The driver's statuses: see bench/native/main.c. */
export const ABSENT = 3;

export const driverPath = fromRoot(FOLDER, 'driver');
export const seedsPath = fromRoot(FOLDER, 'seeds');

/** The native programs as released: optimised, without the checks of test builds. */
export async function buildDriver() {
  await must('driver: configure', 'cmake', [
    ...['-S', '.', '-B', FOLDER, '-DCMAKE_BUILD_TYPE=Release'],
    ...['-DHW_BENCH=ON', '-DHW_WERROR=ON'],
  ]);
  await must('driver: build', 'cmake', ['--build', FOLDER, '-j', '2']);
}

/** A contestant's environment: nobody else's library, and its own if it has one. */
export const environment = ({ library }) => ({ LD_PRELOAD: library ?? '' });

/**
 * One run in a fresh process: `{ result }`, `{ absent }` with what the build lacks, or `{ failed }`
 * with what was said.
 */
export async function runDriver(contestant, workload, args = []) {
  const { code, output, stdout } = await run(
    driverPath,
    [workload, contestant.allocator, ...args],
    { env: environment(contestant) },
  );
  if (code === ABSENT) return { absent: output.trim() };
  if (code !== 0) return { failed: output.trim() || `status ${code}` };
  return { result: JSON.parse(stdout) };
}

/** Whether this build knows a kind of allocator. */
export async function hasKind(kind) {
  const { absent } = await runDriver({ allocator: kind }, 'lifo', ['--ops', '6']);
  return absent === undefined;
}
