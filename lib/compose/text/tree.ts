/** A composition as data: what the text of `compose` says, before anything is made. */

/** What a word may be told in parentheses, by name. All are whole numbers. */
export type Arguments = { readonly [name: string]: number };

/** Something without an allocator inside: a kind of allocator, or a part by its name. */
export interface Leaf {
  readonly kind: 'leaf';
  readonly word: string;
  readonly args: Arguments;
  /** Where it begins in the text, from 1 on. */
  readonly column: number;
}

/** One of the program's own allocators. */
export interface Part {
  readonly kind: 'part';
  readonly name: string;
  readonly column: number;
}

/** What passes on to one allocator inside, after a `|`. */
export interface Filter {
  readonly kind: 'filter';
  readonly word: string;
  readonly args: Arguments;
  readonly inner: Tree;
  readonly column: number;
}

/** The first, and where that has no memory the second, and so on. */
export interface FallbackTree {
  readonly kind: 'fallback';
  readonly inner: readonly Tree[];
  readonly column: number;
}

export interface Row {
  /** The largest size that goes here; Infinity in the last row. */
  readonly max: number;
  readonly inner: Tree;
}

/** Where a request belongs by its size. */
export interface SegregateTree {
  readonly kind: 'segregate';
  readonly rows: readonly Row[];
  readonly column: number;
}

export type Tree = Leaf | Part | Filter | FallbackTree | SegregateTree;
