// Mistakes as data: an edit is `{ file, find, replace }`, as for String.replace.
import { Stop } from './run.mjs';

function occurrences(text, find) {
  if (typeof find === 'string') return text.split(find).length - 1;
  return [...text.matchAll(new RegExp(find.source, `${find.flags.replace('g', '')}g`))].length;
}

/**
 * The text of the file at `path` with those of the edits that concern it. What an edit looks for
 * has to be there exactly once: an edit that no longer fits, or fits in two places, proves nothing.
 */
export function applyEdits(path, text, edits) {
  let edited = text;
  for (const { file, find, replace } of edits) {
    if (file !== path) continue;
    const count = occurrences(edited, find);
    if (count !== 1) throw new Stop(`an edit fits ${file} ${count} times, not once:\n${find}`);
    // A string is put in as it is; with a regular expression `$1` has its meaning.
    edited = edited.replace(find, typeof find === 'string' ? () => replace : replace);
  }
  return edited;
}
