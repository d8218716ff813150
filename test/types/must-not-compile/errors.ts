import { AllocError, isHeapwrightError } from '../../../lib/index.js';

declare const error: unknown;

if (isHeapwrightError(error)) {
  // expect TS2367
  if (error.code === 'ERR_HEAPWRIGHT_NO_SUCH_CODE') throw error;
}

if (error instanceof AllocError) {
  // expect TS2540
  error.reason = null;
}

// expect TS2554
new AllocError('ERR_HEAPWRIGHT_LIMIT', 'without the facts');
