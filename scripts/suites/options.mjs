import { parseArgs } from 'node:util';
import { Stop } from '../lib/run.mjs';

/**
 * The command line's options; `defaults` names them and tells numbers from words and flags:
 * `--repeat 200`, `--only bun`, `--quick`.
 */
export function readOptions(defaults) {
  const options = Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => [
      name,
      { type: typeof value === 'boolean' ? 'boolean' : 'string' },
    ]),
  );
  let values;
  try {
    ({ values } = parseArgs({ options }));
  } catch (error) {
    throw new Stop(error.message);
  }
  const read = (name, value) => {
    const given = values[name];
    if (given === undefined) return value;
    if (typeof value !== 'number') return given;
    const number = Number(given);
    if (!Number.isSafeInteger(number) || number < 1) throw new Stop(`--${name} takes a count`);
    return number;
  };
  return Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => [name, read(name, value)]),
  );
}
