/** `--name value`, numbers all; those that are not given are as in `defaults`. */
export function readArguments(defaults) {
  const values = { ...defaults };
  const given = process.argv.slice(2);
  for (let at = 0; at < given.length; at += 2) {
    const name = given[at].replace(/^--/, '');
    if (!(name in values)) throw new Error(`there is no option ${given[at]}`);
    values[name] = Number(given[at + 1]);
  }
  return values;
}

/** Numbers from 0 to below what is asked for, the same ones for the same seed. */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
