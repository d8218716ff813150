// One contender in a process of its own. Its argument is JSON: `{ contender, warmUpMs, measureMs }`.
// Prints one line of JSON: operations measured, nanoseconds an operation, and peak memory.
import { peakRss } from '../../report/memory.mjs';
import { timeOperations } from '../turns.mjs';
import { CONTENDERS } from './parts.mjs';

const PER_TURN = 4000;

const { contender, ...plan } = JSON.parse(process.argv[2]);
const work = await CONTENDERS[contender].prepare();
const timed = await timeOperations(work, { ...plan, perTurn: PER_TURN });
console.log(JSON.stringify({ ...timed, peakRss: peakRss() }));
