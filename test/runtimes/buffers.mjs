/**
 * That a pooled Buffer is taken for a Buffer wherever the runtime takes one. Each a function, for
 * any runtime: every check compares what comes of a pooled Buffer with what comes of a plain one.
 */

import { deepStrictEqual, notDeepStrictEqual, ok, strictEqual } from 'node:assert';
import { Buffer } from 'node:buffer';
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  randomFill,
  randomFillSync,
  timingSafeEqual,
} from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import fsp from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { inspect, promisify } from 'node:util';
import zlib from 'node:zlib';
import { ArenaAllocator, BufferPool } from '../../dist/index.js';

const pool = new BufferPool(new ArenaAllocator());
/** A slot that was used before: what is not written is not zero. */
const TEXT = 'ünïcode and numbers 0123456789 '.repeat(40);
const plain = Buffer.from(TEXT);
/** Never at offset 0 of its slab. */
const make = (value = TEXT) => {
  pool.alloc(Buffer.byteLength(value), 0xaa);
  return pool.from(value);
};

async function inFolder(work) {
  const folder = await fsp.mkdtemp(join(tmpdir(), 'heapwright-'));
  try {
    return await work(join(folder, 'file'));
  } finally {
    await fsp.rm(folder, { recursive: true });
  }
}

async function listen(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}

async function bytesOf(stream) {
  const parts = [];
  for await (const part of stream) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}

