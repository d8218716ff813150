import { setTimeout } from 'node:timers';
import { Code, native } from '../native.js';

/** How hard the collector will be pushed at the end of this job; 0: not at all. */
let pressureToCome = 0;

/**
 * Asks for a collection at the end of this job. Within it the slabs that were let go a moment ago
 * are still kept, as the targets of new WeakRefs are; after its microtasks they are not.
 */
export function pushLater(pressure: number): void {
  const isComing = pressureToCome > 0;
  pressureToCome = Math.max(pressureToCome, pressure);
  if (isComing) return;
  queueMicrotask(() => {
    process.nextTick(push);
  });
}

/** What a push in the same tick has collected was let go before this one was asked for. */
function push(): void {
  if (native.pushCollection(pressureToCome) === Code.KEPT) setTimeout(push, 1).unref();
  else pressureToCome = 0;
}
