import { Code, Force, native } from '../../lib/native.js';

/** Runs `body` with a capability of the runtime switched off. */
export function withForced<T>(flags: number, body: () => T): T {
  if (native.force(flags) !== Code.OK) throw new Error(`force(${flags}) is refused`);
  try {
    return body();
  } finally {
    native.force(Force.NOTHING);
  }
}
