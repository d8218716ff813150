{
  # node-gyp's build of the addon. CMakeLists.txt builds the same sources: both read
  # native/sources.json, which is the only list of them.
  "targets": [
    {
      "target_name": "heapwright",
      "sources": [
        "<!@(node -p \"require('./native/sources.json').core.join(' ')\")",
        "<!@(node -p \"require('./native/sources.json').records.join(' ')\")",
        "<!@(node -p \"require('./native/sources.json').binding.join(' ')\")"
      ],
      "include_dirs": ["native/include", "native/core", "native"],
      "dependencies": ["<!(node -p \"require('node-addon-api').targets\"):node_addon_api"],
      "defines": ["NAPI_VERSION=8"],
      # Across files: a free runs through some thirty small functions of the core and the binding.
      "cflags": ["-fvisibility=hidden", "-Wall", "-Wextra", "-pthread", "-flto"],
      "cflags_c": ["-std=c11"],
      # Node 20's headers ask for C++17, those of Node 24 for C++20; the code is C++17 in both.
      "cflags_cc": ["-std=c++17", "-fvisibility-inlines-hidden"],
      "configurations": {
        "Release": {
          "cflags!": ["-O3"],
          "cflags": ["-O2"]
        }
      },
      "conditions": [
        [
          "OS=='linux'",
          {
            "ldflags": [
              "-pthread",
              "-flto",
              "-O2",
              # Finalizers may run after the last environment is gone: the code must stay mapped.
              "-Wl,-z,nodelete",
              # Visibility flags do not reach the C++ library's templates: the map does.
              "-Wl,--version-script=<(module_root_dir)/native/exports.map"
            ]
          }
        ],
        [
          "OS=='mac'",
          {
            "xcode_settings": {
              "GCC_OPTIMIZATION_LEVEL": "2",
              "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
              "GCC_C_LANGUAGE_STANDARD": "c11",
              "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
              "CLANG_CXX_LIBRARY": "libc++",
              "MACOSX_DEPLOYMENT_TARGET": "11.0",
              "WARNING_CFLAGS": ["-Wall", "-Wextra"]
            }
          }
        ]
      ]
    }
  ]
}
