/** One-shot compression of a block. What comes out is unpacked and compared with what went in. */
import {
  brotliCompress,
  brotliDecompressSync,
  constants,
  deflate,
  gunzipSync,
  gzip,
  inflateSync,
} from 'node:zlib';
import { contentAt } from '../content.mjs';

const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

/** `pack` and `unpack` with the options that are quick. */
export const formats = {
  deflate: [(bytes, done) => deflate(bytes, { level: 1 }, done), inflateSync],
  gzip: [(bytes, done) => gzip(bytes, { level: 1 }, done), gunzipSync],
  brotli: [(bytes, done) => brotliCompress(bytes, BROTLI, done), brotliDecompressSync],
};

/** Whether `packed` unpacks to the content that starts at `start`. */
export function unpacksTo(unpack, packed, start, length) {
  try {
    return unpack(packed).equals(contentAt(start, length));
  } catch {
    return false;
  }
}

function oneShotKind(world, name, choices) {
  return {
    name,
    width: 8,
    begin(block) {
      const [pack, unpack] = world.random.pick(choices);
      const { start } = block;
      const { size } = block.layout;
      return new Promise((resolve) => {
        pack(block.bytes, (error, packed) => {
          world.settle(block, name, error, () =>
            unpacksTo(unpack, packed, start, size) ? null : 'what was compressed',
          );
          resolve();
        });
      });
    },
  };
}

export const oneShots = [
  (world) => oneShotKind(world, 'zlib one-shot', [formats.deflate, formats.gzip]),
  (world) => oneShotKind(world, 'brotli one-shot', [formats.brotli]),
];
