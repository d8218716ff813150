/**
 * Writes to a peer that does not read: TCP and a pipe (a Unix domain socket). The blocks go out in
 * one write behind a filler that is more than the kernel takes, so libuv holds their addresses.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExpectedBytes } from './expected-bytes.mjs';

const LARGEST_FILLER = 64 << 20;

/** A filler that doubles until a write of it and the blocks does not go through at once. */
export class Filler {
  #bytes;

  constructor(size) {
    this.#bytes = Buffer.alloc(size, 'filler');
  }

  get bytes() {
    return this.#bytes;
  }

  /** Told, after a write, whether the kernel took it all. */
  adapt(tookAll) {
    const size = this.#bytes.length;
    if (tookAll && size < LARGEST_FILLER) this.#bytes = Buffer.alloc(size * 2, 'filler');
  }
}

/** A path for a Unix domain socket, and what removes it. */
export function socketPath() {
  const folder = mkdtempSync(join(tmpdir(), 'heapwright-'));
  return { path: join(folder, 'socket'), remove: () => rmSync(folder, { recursive: true }) };
}

async function socketKind(world, name, { listen, fillerSize, closed }) {
  // TCP learns to take more from a peer that reads: every burst has a connection of its own.
  const server = createServer({ pauseOnConnect: true });
  server.listen(listen);
  await once(server, 'listening');
  const address = server.address();
  const target = typeof address === 'string' ? { path: address } : { port: address.port };
  const filler = new Filler(fillerSize);
  let writer;
  let reader;
  let expected;
  return {
    name,
    width: 10,
    async prepare() {
      writer = connect(target);
      [[reader]] = await Promise.all([once(server, 'connection'), once(writer, 'connect')]);
      expected = new ExpectedBytes();
      reader.on('data', (chunk) => expected.take(chunk));
      writer.cork();
      writer.write(filler.bytes);
      expected.filler(filler.bytes);
    },
    begin(block) {
      return new Promise((resolve) => {
        expected.content(block.start, block.layout.size, (intact) => {
          world.settle(block, name, null, () => (intact ? null : 'what was sent'));
          resolve();
        });
        writer.write(block.bytes, (error) => {
          if (error) world.ledger.fault('failedOperations', `${name}: ${error.message}`);
        });
      });
    },
    launch() {
      writer.uncork();
      filler.adapt(writer.writableLength === 0);
    },
    release() {
      reader.resume();
    },
    async finish() {
      if (expected.extra > 0) world.ledger.fault('wrongData', `${name}: more than was sent`);
      writer.destroy();
      reader.destroy();
      await Promise.all([once(writer, 'close'), once(reader, 'close')]);
    },
    close() {
      server.close();
      closed();
    },
  };
}

function openPipe(world) {
  const { path, remove } = socketPath();
  return socketKind(world, 'pipe write', { listen: { path }, fillerSize: 1 << 18, closed: remove });
}

function openNet(world) {
  const listen = { port: 0, host: '127.0.0.1' };
  return socketKind(world, 'net write', { listen, fillerSize: 1 << 22, closed() {} });
}

export const sockets = [openNet, openPipe];
