/** Listening to the package's channels of `node:diagnostics_channel`. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { onTestFinished } from 'vitest';

type Name = 'alloc' | 'free' | 'limit' | 'recovered';

/** The messages on some channels from now to the end of the test, each with its channel's name. */
export function listen<Message>(...names: readonly Name[]): (Message & { channel: Name })[] {
  const heard: (Message & { channel: Name })[] = [];
  for (const channel of names) {
    const listener = (message: unknown) => heard.push({ channel, ...(message as Message) });
    subscribe(`heapwright:${channel}`, listener);
    onTestFinished(() => {
      unsubscribe(`heapwright:${channel}`, listener);
    });
  }
  return heard;
}
