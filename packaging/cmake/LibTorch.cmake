# SPDX-License-Identifier: GPL-3.0-or-later
# Imported target feedline::torch, from Debian's libtorch-dev or from an upstream
# LibTorch (CPU or CUDA) named by CMAKE_PREFIX_PATH.
#
# LibTorch's own TorchConfig.cmake is not used: upstream's CUDA build stops there
# without a CUDA toolkit, which using LibTorch does not need, and Debian's asks for
# packages that linking does not need either.

find_path(FEEDLINE_TORCH_API torch/torch.h
          PATH_SUFFIXES torch/csrc/api/include include/torch/csrc/api/include
          DOC "LibTorch's C++ API headers")
if(NOT FEEDLINE_TORCH_API)
  message(FATAL_ERROR "LibTorch was not found. Debian: install libtorch-dev. "
          "Upstream: cmake -DCMAKE_PREFIX_PATH=/path/to/libtorch")
endif()
get_filename_component(FEEDLINE_TORCH_INCLUDE "${FEEDLINE_TORCH_API}/../../../.." ABSOLUTE)
get_filename_component(torch_prefix "${FEEDLINE_TORCH_INCLUDE}/.." ABSOLUTE)

# torch_library(NAME VARIABLE): beside the headers first, then the system's.
function(torch_library name)
  find_library(FEEDLINE_LIB_${name} ${name} HINTS "${torch_prefix}/lib" ${ARGN})
endfunction()
torch_library(torch REQUIRED)
torch_library(torch_cpu REQUIRED)
torch_library(c10 REQUIRED)
get_filename_component(torch_lib_dir "${FEEDLINE_LIB_torch}" DIRECTORY)
find_library(FEEDLINE_LIB_torch_cuda torch_cuda PATHS "${torch_lib_dir}" NO_DEFAULT_PATH)
find_library(FEEDLINE_LIB_c10_cuda c10_cuda PATHS "${torch_lib_dir}" NO_DEFAULT_PATH)

set(torch_version "")
if(EXISTS "${FEEDLINE_TORCH_API}/torch/version.h")
  file(STRINGS "${FEEDLINE_TORCH_API}/torch/version.h" lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
  string(REGEX REPLACE "[^0-9;]" "" torch_version "${lines}")
  string(REPLACE ";" "." torch_version "${torch_version}")
endif()

add_library(feedline::torch INTERFACE IMPORTED GLOBAL)
target_include_directories(feedline::torch SYSTEM INTERFACE
                           "${FEEDLINE_TORCH_INCLUDE}" "${FEEDLINE_TORCH_API}")
target_link_libraries(feedline::torch INTERFACE
                      "${FEEDLINE_LIB_torch}" "${FEEDLINE_LIB_torch_cpu}" "${FEEDLINE_LIB_c10}")
set(torch_kind "CPU")
if(FEEDLINE_LIB_torch_cuda)
  set(torch_kind "CUDA")
  # Nothing refers to libtorch_cuda by symbol: it registers itself when loaded.
  target_link_libraries(feedline::torch INTERFACE "-Wl,--push-state,--no-as-needed"
                        "${FEEDLINE_LIB_torch_cuda}" "${FEEDLINE_LIB_c10_cuda}" "-Wl,--pop-state")
  # CUDA's own libraries lie in the same folder; the linker need not resolve them.
  target_link_options(feedline::torch INTERFACE "-Wl,-rpath-link,${torch_lib_dir}"
                      "-Wl,--allow-shlib-undefined")
endif()

# Upstream's "pre-cxx11" builds use the old std::string; everything must follow.
set(config "${torch_prefix}/share/cmake/Torch/TorchConfig.cmake")
if(EXISTS "${config}")
  file(STRINGS "${config}" old_abi REGEX "_GLIBCXX_USE_CXX11_ABI=0")
  if(old_abi)
    message(FATAL_ERROR "${torch_prefix} is LibTorch's pre-cxx11 build, which Debian's other C++ "
            "libraries cannot be linked with. Take the \"cxx11 ABI\" archive.")
  endif()
endif()

# Processes that train together: c10d's Gloo, whose class needs Gloo's own headers. LibTorch has its code.
find_path(FEEDLINE_GLOO_INCLUDE gloo/rendezvous/store.h HINTS "${FEEDLINE_TORCH_INCLUDE}"
          DOC "Gloo's headers (Debian: libgloo-dev)")
if(FEEDLINE_GLOO_INCLUDE AND EXISTS "${FEEDLINE_TORCH_INCLUDE}/torch/csrc/distributed/c10d/ProcessGroupGloo.hpp")
  target_compile_definitions(feedline::torch INTERFACE FEEDLINE_GLOO)
  target_include_directories(feedline::torch SYSTEM INTERFACE "${FEEDLINE_GLOO_INCLUDE}")
else()
  message(STATUS "Gloo's headers were not found (Debian: libgloo-dev): no training by several processes")
endif()
message(STATUS "LibTorch ${torch_version} (${torch_kind}): ${FEEDLINE_LIB_torch}")
