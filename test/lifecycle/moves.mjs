/** Plain JavaScript that takes the memory of an ArrayBuffer into another one. */

/** Reads a byte stream into a view of `block`: the block is detached, what comes back has it. */
export async function moveByStream(block) {
  const stream = new ReadableStream({
    type: 'bytes',
    pull({ byobRequest }) {
      byobRequest.respond(byobRequest.view.byteLength);
    },
  });
  const { value } = await stream.getReader({ mode: 'byob' }).read(new Uint8Array(block));
  return value.buffer;
}

/** `ArrayBuffer.prototype.transfer`, from V8 11.4 on. */
export const moveByTransfer = (block) => block.transfer();

export const hasTransfer = 'transfer' in ArrayBuffer.prototype;
