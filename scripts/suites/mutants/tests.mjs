/** How the lists of test/mutants name the test that has to kill a mutant. */

/** Tests of a program of test/core. */
export const of = (core) => (name) => ({ core, name });

/** Tests of a file in test/misuse. */
export const misuse = (file, name) => ({ vitest: `test/misuse/${file}.test.ts`, name });

/** Tests of a file in test/unit. */
export const unit = (file, name) => ({ vitest: `test/unit/${file}.test.ts`, name });
