/** What a peer must receive: contents one after another, each with someone who waits for it. */
import { contentAt } from '../content.mjs';

export class ExpectedBytes {
  #pieces = [];
  #done = 0;

  /** Expects `bytes` next, that nobody asks for. */
  filler(bytes) {
    this.#pieces.push({ bytes, arrived: () => {} });
  }

  /** Expects a content next. `arrived(intact)` is called when it is complete, or goes wrong. */
  content(start, length, arrived) {
    this.#pieces.push({ bytes: contentAt(start, length), arrived });
  }

  /** The next bytes that came. */
  take(chunk) {
    let at = 0;
    while (at < chunk.length && this.#pieces.length > 0) {
      const piece = this.#pieces[0];
      const length = Math.min(chunk.length - at, piece.bytes.length - this.#done);
      const same = chunk.compare(piece.bytes, this.#done, this.#done + length, at, at + length);
      piece.wrong ||= same !== 0;
      at += length;
      this.#done += length;
      if (this.#done < piece.bytes.length) continue;
      this.#pieces.shift();
      this.#done = 0;
      piece.arrived(!piece.wrong);
    }
    if (at < chunk.length) this.extra += chunk.length - at;
  }

  /** Bytes that came and were not expected. */
  extra = 0;
}
