// Reads a file in a loop, each read into a Buffer of its own. Its argument is JSON: `{ contender,
// how, file, bytes, warmUpMs, measureMs }`, `how` being `readSync` or `read`. Prints one line of
// JSON: nanoseconds a read.
import { closeSync, fstatSync, openSync, read, readSync } from 'node:fs';
import { makeContender } from '../pool/contenders.mjs';
import { timeOperations } from '../turns.mjs';

/** Reads between two turns of the event loop, where a program would serve others. */
const READS_PER_TURN = 256;

const { contender, how, file, bytes, ...plan } = JSON.parse(process.argv[2]);
const { allocate, free } = await makeContender(contender, { size: bytes, bytes });
const fd = openSync(file, 'r');
const { size } = fstatSync(fd);
let at = 0;

/** Where the next read begins: the file in order, again and again. */
function advance() {
  at = at + bytes < size ? at + bytes : 0;
  return at;
}

function expectWhole(got) {
  if (got !== bytes) throw new Error(`a read gave ${got} bytes of ${bytes}`);
}

function readInTurn(count) {
  for (let i = 0; i < count; i++) {
    const buffer = allocate(bytes);
    expectWhole(readSync(fd, buffer, 0, bytes, advance()));
    free(buffer);
  }
}

/** One `fs.read` after the other: each callback asks for the next. */
function readByCallback(count) {
  return new Promise((resolve, reject) => {
    let left = count;
    const next = () => {
      const buffer = allocate(bytes);
      read(fd, buffer, 0, bytes, advance(), (error, got) => {
        if (error !== null) return reject(error);
        expectWhole(got);
        free(buffer);
        return --left > 0 ? next() : resolve();
      });
    };
    next();
  });
}

const work = how === 'readSync' ? readInTurn : readByCallback;
console.log(JSON.stringify(await timeOperations(work, { ...plan, perTurn: READS_PER_TURN })));
closeSync(fd);
