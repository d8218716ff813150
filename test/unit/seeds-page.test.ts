// The page on what came before names a test for each promise: there is one of that name.
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readPage } from '../support/examples.js';
import { titlesOf } from '../support/titles.js';

const page = readPage('docs/seeds.md');

interface Row {
  readonly promise: string;
  /** As they stand in the last cell: `folder/file`: title. */
  readonly tests: readonly string[];
}

/** The rows of the tables, without their headings. */
function rowsOf(text: string): Row[] {
  const lines = text.split('\n').filter((line) => line.startsWith('|'));
  return lines
    .map((line) => line.slice(1, -1).split(/(?<!\\)\|/))
    .map((cells) => cells.map((cell) => cell.trim().replaceAll('\\|', '|')))
    .filter((cells) => cells.at(-1) !== 'test' && !/^-+$/.test(cells[0] ?? ''))
    .map((cells) => ({ promise: cells[0] ?? '', tests: (cells.at(-1) ?? '').split('<br>') }));
}

const REFERENCE = /^`(?<file>[a-z]+(?:\/[a-z0-9_-]+)+)`: (?<title>.+)$/;
const ROOT = new URL('../../', import.meta.url);

/** What is wrong with a reference to a test, or null. */
function faultOf(reference: string): string | null {
  const { file = '', title = '' } = REFERENCE.exec(reference)?.groups ?? {};
  if (file === '') return `${reference} is not written as a test`;
  const path = ['.test.c', '.test.ts', '.ts']
    .map((end) => `test/${file}${end}`)
    .find((each) => existsSync(new URL(each, ROOT)));
  if (path === undefined) return `there is no test/${file}`;
  const titles = titlesOf(readPage(path), path.endsWith('.c') ? 'c' : 'ts');
  return titles.has(title) ? null : `${path} has no test "${title}"`;
}

const rows = rowsOf(page);

describe('docs/seeds.md', () => {
  it.each(rows)('has a test for: $promise', ({ tests }) => {
    expect(tests.map(faultOf).filter((fault) => fault !== null)).toEqual([]);
  });

  it('has for each of the four texts its promises, its examples and its mistakes', () => {
    const sections = page.split(/^## /m).slice(1, 5);
    const tables = sections.map((section) => [...section.matchAll(/^\| (.*?) \|.*\| test \|$/gm)]);
    const headings = tables.map((table) => table.map(([, first]) => first));
    expect(headings).toEqual(new Array(4).fill(['the text', 'works when', 'there']));
  });
});

describe('a reference that is wrong', () => {
  it.each([
    'unit/box: on the default allocator prints 4',
    '`unit/no-such-file`: on the default allocator prints 4',
    '`unit/box`: on the default allocator prints 5',
    '`core/chunk_seed`: chunk_begin',
    'none',
    '',
  ])('is noticed: %s', (reference) => {
    expect(faultOf(reference)).not.toBeNull();
  });

  it.each([
    '`unit/box`: box(4)',
    '`unit/box`: is freed by using, and by dispose once',
    '`unit/tree-model`: do what a plain model says, over … operations',
    '`conformance/contract/allocation`: allocate',
    '`core/chunk_seed`: usage',
  ])('is told from one that is right: %s', (reference) => {
    expect(faultOf(reference)).toBeNull();
  });
});
