/** What is not promised, each with the program of test/limits that shows it. */
export const LIMITS = [
  {
    program: 'data-race',
    says: 'Data races that a program makes itself: what a request writes on another thread can be read half-way.',
  },
  {
    program: 'idle-stream',
    says: 'Freeing without a lease what an idle stream still holds: between two chunks no request is in flight. Node 20 aborts, later ones throw. A lease keeps the block.',
  },
  {
    program: 'moved-in-flight',
    says: 'Moving a block away (`transfer()`, a BYOB read) while a request uses it: the memory is released when the moved buffer is collected, and the request goes on. Node has the same hole for its own buffers.',
  },
  {
    program: 'untransferable',
    says: '`markAsUntransferable` on a block: Node 24 and later abort at exit while it is alive.',
  },
  {
    program: 'raw-pointer',
    says: 'Other addons that keep raw pointers: they read and write whatever has the memory by then.',
  },
];
