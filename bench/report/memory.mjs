import { readFileSync } from 'node:fs';

/** The most memory this process ever had resident, in bytes. */
export function peakRss() {
  // The figure of getrusage survives exec: on Linux it can be the parent's.
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(kibibytes) * 1024;
}
