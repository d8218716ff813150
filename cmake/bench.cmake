# The driver of the native benchmark: every workload compiled once a seam (bench/native/seam.h), all
# in one program. Without HW_CHECKS and without optimisation across files, as users build.

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

add_executable(driver ${HW_BENCH_FOLDER}/main.c ${HW_BENCH_FOLDER}/process.c)
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

# The benchmarks of the projects we answer to: a program each.
file(GLOB HW_SEED_PROGRAMS CONFIGURE_DEPENDS ${HW_BENCH_FOLDER}/seeds/*.c)
list(FILTER HW_SEED_PROGRAMS EXCLUDE REGEX "/seeds\\.c$")
add_library(seeds_common OBJECT ${HW_BENCH_FOLDER}/seeds/seeds.c)
target_link_libraries(seeds_common PUBLIC heapwright_bench_options)
foreach(file IN LISTS HW_SEED_PROGRAMS)
  get_filename_component(name "${file}" NAME_WE)
  add_executable(seeds_${name} "${file}")
  target_include_directories(seeds_${name} PRIVATE ${HW_BENCH_FOLDER}/seeds)
  target_link_libraries(seeds_${name} PRIVATE seeds_common heapwright_core)
endforeach()
