/**
 * Compression streams. Between two rounds a stream holds the block with no request active, so the
 * block is leased. It is freed at just that moment: in the stream's first event, and every other
 * burst has one stream alone.
 */
import {
  brotliDecompressSync,
  constants,
  createBrotliCompress,
  createDeflate,
  inflateSync,
} from 'node:zlib';
import { unpacksTo } from './zlib.mjs';

const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

function streamKind(world, name, create, unpack) {
  return {
    name,
    get width() {
      return world.random.pick([1, 8]);
    },
    // Of several rounds.
    smallest: 40_000,
    freesItself: true,
    begin(block) {
      const { start } = block;
      const { size } = block.layout;
      const lease = world.lease(block);
      const stream = create();
      const chunks = [];
      stream.on('data', (chunk) => {
        chunks.push(chunk);
        if (chunks.length === 1 && world.random.below(3) > 0) world.blocks.free(block);
      });
      return new Promise((resolve) => {
        const end = (error) => {
          lease.dispose();
          block.leased = false;
          world.settle(block, name, error, () =>
            unpacksTo(unpack, Buffer.concat(chunks), start, size) ? null : 'what was compressed',
          );
          resolve();
        };
        stream.once('end', () => end(null)).once('error', end);
        stream.end(block.bytes);
      });
    },
  };
}

export const streams = [
  (world) =>
    streamKind(world, 'zlib stream, leased', () => createDeflate({ level: 1 }), inflateSync),
  (world) =>
    streamKind(
      world,
      'brotli stream, leased',
      () => createBrotliCompress(BROTLI),
      brotliDecompressSync,
    ),
];
