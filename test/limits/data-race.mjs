// A request writes on another thread while JavaScript reads the same bytes: no lock, no order.
import { randomFill } from 'node:crypto';
import { Layout, SystemAllocator } from '../../dist/index.js';
import { say } from './say.mjs';

const MOST_LOOKS = 1e9;

const system = new SystemAllocator();
const bytes = new Uint8Array(system.allocate(Layout.from(64 << 20)));
const ended = new Promise((resolve) => randomFill(bytes, resolve));

// Not a single turn of the event loop passes here.
const last = bytes.length - 8;
let looks = 0;
while (looks < MOST_LOOKS && bytes.subarray(last).every((byte) => byte === 0)) looks += 1;
say(looks > 0 && looks < MOST_LOOKS, 'bytes changed between two reads of one loop');
await ended;
