# The C tests: every test/core/<name>.test.c is one cmocka program and one ctest test. Other C
# files beside them are helpers. The binding's records and gate know no Node and are tested here too.

find_path(HW_CMOCKA_INCLUDE cmocka.h HINTS "${HW_CMOCKA_ROOT}/include" REQUIRED)
find_library(HW_CMOCKA_LIBRARY cmocka
  HINTS "${HW_CMOCKA_ROOT}/lib" "${HW_CMOCKA_ROOT}/lib/${CMAKE_LIBRARY_ARCHITECTURE}" REQUIRED)

if(HW_CHECKS)
  target_compile_definitions(heapwright_options INTERFACE HW_CHECKS)
endif()
if(HW_SANITIZE)
  target_compile_options(heapwright_options INTERFACE
    -fsanitize=${HW_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(heapwright_options INTERFACE -fsanitize=${HW_SANITIZE})
endif()
if(HW_COVERAGE)
  # -O0 keeps one branch in the source one branch in the report.
  # Atomic: tests with threads would lose counts.
  target_compile_options(heapwright_options INTERFACE --coverage -O0 -fprofile-update=atomic)
  target_link_options(heapwright_options INTERFACE --coverage)
endif()

# A request the system refuses must come back as NULL, as it does without the sanitizer. A fork takes
# every lock of every arena, more than the thread sanitizer's deadlock detector can count: the order
# of locks is checked by their ranks instead.
set(HW_TEST_ENVIRONMENT
  "ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=1;UBSAN_OPTIONS=print_stacktrace=1;TSAN_OPTIONS=allocator_may_return_null=1:halt_on_error=1:detect_deadlocks=0")

file(GLOB HW_TEST_FILES CONFIGURE_DEPENDS test/core/*.test.c)
file(GLOB HW_TEST_HELPERS CONFIGURE_DEPENDS test/core/*.c)
list(FILTER HW_TEST_HELPERS EXCLUDE REGEX "\\.test\\.c$")
set(HW_SUPPORT heapwright_core)
if(HW_TEST_HELPERS)
  # Objects, not an archive: harness.c has something to do before any main().
  add_library(heapwright_test_support OBJECT ${HW_TEST_HELPERS})
  target_include_directories(heapwright_test_support SYSTEM PUBLIC "${HW_CMOCKA_INCLUDE}")
  target_include_directories(heapwright_test_support PUBLIC test/core)
  target_link_libraries(heapwright_test_support PUBLIC heapwright_core)
  set(HW_SUPPORT heapwright_test_support)
endif()

foreach(file IN LISTS HW_TEST_FILES)
  get_filename_component(name "${file}" NAME)
  string(REGEX REPLACE "\\.test\\.c$" "" name "${name}")
  add_executable(test_${name} "${file}")
  target_include_directories(test_${name} SYSTEM PRIVATE "${HW_CMOCKA_INCLUDE}")
  target_include_directories(test_${name} PRIVATE test/core)
  target_link_libraries(test_${name} PRIVATE ${HW_SUPPORT} "${HW_CMOCKA_LIBRARY}")
  add_test(NAME ${name} COMMAND test_${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300 ENVIRONMENT "${HW_TEST_ENVIRONMENT}")
endforeach()

# Forks with threads are skipped under the thread sanitizer, which is to be seen.
set_tests_properties(arena_fork PROPERTIES SKIP_REGULAR_EXPRESSION "SKIPPED")

# Its fake libuv is looked up by name, as the gate looks up Node's.
if(TARGET test_gate_libuv)
  set_target_properties(test_gate_libuv PROPERTIES ENABLE_EXPORTS ON)
endif()

include(cmake/fuzz.cmake)
