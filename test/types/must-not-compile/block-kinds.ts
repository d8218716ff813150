import { type Allocator, Layout, SystemAllocator } from '../../../lib/index.js';

declare const ofBuffers: Allocator<Buffer>;
declare const ofArrayBuffers: Allocator<ArrayBuffer>;
const layout = Layout.from(64);

// expect TS2322
export const narrowed: Allocator<ArrayBuffer> = ofBuffers;

// expect TS2322
export const crossed: Allocator<Buffer> = ofArrayBuffers;

// expect TS2322
export const system: Allocator<Buffer> = new SystemAllocator();

// expect TS2322
export const widened: Allocator<ArrayBuffer | Buffer> = ofArrayBuffers;

// expect TS2345
ofArrayBuffers.deallocate(new Uint8Array(64), layout);

// expect TS2345
ofArrayBuffers.deallocate(Buffer.alloc(64), layout);

// expect TS2345
ofArrayBuffers.deallocate(new SharedArrayBuffer(64), layout);

// expect TS2345
ofBuffers.deallocate(new ArrayBuffer(64), layout);

// expect TS2345
ofBuffers.reallocate(ofArrayBuffers.allocate(layout), layout, layout);

// expect TS2345
ofArrayBuffers.lease(ofBuffers.allocate(layout));

/** By each operation that takes a block an allocator of one kind is none of either kind. */
type Either = ArrayBuffer | Buffer;
type Takes<Name extends keyof Allocator> = Pick<Allocator<Either>, Name>;

// expect TS2322
export const deallocate: Takes<'deallocate'> = ofBuffers;

// expect TS2322
export const reallocate: Takes<'reallocate'> = ofBuffers;

// expect TS2322
export const reallocateInPlace: Takes<'reallocateInPlace'> = ofBuffers;

// expect TS2322
export const lease: Takes<'lease'> = ofBuffers;

// expect TS2344
export type OfStrings = Allocator<string>;