export const BUFFER_CHECKS = {
  'deepStrictEqual to a plain Buffer, both ways'() {
    for (const text of ['', 'x', TEXT]) {
      deepStrictEqual(make(text), Buffer.from(text));
      deepStrictEqual(Buffer.from(text), make(text));
    }
    notDeepStrictEqual(make('a'), Buffer.from('b'));
  },

  'isBuffer, instanceof, prototype and own keys'() {
    const buffer = make();
    ok(Buffer.isBuffer(buffer) && buffer instanceof Buffer && buffer instanceof Uint8Array);
    strictEqual(Object.getPrototypeOf(buffer), Buffer.prototype);
    strictEqual(buffer.constructor, Buffer);
    strictEqual(Object.prototype.toString.call(buffer), '[object Uint8Array]');
    deepStrictEqual(Reflect.ownKeys(make('ab')), Reflect.ownKeys(Buffer.from('ab')));
  },

  'inspect, JSON, toString in every encoding'() {
    strictEqual(inspect(make()), inspect(plain));
    strictEqual(JSON.stringify(make()), JSON.stringify(plain));
    for (const encoding of ['utf8', 'hex', 'base64', 'base64url', 'latin1', 'ascii', 'utf16le']) {
      strictEqual(make().toString(encoding), plain.toString(encoding), encoding);
    }
  },

  'the methods of Buffer read, write, search and slice'() {
    const [a, b] = [make(), Buffer.from(plain)];
    for (const each of [a, b]) {
      each.writeDoubleLE(Math.PI, 3);
      each.writeBigInt64BE(-5n, 20);
      each.fill('ab', 40, 50).swap16();
    }
    deepStrictEqual(a, b);
    strictEqual(a.readDoubleLE(3), b.readDoubleLE(3));
    strictEqual(a.indexOf('numbers', 60), b.indexOf('numbers', 60));
    strictEqual(a.lastIndexOf('9'), b.lastIndexOf('9'));
    deepStrictEqual(a.subarray(5, 60), b.subarray(5, 60));
    deepStrictEqual(a.slice(-9), b.slice(-9));
    deepStrictEqual([...a.entries()], [...b.entries()]);
    strictEqual(Buffer.compare(a, b), 0);
    ok(a.equals(b));
  },

  'Buffer.concat, Buffer.from, and views over the same memory'() {
    const halves = [make(TEXT.slice(0, 100)), make(TEXT.slice(100))];
    deepStrictEqual(Buffer.concat(halves), plain);
    deepStrictEqual(Buffer.from(make()), plain);
    const buffer = make();
    const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
    strictEqual(view.getUint8(1), plain[1]);
    deepStrictEqual(Buffer.from(buffer.buffer, buffer.byteOffset, buffer.length), plain);
  },

  'species: map, filter and slice give plain ones'() {
    const mapped = make('abc').map((byte) => byte + 1);
    deepStrictEqual(mapped, Buffer.from('bcd'));
    strictEqual(pool.owns(mapped), false);
  },

  'structuredClone and TextDecoder'() {
    deepStrictEqual(structuredClone(make()), structuredClone(plain));
    strictEqual(new TextDecoder().decode(make()), TEXT);
    const [a, b] = [pool.alloc(100), Buffer.alloc(100)];
    const answer = new TextEncoder().encodeInto(TEXT, a);
    deepStrictEqual(answer, new TextEncoder().encodeInto(TEXT, b));
    deepStrictEqual(a, b);
  },

  async 'fs: synchronous, by callback, by promise'() {
    await inFolder(async (path) => {
      fs.writeFileSync(path, make());
      strictEqual(fs.readFileSync(path, 'utf8'), TEXT);
      const fd = fs.openSync(path, 'r+');
      const target = pool.alloc(plain.length);
      strictEqual(fs.readSync(fd, target, 0, target.length, 0), plain.length);
      deepStrictEqual(target, plain);
      const second = pool.alloc(plain.length);
      const read = promisify(fs.read);
      strictEqual((await read(fd, second, 0, second.length, 0)).bytesRead, plain.length);
      deepStrictEqual(second, plain);
      strictEqual(fs.writevSync(fd, [make('one, '), make('two')], 0), 8);
      fs.closeSync(fd);
      strictEqual(fs.readFileSync(path, 'utf8').slice(0, 8), 'one, two');
      await fsp.writeFile(path, make());
      await fsp.appendFile(path, make('end'));
      const handle = await fsp.open(path);
      const third = pool.alloc(plain.length + 3);
      strictEqual((await handle.read(third, 0, third.length, 0)).bytesRead, third.length);
      await handle.close();
      deepStrictEqual(third, Buffer.from(`${TEXT}end`));
      ok(fs.existsSync(make(path)), 'a path as a Buffer');
    });
  },

  async 'fs: streams'() {
    await inFolder(async (path) => {
      const sink = fs.createWriteStream(path);
      for (let count = 0; count < 10; count++) sink.write(make());
      sink.end();
      await once(sink, 'finish');
      deepStrictEqual(await bytesOf(fs.createReadStream(path)), Buffer.from(TEXT.repeat(10)));
    });
  },

  async 'net: what is written arrives'() {
    const server = createServer((socket) => socket.pipe(socket));
    const port = await listen(server);
    const socket = connect(port, '127.0.0.1');
    for (let count = 0; count < 50; count++) socket.write(make());
    socket.end(make('end'));
    deepStrictEqual(await bytesOf(socket), Buffer.from(`${TEXT.repeat(50)}end`));
    server.close();
  },

  async 'zlib: synchronous, asynchronous, streams'() {
    for (const [pack, unpack] of [
      ['deflate', 'inflate'],
      ['gzip', 'gunzip'],
      ['brotliCompress', 'brotliDecompress'],
    ]) {
      const packed = zlib[`${pack}Sync`](make());
      deepStrictEqual(zlib[`${unpack}Sync`](pool.from(packed)), plain, pack);
      const again = await promisify(zlib[pack])(make());
      deepStrictEqual(await promisify(zlib[unpack])(pool.from(again)), plain, pack);
    }
    const packer = zlib.createGzip();
    for (let count = 0; count < 100; count++) packer.write(make());
    packer.end();
    const all = await bytesOf(packer.pipe(zlib.createGunzip()));
    deepStrictEqual(all, Buffer.from(TEXT.repeat(100)));
  },

  'crypto: hashes, ciphers, keys'() {
    const digest = (value) => createHash('sha256').update(value).digest('hex');
    strictEqual(digest(make()), digest(plain));
    const mac = (key, value) => createHmac('sha256', key).update(value).digest('hex');
    strictEqual(mac(make('key'), make()), mac('key', plain));
    const [key, iv] = [make('k'.repeat(32)), make('i'.repeat(16))];
    const cipher = createCipheriv('aes-256-cbc', key, iv);
    const secret = pool.concat([cipher.update(make()), cipher.final()]);
    const decipher = createDecipheriv('aes-256-cbc', key, iv);
    deepStrictEqual(Buffer.concat([decipher.update(secret), decipher.final()]), plain);
    ok(timingSafeEqual(make(), plain));
  },

  async 'crypto: randomFill, subtle and getRandomValues'() {
    const filled = [pool.alloc(64), pool.alloc(64), pool.alloc(64)];
    randomFillSync(filled[0]);
    await promisify(randomFill)(filled[1]);
    globalThis.crypto.getRandomValues(filled[2]);
    for (const each of filled) ok(each.some((byte) => byte !== 0));
    const [a, b] = [make(), plain].map((data) => globalThis.crypto.subtle.digest('SHA-256', data));
    deepStrictEqual(Buffer.from(await a), Buffer.from(await b));
  },

  async 'streams: Readable, Writable, Duplex, pipeline'() {
    const parts = [];
    const sink = new Writable({
      write(chunk, _encoding, done) {
        parts.push(Buffer.from(chunk));
        done();
      },
    });
    const through = new Duplex({
      read() {},
      write(chunk, _encoding, done) {
        this.push(pool.from(chunk));
        done();
      },
      final(done) {
        this.push(null);
        done();
      },
    });
    await pipeline(Readable.from([make(), make('end')], { objectMode: false }), through, sink);
    deepStrictEqual(Buffer.concat(parts), Buffer.from(`${TEXT}end`));
  },

  async 'web streams: chunks pass as they are'() {
    const [first, second] = [make(), make('end')];
    const source = new ReadableStream({
      start(controller) {
        controller.enqueue(first);
        controller.enqueue(second);
        controller.close();
      },
    });
    const parts = [];
    await source.pipeThrough(new TransformStream()).pipeTo(
      new WritableStream({
        write(chunk) {
          parts.push(chunk);
        },
      }),
    );
    ok(parts[0] === first && parts[1] === second);
    const compressed = new Blob([make()]).stream().pipeThrough(new CompressionStream('gzip'));
    deepStrictEqual(zlib.gunzipSync(await bytesOf(compressed)), plain);
  },

  async 'Blob, Response and Request copy what they are given'() {
    strictEqual(await new Blob([make()]).text(), TEXT);
    strictEqual(await new Response(make()).text(), TEXT);
    const request = new Request('http://127.0.0.1/', { method: 'POST', body: make() });
    const bytes = new Uint8Array(await request.arrayBuffer());
    deepStrictEqual(pool.from(bytes), plain);
  },

  async 'http and fetch: bodies, both ways'() {
    const server = createHttpServer((request, response) => {
      bytesOf(request).then((body) => response.end(pool.concat([body, make('!')])));
    });
    const url = `http://127.0.0.1:${await listen(server)}/`;
    const answer = await fetch(url, { method: 'POST', body: make() });
    strictEqual(await answer.text(), `${TEXT}!`);
    server.closeAllConnections?.();
    server.close();
  },

  'nothing above moved a slab, and no free is in doubt'() {
    strictEqual(pool.verify(), true);
    const buffer = make();
    pool.free(buffer);
    ok(pool.stats().liveBlocks >= 0);
  },
};
