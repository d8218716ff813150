/** The blocks behind live records, so that `dispose` can detach every one of them. */
import { LateRefs } from './late-refs.js';

/** By record index. Who asks compares the generation: the record may name another block by now. */
export const liveBlocks = new LateRefs<ArrayBuffer>();
