/** The errors of a text that is no composition: they point at the column. */
import { HeapwrightRangeError } from '../../errors.js';

/** Characters of a text that are shown before and behind a column, and of a word in it. */
const MOST_BESIDE = 32;

/** The text around a column, and below it a caret that points there. */
function pointTo(text: string, column: number): string {
  const start = Math.max(0, column - 1 - MOST_BESIDE);
  const shown = text.slice(start, column - 1 + MOST_BESIDE).replace(/\p{C}/gu, ' ');
  return `\n  ${shown}\n  ${' '.repeat(column - 1 - start)}^`;
}

/** OUT_OF_RANGE: where the text is not what it has to be; columns from 1 on. */
export function badComposition(
  text: string,
  column: number,
  expected: string,
  actual: string,
): HeapwrightRangeError {
  const got = actual === '' ? 'the end' : JSON.stringify(actual.slice(0, MOST_BESIDE));
  return new HeapwrightRangeError(
    `The composition is wrong at column ${column}: expected ${expected}; got ${got}.` +
      pointTo(text, column),
  );
}

/** OUT_OF_RANGE: what the text says at `column` cannot be made, as `cause` says. */
export function impossibleComposition(
  text: string,
  column: number,
  cause: Error,
): HeapwrightRangeError {
  return new HeapwrightRangeError(
    `The composition is wrong at column ${column}: ${cause.message}${pointTo(text, column)}`,
    { cause },
  );
}
