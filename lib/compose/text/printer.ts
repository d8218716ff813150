/** From a tree to text that reads back to the same tree. */
import type { Arguments, Filter, Leaf, Tree } from './tree.js';
import { FILTERS, LEAVES, type Measure, UNITS } from './vocabulary.js';

/** With the largest unit that leaves no rest. */
function printNumber(value: number, measure: Measure): string {
  if (measure === 'count' || value === 0) return `${value}`;
  const unit = [...UNITS].reverse().find(([, bytes]) => value % bytes === 0);
  return unit === undefined ? `${value}` : `${value / unit[1]}${unit[0]}B`;
}

/** Without a name as long as none is left out before. */
function printArguments({ word, args }: { word: string; args: Arguments }): string {
  const parameters = LEAVES.get(word) ?? FILTERS.get(word) ?? [];
  let isComplete = true;
  const printed: string[] = [];
  for (const [name, measure] of parameters) {
    const value = args[name];
    if (value === undefined) isComplete = false;
    else printed.push(`${isComplete ? '' : `${name}: `}${printNumber(value, measure)}`);
  }
  return printed.length === 0 ? '' : `(${printed.join(', ')})`;
}

const printWord = (node: Leaf | Filter): string => `${node.word}${printArguments(node)}`;

export function printTree(tree: Tree): string {
  switch (tree.kind) {
    case 'leaf':
      return printWord(tree);
    case 'part':
      return tree.name;
    case 'filter':
      return `${printTree(tree.inner)} | ${printWord(tree)}`;
    case 'fallback':
      return `fallback(${tree.inner.map(printTree).join(', ')})`;
    case 'segregate': {
      const rows = tree.rows.map(({ max, inner }) => {
        const bound = max === Number.POSITIVE_INFINITY ? 'else' : `<=${printNumber(max, 'bytes')}`;
        return `${bound}: ${printTree(inner)}`;
      });
      return `segregate(${rows.join(', ')})`;
    }
  }
}
