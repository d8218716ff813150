/** Bodies of HTTP requests, sent to a server that does not read them yet. */
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import { ExpectedBytes } from './expected-bytes.mjs';
import { Filler, socketPath } from './sockets.mjs';

async function httpKind(world) {
  const name = 'http body';
  // A Unix domain socket: what the kernel takes of it is small and stays so.
  const { path: socket, remove } = socketPath();
  const server = createServer();
  server.listen(socket);
  await once(server, 'listening');
  const agent = new Agent({ keepAlive: true });
  const filler = new Filler(1 << 18);
  let outgoing;
  let incoming;
  let response;
  let expected;
  return {
    name,
    width: 10,
    async prepare() {
      outgoing = request({ socketPath: socket, agent, method: 'POST' });
      outgoing.flushHeaders();
      [incoming, response] = await once(server, 'request');
      expected = new ExpectedBytes();
      // The socket and not the request, which from Node 22 on lets go of the socket first.
      outgoing.socket.cork();
      outgoing.write(filler.bytes);
      expected.filler(filler.bytes);
    },
    begin(block) {
      return new Promise((resolve) => {
        expected.content(block.start, block.layout.size, (intact) => {
          world.settle(block, name, null, () => (intact ? null : 'what was sent'));
          resolve();
        });
        outgoing.write(block.bytes, (error) => {
          if (error) world.ledger.fault('failedOperations', `${name}: ${error.message}`);
        });
      });
    },
    launch() {
      outgoing.socket.uncork();
      filler.adapt(outgoing.socket.writableLength === 0);
    },
    release() {
      incoming.on('data', (chunk) => expected.take(chunk));
    },
    async finish() {
      if (expected.extra > 0) world.ledger.fault('wrongData', `${name}: more than was sent`);
      outgoing.end();
      await once(incoming, 'end');
      response.end();
      const [answer] = await once(outgoing, 'response');
      answer.resume();
      await once(answer, 'close');
    },
    close() {
      agent.destroy();
      server.close();
      remove();
    },
  };
}

export const bodies = [httpKind];
