/** Pairs of connected sockets on the loopback, closed when the test ends. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type OnReadOpts, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { OnRead } from '../../lib/index.js';

export interface Pair {
  /** Reads with the `onread` that was given. */
  readonly reader: Socket;
  readonly writer: Socket;
}

/** A socket that reads with `onread`, and its other end. */
export async function connectWith(onread: OnRead): Promise<Pair> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const { port } = server.address() as AddressInfo;
  const reader = connect({ port, host: '127.0.0.1', onread: onread as unknown as OnReadOpts });
  const [writer] = (await accepted) as [Socket];
  if (reader.connecting) await once(reader, 'connect');
  writer.on('error', () => {}).setNoDelay();
  onTestFinished(() => {
    reader.destroy();
    writer.destroy();
    server.close();
  });
  return { reader, writer };
}

/** Something that is resolved from outside. */
export function signal<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
