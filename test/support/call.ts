/** Calls as untyped code makes them: any method, any arguments. */

export function call(target: object, method: PropertyKey, ...args: readonly unknown[]): unknown {
  return Reflect.apply(Reflect.get(target, method), target, args);
}

/** What `action` throws, or null. */
export function thrownBy(action: () => unknown): unknown {
  try {
    action();
    return null;
  } catch (error) {
    return error;
  }
}

/** Code of the caller's that must never run. `ran` counts how often it did. */
export function trap(): { ran: () => number; run: () => never } {
  let count = 0;
  return {
    ran: () => count,
    run: () => {
      count += 1;
      throw new Error('code of the caller ran');
    },
  };
}

/** A Proxy over `target` every operation of which calls `run`. */
export function forbidden(target: object, run: () => never): object {
  return new Proxy(target, new Proxy({}, { get: () => run }));
}

/** Every byte of a block, or of what is left of it. */
export function bytesOf(block: ArrayBuffer): Uint8Array {
  return block.byteLength === 0 ? new Uint8Array(0) : new Uint8Array(block);
}
