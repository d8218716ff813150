/**
 * From tokens to a tree. The grammar, with what `vocabulary.ts` names:
 *
 *   tree      = source { "|" filter } ;
 *   source    = "(" tree ")" | fallback | segregate | leaf | part ;
 *   fallback  = "fallback" "(" tree "," tree { "," tree } ")" ;
 *   segregate = "segregate" "(" { "<=" size ":" tree "," } "else" ":" tree ")" ;
 *   leaf      = LEAF [ arguments ] ;
 *   filter    = FILTER [ arguments ] ;
 *   arguments = "(" argument { "," argument } ")" ;
 *   argument  = [ name ":" ] size ;
 */
import { readTokens, type Token } from './lexer.js';
import { badComposition } from './mistakes.js';
import type { Arguments, Row, Tree } from './tree.js';
import { CHOICES, FILTERS, isReserved, LEAVES, type Parameters } from './vocabulary.js';

/** What a program will never write by hand: every call passes through each level. */
const MOST_DEPTH = 64;
const MOST_LENGTH = 10_000;

/** What begins a source, for messages. */
const SOURCE = `one of ${[...LEAVES.keys(), ...CHOICES].join(', ')}, or a part of yours`;

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = readTokens(text);
  }

  readAll(): Tree {
    const tree = this.#readTree();
    if (this.#next.kind !== 'end') throw this.#expected('"|" or the end');
    return tree;
  }

  get #next(): Token {
    return this.#tokens[this.#at] as Token;
  }

  #expected(what: string): Error {
    const { kind, text, column } = this.#next;
    return badComposition(this.#text, column, what, kind === 'end' ? '' : text);
  }

  #take(): Token {
    const token = this.#next;
    this.#at++;
    return token;
  }

  #isSign(sign: string): boolean {
    return this.#next.kind === 'sign' && this.#next.text === sign;
  }

  #takeIf(sign: string): boolean {
    const isThere = this.#isSign(sign);
    if (isThere) this.#at++;
    return isThere;
  }

  #require(sign: string, instead = `"${sign}"`): void {
    if (!this.#takeIf(sign)) throw this.#expected(instead);
  }

  #readTree(): Tree {
    if (++this.#depth > MOST_DEPTH) throw this.#expected(`at most ${MOST_DEPTH} levels`);
    const depth = this.#depth;
    let tree = this.#readSource();
    while (this.#takeIf('|')) {
      if (++this.#depth > MOST_DEPTH) throw this.#expected(`at most ${MOST_DEPTH} levels`);
      tree = this.#readFilter(tree);
    }
    this.#depth = depth - 1;
    return tree;
  }

  #readSource(): Tree {
    if (this.#takeIf('(')) {
      const tree = this.#readTree();
      this.#require(')', '"|" or ")"');
      return tree;
    }
    const { kind, text: word, column } = this.#next;
    if (kind !== 'word') throw this.#expected(SOURCE);
    if (word === 'fallback') return this.#readFallback();
    if (word === 'segregate') return this.#readSegregate();
    const parameters = LEAVES.get(word);
    if (parameters === undefined) {
      if (isReserved(word)) throw this.#expected(SOURCE);
      this.#take();
      return { kind: 'part', name: word, column };
    }
    this.#take();
    return { kind: 'leaf', word, args: this.#readArguments(parameters), column };
  }

  #readFilter(inner: Tree): Tree {
    const { kind, text: word, column } = this.#next;
    const parameters = kind === 'word' ? FILTERS.get(word) : undefined;
    if (parameters === undefined) throw this.#expected(`one of ${[...FILTERS.keys()].join(', ')}`);
    this.#take();
    return { kind: 'filter', word, args: this.#readArguments(parameters), inner, column };
  }

  #readFallback(): Tree {
    const { column } = this.#take();
    this.#require('(');
    const inner = [this.#readTree()];
    this.#require(',', '"|" or ","');
    do inner.push(this.#readTree());
    while (this.#takeIf(','));
    this.#require(')', '"|", "," or ")"');
    return { kind: 'fallback', inner, column };
  }

  #readSegregate(): Tree {
    const { column } = this.#take();
    this.#require('(');
    const rows: Row[] = [];
    do rows.push(this.#readRow(rows.at(-1)?.max ?? -1));
    while (rows.at(-1)?.max !== Number.POSITIVE_INFINITY);
    this.#require(')', '"|" or ")"');
    return { kind: 'segregate', rows, column };
  }

  #readRow(before: number): Row {
    if (this.#next.kind === 'word' && this.#next.text === 'else') {
      this.#take();
      this.#require(':');
      return { max: Number.POSITIVE_INFINITY, inner: this.#readTree() };
    }
    this.#require('<=', '"<=" and a size, or "else"');
    if (this.#next.kind !== 'number' || this.#next.value <= before) {
      throw this.#expected(before < 0 ? 'a size' : `a size above ${before}`);
    }
    const max = this.#take().value;
    this.#require(':');
    const inner = this.#readTree();
    this.#require(',', '"|", or "," and another row');
    return { max, inner };
  }

  #readArguments(parameters: Parameters): Arguments {
    const args: Record<string, number> = Object.create(null);
    if (!this.#takeIf('(')) return args;
    let position: number | null = 0;
    do position = this.#readArgument(parameters, args, position);
    while (this.#takeIf(','));
    this.#require(')', '"," or ")"');
    return args;
  }

  /** Answers which parameter may come next without its name; null after one with a name. */
  #readArgument(
    parameters: Parameters,
    args: Record<string, number>,
    position: number | null,
  ): number | null {
    const isNamed = this.#next.kind === 'word';
    const name = isNamed ? this.#readName(parameters, args) : parameters[position ?? -1]?.[0];
    if (name === undefined) throw this.#expected(describeParameters(parameters, args));
    if (this.#next.kind !== 'number') throw this.#expected('a size');
    args[name] = this.#take().value;
    return isNamed || position === null ? null : position + 1;
  }

  #readName(parameters: Parameters, args: Arguments): string {
    const { text } = this.#next;
    const isFree = parameters.some(([name]) => name === text) && !(text in args);
    if (!isFree) throw this.#expected(describeParameters(parameters, args));
    this.#take();
    this.#require(':');
    return text;
  }
}

function describeParameters(parameters: Parameters, args: Arguments): string {
  const free = parameters.map(([name]) => name).filter((name) => !(name in args));
  const names = free.map((name) => `${name}:`).join(' or ');
  return free.length === 0 ? 'no further argument' : `a size, or ${names} and one`;
}

/**
 * The tree of a text.
 *
 * @throws OUT_OF_RANGE, with the column.
 */
export function parseTree(text: string): Tree {
  if (text.length > MOST_LENGTH) {
    throw badComposition(text, MOST_LENGTH + 1, `at most ${MOST_LENGTH} characters`, 'more');
  }
  return new Parser(text).readAll();
}
