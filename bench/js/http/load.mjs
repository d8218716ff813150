// Sends bodies to a server. Its argument is JSON: `{ port, bodyBytes, connections, seconds }`, or
// `requests` in place of `seconds`. Prints one line of JSON.
import autocannon from 'autocannon';

const { port, bodyBytes, connections, seconds, requests } = JSON.parse(process.argv[2]);

const result = await autocannon({
  url: `http://127.0.0.1:${port}`,
  method: 'POST',
  body: Buffer.alloc(bodyBytes, 'x'),
  connections,
  ...(requests === undefined ? { duration: seconds } : { amount: requests }),
});
console.log(
  JSON.stringify({
    requests: result.requests.total,
    requestsPerSecond: result.requests.total / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    failed: result.non2xx + result.errors + result.timeouts,
  }),
);
