/** The addon itself, without the package around it: what a script gets that requires the file. */
import { createRequire } from 'node:module';

const FILE = process.env.HEAPWRIGHT_BINARY || '../../build/Release/heapwright.node';

type RawFunction = (...args: readonly unknown[]) => unknown;

export interface RawAddon {
  readonly mailbox: ArrayBuffer;
  readonly functions: ReadonlyMap<string, RawFunction>;
}

export function loadRawAddon(): RawAddon {
  const addon: object = createRequire(import.meta.url)(FILE);
  const functions = Object.entries(addon).filter(
    (entry): entry is [string, RawFunction] => typeof entry[1] === 'function',
  );
  return { mailbox: Reflect.get(addon, 'mailbox'), functions: new Map(functions) };
}
