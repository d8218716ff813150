/** What a program saw of its limit. The last line tells whether it was there. */
export function say(sawIt, what) {
  console.log(`${sawIt ? 'seen' : 'NOT SEEN'}: ${what}`);
  process.exitCode = sawIt ? 0 : 1;
}
