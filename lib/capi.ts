import { native } from './native.js';

/**
 * The C API for other addons of this process: an external value, to be handed to an addon of yours
 * as it is, which finds the functions of heapwright.h behind it. docs/c-api.md shows how. Null on
 * runtimes that cannot tell one external from another.
 */
export const capi: object | null = native.capi ?? null;
