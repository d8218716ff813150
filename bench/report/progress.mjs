/**
 * One line on stderr for each step done, with the time left at the pace so far. Plain lines: they
 * read the same on a terminal and in a log, and stdout stays free for the tables.
 */
export class Progress {
  #title;
  #steps;
  #done = 0;
  #start = performance.now();

  constructor(title, steps) {
    this.#title = title;
    this.#steps = steps;
  }

  /** Call it when a step has ended; `text` says which and what it gave. */
  step(text) {
    this.#done++;
    const elapsed = (performance.now() - this.#start) / 1000;
    const left = Math.ceil((elapsed / this.#done) * (this.#steps - this.#done));
    const counter = `${String(this.#done).padStart(String(this.#steps).length)}/${this.#steps}`;
    process.stderr.write(`${this.#title} ${counter}  ${text}  (${left} s left)\n`);
  }
}
