// One contender at one workload, in a process of its own. Its argument is JSON: `{ workload,
// contender, warmUpMs, measureMs }` and what the workload asks for. Prints one line of JSON:
// operations measured, nanoseconds an operation, and the most memory the process ever held.
import { peakRss } from '../../report/memory.mjs';
import { timeOperations } from '../turns.mjs';
import { makeContender } from './contenders.mjs';
import { WORKLOADS } from './workloads.mjs';

const { workload, contender, ...plan } = JSON.parse(process.argv[2]);
const { bytesOf, perTurn, prepare } = WORKLOADS[workload];
const made = await makeContender(contender, { size: plan.size, bytes: bytesOf(plan) });
const timed = await timeOperations(prepare(made, plan), { ...plan, perTurn });
console.log(JSON.stringify({ ...timed, peakRss: peakRss() }));
