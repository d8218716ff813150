/** From text to words, numbers and signs, each with its column. */
import { badComposition } from './mistakes.js';
import { UNITS } from './vocabulary.js';

export interface Token {
  readonly kind: 'word' | 'number' | 'sign' | 'end';
  /** As it is written; empty at the end. */
  readonly text: string;
  /** Of a number: its value. */
  readonly value: number;
  /** From 1 on. */
  readonly column: number;
}

const WHITE = /[ \t\r\n]*/y;
const WORD = /[A-Za-z_$][A-Za-z0-9_$]*/y;
const NUMBER = /([0-9]+)([A-Za-z0-9_$.]*)/y;
const SIGN = /<=|[(),:|]/y;
const UNIT = /^(?:([KMG])(?:I?B)?|B)?$/i;

/** What `pattern` finds at `at`; it looks nowhere else. */
function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function readNumber(text: string, column: number, digits: string, unit: string): number {
  const known = UNIT.exec(unit);
  if (known === null) {
    throw badComposition(text, column + digits.length, 'a unit: B, KB, MB or GB', unit);
  }
  const letter = known[1]?.toUpperCase();
  const factor = UNITS.find(([each]) => each === letter)?.[1] ?? 1;
  const value = Number(digits) * factor;
  if (Number.isSafeInteger(value)) return value;
  throw badComposition(text, column, 'a number up to 2^53 - 1', digits + unit);
}

function readToken(text: string, at: number): Token {
  const column = at + 1;
  const common = { column, value: 0 };
  if (at === text.length) return { ...common, kind: 'end', text: '' };
  const number = matchAt(NUMBER, text, at);
  if (number !== null) {
    const [all, digits = '', unit = ''] = number;
    return { kind: 'number', text: all, value: readNumber(text, column, digits, unit), column };
  }
  const word = matchAt(WORD, text, at)?.[0];
  if (word !== undefined) return { ...common, kind: 'word', text: word };
  const sign = matchAt(SIGN, text, at)?.[0];
  if (sign !== undefined) return { ...common, kind: 'sign', text: sign };
  const [character = ''] = text.slice(at);
  throw badComposition(text, column, 'a word, a size or one of ( ) , : | <=', character);
}

/** All tokens; the last one is the end. */
export function readTokens(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  do {
    at += matchAt(WHITE, text, at)?.[0].length ?? 0;
    const token = readToken(text, at);
    tokens.push(token);
    at += token.text.length;
  } while (tokens.at(-1)?.kind !== 'end');
  return tokens;
}
