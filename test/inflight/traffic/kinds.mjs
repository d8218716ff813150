/**
 * The kinds of request. A kind is opened once, with the world it works in, and then used burst by
 * burst:
 *
 * - `width`: how many operations a burst has
 * - `prepare()`: before a burst, optional
 * - `smallest`: the bytes that a block must have at least, optional
 * - `freesItself`: whether the operations free their blocks, at moments that the burst cannot know
 * - `begin(block)`: starts an operation on a block; the promise resolves when it has ended
 * - `launch()`: after the last `begin`, where they only start together
 * - `release()`: lets the operations end that wait for somebody
 * - `finish()`: after a burst, optional
 * - `close()`: after all, optional
 */
import { fileReads } from './file-reads.mjs';
import { bodies } from './http.mjs';
import { randomFills } from './random-fill.mjs';
import { sockets } from './sockets.mjs';
import { oneShots } from './zlib.mjs';
import { streams } from './zlib-streams.mjs';

const openers = [...fileReads, ...oneShots, ...streams, ...randomFills, ...sockets, ...bodies];

export async function openKinds(world) {
  const kinds = [];
  for (const open of openers) kinds.push(await open(world));
  return [...kinds, mixOf(kinds)];
}

/** A few operations of every kind at once. */
function mixOf(kinds) {
  const each = 3;
  const all = (step) => kinds.map((kind) => kind[step]?.());
  let begun = 0;
  return {
    name: 'all at once',
    width: each * kinds.length,
    async prepare() {
      begun = 0;
      await Promise.all(all('prepare'));
    },
    begin(block) {
      return kinds[Math.floor(begun++ / each)].begin(block);
    },
    launch: () => all('launch'),
    release: () => all('release'),
    finish: () => Promise.all(all('finish')),
  };
}
