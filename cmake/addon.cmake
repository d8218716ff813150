# The addon, when cmake-js drives the build: it supplies Node's headers in CMAKE_JS_INC.

# require('node-addon-api').include_dir is relative to the caller's directory, so it is no use here.
execute_process(
  COMMAND node -p "require('node:path').dirname(require.resolve('node-addon-api/napi.h'))"
  WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}"
  OUTPUT_VARIABLE HW_NODE_ADDON_API
  OUTPUT_STRIP_TRAILING_WHITESPACE
  COMMAND_ERROR_IS_FATAL ANY)

add_library(heapwright SHARED ${HW_BINDING_SOURCES} ${CMAKE_JS_SRC})
set_target_properties(heapwright PROPERTIES
  PREFIX ""
  SUFFIX ".node"
  INTERPROCEDURAL_OPTIMIZATION ON
  LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/Release")
set_target_properties(heapwright_core PROPERTIES INTERPROCEDURAL_OPTIMIZATION ON)
target_compile_definitions(heapwright PRIVATE
  NAPI_VERSION=8
  NODE_GYP_MODULE_NAME=heapwright
  BUILDING_NODE_EXTENSION
  NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS)
target_include_directories(heapwright SYSTEM PRIVATE ${CMAKE_JS_INC} "${HW_NODE_ADDON_API}")
target_compile_options(heapwright PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions -fno-rtti>)
target_link_libraries(heapwright PRIVATE heapwright_core ${CMAKE_JS_LIB})

if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  # nodelete: finalizers may run after the last environment is gone, so the code must stay mapped.
  # The map: visibility flags do not reach the C++ library's templates.
  target_link_options(heapwright PRIVATE
    -Wl,-z,nodelete
    "-Wl,--version-script=${CMAKE_SOURCE_DIR}/native/exports.map")
elseif(APPLE)
  target_link_options(heapwright PRIVATE -undefined dynamic_lookup)
endif()
