// An HTTP server that collects each body and answers with a figure of it. Its argument says who
// makes the memory of a whole body, `pool` or `concat`, and how long each body is. Talks to the process that forked it: sends
// `{ port }` when it listens; told `measure` it begins to count, told `stop` it sends its figures.
import { createServer } from 'node:http';
import { PerformanceObserver } from 'node:perf_hooks';
import { residentSeries } from './resident-series.mjs';

/** How the chunks of a body become one Buffer, and what happens with it when it has been used. */
const COLLECTORS = {
  async pool() {
    const { ArenaAllocator, BufferPool } = await import('../../../dist/index.js');
    const pool = new BufferPool(new ArenaAllocator());
    return {
      join: (chunks, length) => pool.concat(chunks, length),
      done: (body) => pool.free(body),
    };
  },

  async concat() {
    return { join: (chunks, length) => Buffer.concat(chunks, length), done() {} };
  },
};

const [, , name, bodyBytes] = process.argv;
const collector = await COLLECTORS[name]();

function answer(request, response) {
  const chunks = [];
  let length = 0;
  request.on('data', (chunk) => {
    chunks.push(chunk);
    length += chunk.length;
  });
  request.on('end', () => {
    const body = collector.join(chunks, length);
    if (body.length !== Number(bodyBytes)) response.statusCode = 400;
    const text = `${body[0]} ${body[body.length - 1]}`;
    collector.done(body);
    response.end(text);
  });
}

let collections = 0;
let collectionMs = 0;
const observer = new PerformanceObserver((list) => count(list.getEntries()));
observer.observe({ entryTypes: ['gc'] });

function count(entries) {
  for (const { duration } of entries) {
    collections++;
    collectionMs += duration;
  }
}

const rss = residentSeries();
const server = createServer(answer);

function report() {
  count(observer.takeRecords());
  rss.stop();
  process.send({ collections, collectionMs, ...rss.figures() }, () => process.exit());
}

process.on('message', (told) => {
  if (told === 'stop') return report();
  observer.takeRecords();
  collections = 0;
  collectionMs = 0;
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
