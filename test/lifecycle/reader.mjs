/** A thread without the addon that reads and writes memory it was handed, until it is ended. */
import { parentPort } from 'node:worker_threads';

parentPort.once('message', (buffers) => {
  const all = buffers.map((buffer) => new Uint8Array(buffer));
  parentPort.postMessage('reading');
  for (let round = 0; ; round++) {
    for (const bytes of all) {
      bytes[round % bytes.length] = bytes[0] ^ bytes[bytes.length - 1];
    }
  }
});
