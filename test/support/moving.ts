/** Ways in which plain JavaScript takes the memory of an ArrayBuffer into another one. */

/** Reads a byte stream into a view of `block`: the block is detached, what comes back has it. */
export async function moveByStream(block: ArrayBuffer): Promise<ArrayBuffer> {
  const stream = new ReadableStream({
    type: 'bytes',
    pull(controller) {
      const request = controller.byobRequest;
      request?.respond(request.view?.byteLength ?? 0);
    },
  });
  const reader = stream.getReader({ mode: 'byob' });
  const { value } = await reader.read(new Uint8Array(block));
  if (value === undefined) throw new Error('the stream has ended');
  return value.buffer;
}

/** `ArrayBuffer.prototype.transfer`, from V8 11.4 on. */
async function moveByTransfer(block: ArrayBuffer): Promise<ArrayBuffer> {
  return Reflect.apply(Reflect.get(ArrayBuffer.prototype, 'transfer'), block, []);
}

type Move = (block: ArrayBuffer) => Promise<ArrayBuffer>;

/** Each of them that this runtime has. */
export const MOVES: readonly [title: string, move: Move][] =
  'transfer' in ArrayBuffer.prototype
    ? [
        ['5.3/71 by a byte stream', moveByStream],
        ['5.3/70 by transfer()', moveByTransfer],
      ]
    : [['5.3/71 by a byte stream', moveByStream]];
