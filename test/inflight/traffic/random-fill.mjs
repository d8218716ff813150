/** crypto.randomFill of the middle of a block: there something new, around it what was there. */
import { randomFill } from 'node:crypto';
import { holds } from '../content.mjs';

/** As many random bytes are never equal to others. */
const EDGE = 32;

function randomFillKind(world) {
  const name = 'crypto.randomFill';
  return {
    name,
    width: 10,
    begin(block) {
      const { start } = block;
      const { size } = block.layout;
      const end = size - EDGE;
      return new Promise((resolve) => {
        randomFill(block.bytes, EDGE, end - EDGE, (error, bytes) => {
          world.settle(block, name, error, () => {
            // A detached one has no length, and cannot be cut.
            const around =
              bytes.length === size &&
              holds(bytes.subarray(0, EDGE), start) &&
              holds(bytes.subarray(end), start + end);
            if (!around) return 'what is around the random bytes';
            const sample = bytes.subarray(end - EDGE, end);
            if (holds(sample, start + end - EDGE)) return 'what was to be random';
            return null;
          });
          // Its own content again, for the checks to come.
          if (!block.freed && block.bytes.length > 0) block.fill(start);
          resolve();
        });
      });
    },
  };
}

export const randomFills = [randomFillKind];
