/** The server of docs/compose.md, as a process of its own under the load of many clients. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPage } from '../support/examples.js';
import { Random } from '../support/random.js';

const PROGRAM = 'examples/server/server.mjs';
const MOST_BYTES = 16 * 2 ** 20;
const MOST_OF_A_REQUEST = 256 * 1024;
const CLIENTS = 24;
const REQUESTS = 2400;
/** What a process that serves for hours may grow by while it warms up. */
const GROWTH = 48 * 2 ** 20;

interface Figures {
  readonly liveBlocks: number;
  readonly liveBytes: number;
  readonly peakBytes: number;
  readonly allocations: number;
  readonly scopes: number;
  readonly rss: number;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
let child: ChildProcess;
let port = 0;

beforeAll(async () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  child = spawn(process.execPath, [PROGRAM], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout as NodeJS.ReadableStream, 'data');
  port = Number(`${line}`);
});

afterAll(() => {
  agent.destroy();
  child.kill();
});

/** Posts a body; `sent` bytes of it, and then no more, where that is less than all. */
async function post(body: Buffer, sent = body.length): Promise<Answer | null> {
  const headers = { 'content-length': body.length };
  const outgoing = request({ port, agent, method: 'POST', headers });
  const answered = once(outgoing, 'response').catch(() => null);
  outgoing.on('error', () => undefined); // it is told by `answered`
  if (sent < body.length) {
    outgoing.write(body.subarray(0, sent));
    await setTimeout(1);
    outgoing.destroy();
  } else {
    outgoing.end(body);
  }
  const [response] = (await answered) ?? [];
  if (response === undefined) return null;
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, text };
}

async function figures(): Promise<Figures> {
  return (await fetch(`http://127.0.0.1:${port}/stats`)).json() as Promise<Figures>;
}

async function client(seed: number): Promise<void> {
  const random = new Random(seed);
  for (let count = 0; count < REQUESTS / CLIENTS; count++) {
    const size = random.below(8) === 0 ? random.below(MOST_OF_A_REQUEST) : random.below(70_000);
    const body = Buffer.alloc(size, random.below(256));
    const kind = random.below(20);
    if (kind === 0) {
      await post(body, random.below(size));
    } else if (kind === 1) {
      expect((await post(Buffer.alloc(MOST_OF_A_REQUEST + 1)))?.status ?? 413).toBe(413);
    } else {
      const expected = { bytes: size, distinct: Number(size > 0) };
      expect(JSON.parse((await post(body))?.text ?? '')).toEqual(expected);
    }
  }
}

async function load(seed: number): Promise<Figures> {
  await Promise.all(Array.from({ length: CLIENTS }, (_, at) => client(seed + at)));
  for (let rounds = 0; rounds < 100 && (await figures()).liveBlocks > 0; rounds++) {
    await setTimeout(20); // requests that were broken off end when their socket does
  }
  return figures();
}

describe('the server of docs/compose.md', () => {
  it('is what the page shows', () => {
    expect(readPage('docs/compose.md')).toContain(readPage(PROGRAM).trim());
  });

  it('answers many clients, refuses what is too large, and has nothing left of them', async () => {
    const warm = await load(1);
    const after = await load(1000);
    expect(after).toMatchObject({ liveBlocks: 0, liveBytes: 0 });
    expect(after.peakBytes).toBeLessThanOrEqual(MOST_BYTES);
    expect(after.allocations).toBeGreaterThan(warm.allocations);
    expect(after.scopes).toBeLessThanOrEqual(2 * CLIENTS);
    expect(after.rss).toBeLessThan(warm.rss + GROWTH);
  }, 120_000);
});
