import { cpus, loadavg, release, type } from 'node:os';

/** A load of half the cores already moves timings. */
const LOADED_SHARE = 0.5;

/** What the figures were measured on. Ask before the first measurement: the benchmark is a load. */
export function describeMachine() {
  const [load] = loadavg();
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    node: process.versions.node,
    system: `${type()} ${release()}`,
    loadAverage: Number(load.toFixed(2)),
    loaded: load > cpus().length * LOADED_SHARE,
  };
}

/** The machine in one line. */
export function formatMachine({ cpu, cores, node, system, loadAverage, loaded }) {
  const note = loaded ? ' - the machine is loaded: take times as rough' : '';
  return `${cpu}, ${cores} cores, ${system}, Node ${node}, load average ${loadAverage}${note}`;
}
