/** What the tests of a file are called, read from its text. */

/** A title is the first argument of a call whose last one is a function; `each` has two calls. */
const IN_TYPESCRIPT =
  /\(\s*(['"`])((?:\\.|(?!\1).)*)\1,\s*(?:\{[^}]*\},\s*)?(?:async\s*)?(?:\(|\w+ =>)/gs;
const IN_C = /cmocka_unit_test\w*\(\s*(\w+)/g;

/**
 * The titles of all suites and tests in `text`, with … for each value in them; of C, the tests that
 * its `main` runs.
 */
export function titlesOf(text: string, language: 'c' | 'ts'): Set<string> {
  if (language === 'c') return new Set([...text.matchAll(IN_C)].map(([, name]) => name ?? ''));
  const titles = [...text.matchAll(IN_TYPESCRIPT)].map(([, , title]) => title ?? '');
  return new Set(
    titles.map((title) => title.replaceAll(/\\(.)/g, '$1').replaceAll(/\$\{[^}]*\}/g, '…')),
  );
}
