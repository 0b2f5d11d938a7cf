# CMake includes this into llama-cpp-python's build (CMAKE_PROJECT_llama_cpp_INCLUDE). llama-cpp-python always asks for
# llama.cpp's "common" library (arguments, chat templates, downloads), which it does not load and which is most of the
# build. A normal variable wins over the cache entry that it forces (CMake policy CMP0126).
set(LLAMA_BUILD_COMMON OFF)
