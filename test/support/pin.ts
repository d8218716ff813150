/** Lets a module of asm.js run on the block, which pins it for good. Of 64 KiB, or a power of 2. */
export function pin(block: ArrayBuffer): void {
  const source = `
    'use asm';
    var bytes = new stdlib.Uint8Array(heap);
    function get(at) { at = at | 0; return bytes[at >> 0] | 0; }
    return { get: get };`;
  const module = new Function('stdlib', 'foreign', 'heap', source);
  if (module(globalThis, {}, block).get(0) !== new Uint8Array(block)[0]) {
    throw new Error('asm.js does not run here');
  }
}
