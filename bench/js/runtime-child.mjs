// What a Node says of itself, as one line of JSON.
import { isBuiltin } from 'node:module';

const { node: version } = process.versions;
console.log(
  JSON.stringify({
    version,
    major: Number(version.split('.')[0]),
    /** Bytes of a slab that `Buffer.allocUnsafe` cuts small Buffers from. */
    poolSize: Buffer.poolSize,
    hasFfi: isBuiltin('node:ffi'),
  }),
);
