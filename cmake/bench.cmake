# The native benchmarks: every workload compiled once a seam (bench/native/seam.h), all in one program,
# the driver. Without HW_CHECKS and without optimisation across files, as users build.

set(HW_BENCH_FOLDER bench/native)
file(GLOB HW_WORKLOADS CONFIGURE_DEPENDS ${HW_BENCH_FOLDER}/workloads/*.c)
# The empty allocator only serves what is counted or subtracted: table.c leaves the others out.
set(HW_EMPTY_WORKLOADS small lifo bulk larson)
list(TRANSFORM HW_EMPTY_WORKLOADS PREPEND ${HW_BENCH_FOLDER}/workloads/)
list(TRANSFORM HW_EMPTY_WORKLOADS APPEND .c)

add_library(heapwright_bench_options INTERFACE)
target_compile_definitions(heapwright_bench_options INTERFACE _GNU_SOURCE)
target_include_directories(heapwright_bench_options INTERFACE ${HW_BENCH_FOLDER})
# A pair of calls whose block nobody looks at must not be optimised away.
target_compile_options(heapwright_bench_options INTERFACE
  -fno-builtin-malloc -fno-builtin-calloc -fno-builtin-realloc -fno-builtin-free)
target_link_libraries(heapwright_bench_options INTERFACE heapwright_options)

set(HW_BENCH_COMMON ${HW_BENCH_FOLDER}/process.c ${HW_BENCH_FOLDER}/ticks.c)
add_executable(driver ${HW_BENCH_FOLDER}/main.c ${HW_BENCH_COMMON})
target_link_libraries(driver PRIVATE heapwright_bench_options heapwright_core)
foreach(seam vtable malloc empty)
  string(TOUPPER ${seam} upper)
  set(sources ${HW_WORKLOADS})
  if(seam STREQUAL "empty")
    set(sources ${HW_EMPTY_WORKLOADS})
  endif()
  add_library(workloads_${seam} OBJECT ${HW_BENCH_FOLDER}/table.c ${sources})
  target_compile_definitions(workloads_${seam} PRIVATE BENCH_SEAM_${upper})
  target_link_libraries(workloads_${seam} PRIVATE heapwright_bench_options)
  target_link_libraries(driver PRIVATE workloads_${seam})
endforeach()

# The benchmarks of the projects we answer to, as one more program: two workloads of their own, the
# others are the driver's.
set(HW_SEEDS ${HW_BENCH_FOLDER}/seeds)
add_executable(seeds ${HW_SEEDS}/main.c ${HW_SEEDS}/fixed_heap.c ${HW_BENCH_COMMON})
target_include_directories(seeds PRIVATE ${HW_SEEDS})
# A name of a seam: its sources need it, and this file only a table.
target_compile_definitions(seeds PRIVATE BENCH_SEAM_VTABLE)
target_link_libraries(seeds PRIVATE heapwright_bench_options heapwright_core)
foreach(seam vtable malloc empty)
  string(TOUPPER ${seam} upper)
  add_library(seeds_${seam} OBJECT ${HW_SEEDS}/table.c ${HW_SEEDS}/same_work.c)
  if(NOT seam STREQUAL "empty")
    target_sources(seeds_${seam} PRIVATE ${HW_SEEDS}/literal.c)
    target_link_libraries(seeds PRIVATE workloads_${seam})
  endif()
  target_compile_definitions(seeds_${seam} PRIVATE BENCH_SEAM_${upper})
  target_link_libraries(seeds_${seam} PRIVATE heapwright_bench_options)
  target_link_libraries(seeds PRIVATE seeds_${seam})
endforeach()
