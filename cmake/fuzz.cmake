# The fuzz targets (test/fuzz/fuzz_*.c): with HW_FUZZ each is searched by libFuzzer, which clang
# brings; otherwise each is a plain program that replays files, and a ctest test over random bytes
# that follow from a seed.

file(GLOB HW_FUZZ_TARGETS CONFIGURE_DEPENDS test/fuzz/fuzz_*.c)
set(HW_FUZZ_HELPERS
  test/core/arena_model.c test/core/arena_model_check.c test/core/arena_model_misuse.c
  test/core/model_os.c test/core/chunk_model.c test/core/chunk_random.c)

if(HW_FUZZ)
  target_compile_definitions(heapwright_options INTERFACE HW_CHECKS)
  set(sanitizers address,undefined)
  target_compile_options(heapwright_options INTERFACE -O1 -fno-omit-frame-pointer
    -fsanitize=fuzzer-no-link,${sanitizers} -fno-sanitize-recover=all)
  target_link_options(heapwright_options INTERFACE -fsanitize=${sanitizers})
  # What is searched is the core, not the loops of a model, which take most of the time.
  set_source_files_properties(test/core/chunk_model.c test/core/chunk_random.c PROPERTIES
    COMPILE_OPTIONS "-O2;-fno-sanitize=all")
endif()

foreach(file IN LISTS HW_FUZZ_TARGETS)
  get_filename_component(name "${file}" NAME_WE)
  add_executable(${name} "${file}" ${HW_FUZZ_HELPERS})
  target_include_directories(${name} PRIVATE test/core test/fuzz)
  target_link_libraries(${name} PRIVATE heapwright_core)
  if(HW_FUZZ)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(${name} PRIVATE test/fuzz/replay.c)
    # A heap of chunks is small, and a run of it short.
    set(runs 200)
    if(name STREQUAL "fuzz_chunk")
      set(runs 5000)
    endif()
    add_test(NAME ${name} COMMAND ${name} -runs=${runs} -seed=1)
    set_tests_properties(${name} PROPERTIES TIMEOUT 300 ENVIRONMENT "${HW_TEST_ENVIRONMENT}")
  endif()
endforeach()
