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

/* ---- Pages and address space (jemalloc, mimalloc and tcmalloc all separate the page of their
 * book-keeping from the system's) ---- */

/* A logical page, 4 KiB whatever the system's is: jemalloc's page of compile time is its users'
 * longest-running complaint. The system's page matters only for giving memory back. */
#define HW_PAGE_SHIFT 12u
#define HW_PAGE_BYTES ((size_t)1 << HW_PAGE_SHIFT)

/* A segment, the unit in which an arena takes address space: two huge pages of x86-64. */
#define HW_SEGMENT_SHIFT 22u
#define HW_SEGMENT_BYTES ((size_t)1 << HW_SEGMENT_SHIFT)
#define HW_SEGMENT_PAGES (HW_SEGMENT_BYTES >> HW_PAGE_SHIFT)

/* The largest reservation that is tried, then a quarter of it and so on down to the least.
 * Inaccessible pages cost nothing under any overcommit policy; RLIMIT_AS, sanitizers and valgrind
 * refuse the large ones. */
#define HW_REGION_MOST_BYTES ((size_t)256 << 30)
#define HW_REGION_LEAST_BYTES ((size_t)16 << 20)

/* With the least region, 64 more still make 1 GiB; with the largest, all the addresses there are.*/
#define HW_REGION_MOST 65u

/* Arenas that live at once in one space: an id fits 24 bits of a page's tag, and one bit each of
 * this many stands in the space (8 KiB). */
#define HW_ARENAS_MOST 65536u

/* A run has at least two pages, so that its descriptor (128 bytes) has a slot of its own in an
 * array with one for every second page: 64 KiB a segment, 1.6 % of what is in use. */
#define HW_RUN_LEAST_PAGES ((size_t)2)

/* ---- Size classes and slabs ---- */

/* Four classes a doubling above 128 bytes bound the waste to 20 % of a block; the steps of 16 below
 * keep every block on malloc's alignment. */
#define HW_CLASS_COUNT 40u
#define HW_SMALL_MOST ((size_t)32768)

/* Up to here a table of one byte for each 16 gives the class, above counting zeros does. */
#define HW_CLASS_TABLE_MOST ((size_t)4096)

/* Alignments above the page's own take a run of pages at that stride. */
#define HW_ALIGN_MOST ((size_t)1 << 30)

/* The largest block: runs count pages in 32 bits, and a region holds twice this (a block and its
 * headroom) and the largest alignment. More than the memory of any machine, while addresses alone
 * could be had. */
#define HW_LARGE_MOST ((size_t)4 << 40)

/* Regions of a slab: what eight words of a bitmap can say. */
#define HW_SLAB_REGIONS_MOST 512u

/* ---- Caches and depots ---- */

/* Blocks a cache holds of one class: 128 up to 512 bytes, then 64 KiB worth of them, four of 5 to
 * 16 KiB, two of the rest: 1.63 MiB in all, what tcmalloc gives one CPU (1.5 MiB). */
#define HW_MAGAZINE_MOST 128u
#define HW_MAGAZINE_BYTES ((size_t)65536)

/* The first refill of a class; each later one is twice that, up to half a magazine (jemalloc). */
#define HW_REFILL_FIRST 8u

/* Magazines' worth of blocks that an arena's depot keeps of one class, so that a producer and a
 * consumer swap arrays and touch no slab: at most 1 MiB a class. */
#define HW_DEPOT_MAGAZINES 16u

/* Trips of a cache to its bins between two looks for blocks that lie idle in one class. */
#define HW_CACHE_SWEEP_TRIPS 64u

/* ---- Memory that goes back ---- */

/* Time in which freed pages go back, in eight steps along a smooth curve. jemalloc's 10 s leaves
 * servers looking as if they leaked; mimalloc 3 came to 1 s too. */
#define HW_DECAY_MS 1000
#define HW_DECAY_STEPS 8u

/* Trips to bins and pages between two looks at the clock (jemalloc). */
#define HW_TICK_TRIPS 1000u

/* Shorter runs cost more in system calls (1.2 times a fill at 64 KiB, 4 times at one page) than
 * their memory is worth, until nothing was freed near them for four times the decay. */
#define HW_PURGE_PAGES 16u
#define HW_PURGE_ALL_AFTER 4u

/* Dirty pages beyond the cap, the larger of 32 MiB and an eighth of the active ones, make a freed
 * run of 8 MiB or more go back at once (jemalloc's oversize arena). */
#define HW_DIRTY_CAP_PAGES (((size_t)32 << 20) >> HW_PAGE_SHIFT)
#define HW_DIRTY_CAP_SHIFT 3u
#define HW_OVERSIZE_PAGES (((size_t)8 << 20) >> HW_PAGE_SHIFT)

/* ---- Moves ---- */

/* From here moving page tables beats copying (2.6 times at 512 KiB, 23 at 4 MiB). */
#define HW_MOVE_LEAST ((size_t)512 << 10)

/* Each moved range costs the kernel two more areas, of the usual 65,530 of a process. */
#define HW_MOVE_BUDGET 8192u

/* Ends of pieces that a run's descriptor has room for, in place of a slab's bitmap. After so many
 * moves with growth in between, a block is copied once. */
#define HW_RUN_PIECES 16u

/* Dirty stretches of a run that are told one by one to who must fill it with zeros. Beyond, the
 * last stretches over what is left: a fill more, and seldom. */
#define HW_STALE_MOST 8u

/* ---- Chunks ---- */

/* The smallest chunk: what malloc aligns the smallest block to. */
#define HW_CHUNK_LEAST ((size_t)8)

/* Who waits for a heap of chunks pauses so often (some microseconds, far more than a section
 * takes), then yields so often, then sleeps so long at a time. */
#define HW_SPIN_PAUSES 100u
#define HW_SPIN_YIELDS 50u
#define HW_SPIN_NAP_NS 50000

/* Chunks of a group, of which one byte tells how long its free runs may be: 64 words, the work of
 * about a hundred ticks, and 640 bytes of summary where there are 2.6 million chunks. */
#define HW_CHUNK_GROUP_SHIFT 12u
#define HW_CHUNK_GROUP ((size_t)1 << HW_CHUNK_GROUP_SHIFT)

/* Empty blocks that live at once in one heap: a byte and an owner each, 192 KiB of addresses of
 * which only what is used costs memory. */
#define HW_CHUNK_EMPTIES ((size_t)65536)
