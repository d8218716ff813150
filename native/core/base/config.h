/* Every tunable number of the core, with its reason. */
#pragma once

/* malloc's guarantee on 64-bit glibc, musl and macOS: alignof(max_align_t). A request above it, or
 * above its own size, goes to posix_memalign: allocators such as jemalloc align a small block only
 * to its own size class. Source: Rust's std::sys::alloc (MIN_ALIGN). */
#define HW_MALLOC_ALIGN 16u

/* From here up zeroed memory comes from calloc, which may know that it is zero. Below, malloc and a
 * fill: glibc's calloc passes by its per-thread cache (up to 1,032 bytes), which costs more than
 * filling does. */
#define HW_CALLOC_FROM 1032u

/* posix_memalign refuses less than sizeof(void *). */
#define HW_MEMALIGN_MIN 8u

/* Bytes of one segment of block records: 64 KiB holds 1,024, so a program with few blocks pays one
 * small mapping and one with a million pays about 1,000, far below the kernel's 65,530. */
#define HW_RECORD_SEGMENT_BYTES (64u * 1024u)

/* Bytes of the directory of those segments. Only pages in use cost memory; 2 MiB of addresses lets
 * one environment hold 268 million blocks, more than their ArrayBuffers leave room for. */
#define HW_RECORD_DIRECTORY_BYTES (2u * 1024u * 1024u)
