import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fromRoot } from '../../../scripts/lib/project.mjs';
import { Stop } from '../../../scripts/lib/run.mjs';
import { runChild } from '../child.mjs';

const BODY_BYTES = 16 << 10;

/**
 * A server on `runtime` in one process, under load from another: warmed up, measured, idle. Resolves
 * to the figures of both.
 */
export async function exchange(
  runtime,
  collector,
  { connections, warmUpRequests, seconds, idleMs },
) {
  const server = fork(fromRoot('bench/js/http/server.mjs'), [collector, BODY_BYTES], {
    execPath: runtime.command,
    execArgv: runtime.args,
  });
  try {
    const { port } = await answerOf(server);
    const load = (task) =>
      runChild('http/load.mjs', [
        JSON.stringify({ port, bodyBytes: BODY_BYTES, connections, ...task }),
      ]);
    await load({ requests: warmUpRequests });
    server.send('measure');
    const loaded = await load({ seconds });
    await sleep(idleMs);
    server.send('stop');
    return { ...loaded, ...(await answerOf(server)) };
  } finally {
    server.kill();
  }
}

async function answerOf(server) {
  const ended = new AbortController();
  server.once('exit', () => ended.abort());
  try {
    const [answer] = await once(server, 'message', { signal: ended.signal });
    return answer;
  } catch {
    throw new Stop('the HTTP server ended before it answered');
  }
}
