import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { examplesOf, readPage, runExample, shownBy } from '../support/examples.js';

const text = readPage('README.md');

describe.each([
  ['README.md', text],
  ['docs/buffers.md', readPage('docs/buffers.md')],
  ['docs/chunk.md', readPage('docs/chunk.md')],
  ['docs/compose.md', readPage('docs/compose.md')],
  ['docs/custom.md', readPage('docs/custom.md')],
])('%s', (_path, page) => {
  it.each(examplesOf(page))('shows under $title what its example prints', (example) => {
    expect(runExample(example)).toEqual({ status: 0, stderr: '', lines: shownBy(example) });
  });

  it('has an output for every example', () => {
    expect(examplesOf(page).filter((example) => shownBy(example).length === 0)).toEqual([]);
    expect(examplesOf(page).length).toBeGreaterThan(0);
  });
});

describe('the README', () => {
  it('begins with an example', () => {
    expect(text.indexOf('```js')).toBeLessThan(500);
  });

  it('has at most 150 lines', () => {
    expect(text.split('\n').length - 1).toBeLessThanOrEqual(150);
  });

  it('names only scripts that there are', () => {
    const { scripts } = JSON.parse(readPage('package.json'));
    const named = [...text.matchAll(/npm (?:run )?([\w:]+)/g)].map(([, name]) => name ?? '');
    const known = [...Object.keys(scripts), 'install'];
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('leads only to pages that there are', () => {
    const pages = [...text.matchAll(/\]\(([\w./-]+)\)/g)].map(([, page]) => page ?? '');
    expect(pages.filter((page) => !existsSync(new URL(`../../${page}`, import.meta.url)))).toEqual(
      [],
    );
    expect(pages).toContain('docs/buffers.md');
  });
});
