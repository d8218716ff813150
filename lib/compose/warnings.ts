/** Warnings of the process, for what nobody is there to catch. They never throw. */
import { inspect } from 'node:util';

function detailOf(error: unknown): string {
  try {
    return inspect(error);
  } catch {
    return 'a value that cannot be shown'; // its own code throws
  }
}

function emit(warn: () => void): void {
  try {
    warn();
  } catch {
    // The program has put another function in the place of emitWarning.
  }
}

/** `error` has come up where the call goes on. */
export function warnOf(error: Error): void {
  emit(() => process.emitWarning(error));
}

/** A function of the program's threw. `which` begins a sentence: `The function f of an X`. */
export function warnOfCallback(which: string, error: unknown): void {
  const message = `${which} threw. The call that it was told of went on.`;
  emit(() => process.emitWarning(message, { type: 'HeapwrightWarning', detail: detailOf(error) }));
}
