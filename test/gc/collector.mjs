import { constants, PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';

const KINDS = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'scavenge',
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'mark-compact',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weak callbacks',
};

/** Counts collections by kind from now on; `stop` resolves to the counts. */
export function watchCollector() {
  const counts = Object.fromEntries(Object.values(KINDS).map((kind) => [kind, 0]));
  const observer = new PerformanceObserver((list) => {
    for (const { detail } of list.getEntries()) counts[KINDS[detail.kind]] += 1;
  });
  observer.observe({ entryTypes: ['gc'] });
  return {
    async stop() {
      // Entries are handed over in a later tick.
      for (let tick = 0; tick < 3; tick++) await setImmediate();
      observer.disconnect();
      return counts;
    },
  };
}
