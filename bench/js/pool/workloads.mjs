/**
 * What is done with a contender. `prepare(contender, plan)` answers with a function that does so
 * many operations; `bytesOf(plan)` is what they hold at most.
 */
import { seededRandom } from '../random.mjs';

const SMALLEST = 16;
const LARGEST = 16 << 10;

/** Sizes and victims are drawn beforehand, so many, and used in a circle. */
const DRAWN = 1 << 16;

const SEED = 20_26;

/** From SMALLEST to LARGEST, each doubling as likely as any other. */
function drawSizes(random) {
  const doublings = Math.log2(LARGEST / SMALLEST);
  return Uint16Array.from({ length: DRAWN }, () => SMALLEST * 2 ** (random() * doublings));
}

export const WORKLOADS = {
  /** Allocate one, free it. */
  pairs: {
    perTurn: 5000,
    bytesOf: ({ size }) => size,
    prepare({ allocate, free }, { size }) {
      return (count) => {
        for (let i = 0; i < count; i++) free(allocate(size));
      };
    },
  },

  /** `live` at any time, of random sizes: free a random one, allocate another. */
  random: {
    perTurn: 1000,
    bytesOf: ({ live }) => live * LARGEST * 0.25, // the mean is a seventh
    prepare({ allocate, free }, { live }) {
      const random = seededRandom(SEED);
      const sizes = drawSizes(random);
      const victims = Uint16Array.from({ length: DRAWN }, () => random() * live);
      const blocks = Array.from({ length: live }, (_, at) => allocate(sizes[at % DRAWN]));
      let at = 0;
      return (count) => {
        for (let i = 0; i < count; i++) {
          at = (at + 1) % DRAWN;
          const victim = victims[at];
          free(blocks[victim]);
          blocks[victim] = allocate(sizes[at]);
        }
      };
    },
  },

  /** Allocate one and drop it: every free is forgotten. */
  forgotten: {
    perTurn: 1000,
    bytesOf: ({ size }) => size,
    prepare({ allocate }, { size }) {
      return (count) => {
        for (let i = 0; i < count; i++) allocate(size);
      };
    },
  },
};
