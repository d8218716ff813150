// A server whose memory is bounded, whatever its clients do: every request has a scope for what it
// needs meanwhile and a budget for what it allocates; bodies come from recycled blocks first, and
// all of them together have a limit. `GET /stats` says what is in use.
import { createServer } from 'node:http';
import {
  ArenaAllocator,
  allocate,
  BufferPool,
  deallocate,
  Fallback,
  FreeList,
  isHeapwrightError,
  Layout,
  Limited,
  Scoped,
  Stats,
  SystemAllocator,
  withAllocator,
  withBudget,
} from 'heapwright';

const KIB = 1024;
const MOST_BYTES = 16 * KIB * KIB;
const MOST_OF_A_REQUEST = 256 * KIB;
const COUNTS = Layout.array('u32', 256);

const pool = new BufferPool(new ArenaAllocator());
const recycled = new FreeList(pool, { size: 64 * KIB, max: 32 });
const limited = new Limited(new Fallback(recycled, pool), { bytes: MOST_BYTES });
const bodies = new Stats(limited);

// Requests are open side by side, and scopes are not: each has a Scoped, which serves the next.
const system = new SystemAllocator();
const idle = [];

/** All of a request's body, in memory of the request's allocator. */
async function read(request, body) {
  let at = 0;
  for await (const chunk of request) at += chunk.copy(body, at);
  if (at !== body.length) throw new Error('the body is not as long as it says');
}

/** How many different bytes there are. */
function distinct(body, scope) {
  const memory = scope.allocate(COUNTS);
  const counts = new Uint32Array(memory.buffer, memory.byteOffset, 256);
  for (const byte of body) counts[byte]++;
  return counts.filter((count) => count > 0).length;
}

async function answer(request, response, scope) {
  const layout = Layout.from(Number(request.headers['content-length'] ?? 0));
  const body = allocate(layout, { uninitialized: true });
  try {
    await read(request, body);
    response.end(JSON.stringify({ bytes: body.length, distinct: distinct(body, scope) }));
  } finally {
    deallocate(body, layout);
  }
}

function refuse(response, error) {
  const isFull = isHeapwrightError(error) && error.code === 'ERR_HEAPWRIGHT_LIMIT';
  const status = isFull ? (error.allocator === 'budget' ? 413 : 503) : 400;
  if (!response.headersSent) response.writeHead(status, { connection: 'close' });
  response.end();
}

function figures() {
  const { liveBlocks, liveBytes, allocations, failures } = bodies.stats();
  const { peakBytes } = limited.stats();
  const { rss } = process.memoryUsage();
  const scopes = idle.length;
  return { liveBlocks, liveBytes, peakBytes, allocations, failures, scopes, rss };
}

async function handle(request, response) {
  if (request.url === '/stats') {
    response.end(JSON.stringify(figures()));
    return;
  }
  const scoped = idle.pop() ?? new Scoped(system, { size: 16 * KIB, grow: true });
  const work = () => scoped.scope((scope) => answer(request, response, scope));
  try {
    await withAllocator(bodies, () => withBudget({ bytes: MOST_OF_A_REQUEST }, work));
  } catch (error) {
    refuse(response, error);
  } finally {
    idle.push(scoped);
  }
}

const server = createServer(handle);
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  console.log(server.address().port);
});
