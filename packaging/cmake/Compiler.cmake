# SPDX-License-Identifier: GPL-3.0-or-later
# Language level, warnings, sanitizers and ccache, the same for every target.

include(CheckCXXCompilerFlag)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_COMPILE_WARNING_AS_ERROR ${FEEDLINE_WERROR})

# One code model everywhere, so that libraries and executables can share a
# precompiled header (GCC refuses one built with another model; Qt asks for this one).
add_compile_options(-fPIC -fno-semantic-interposition)
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC looks for garbage whenever its heap has doubled, and each time walks all of a precompiled header: a sixth of what a
  # unit costs. It may grow to four times what was in use. Units of 0.95 GB then take 1.07 GB.
  add_compile_options(--param=ggc-min-expand=300)
  # Known false alarms of GCC 12-14 inside inlined std::string and std::vector.
  add_compile_options(-Wno-restrict -Wno-error=maybe-uninitialized)
  # The same, with precompiled headers: hundreds of lines that say nothing about our code.
  add_compile_options(-Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds)
  if(CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 13)
    add_compile_options(-Wno-error=dangling-reference -Wno-maybe-uninitialized)  # GCC 14: in std::optional and std::function
    # On from -O2 anyway. Where they are not on, this GCC refuses headers that were precompiled where they were.
    foreach(switch munroll-only-small-loops mvzeroupper)  # of x86 and POWER
      check_cxx_compiler_flag(-${switch} FEEDLINE_HAS_${switch})
      if(FEEDLINE_HAS_${switch})
        add_compile_options(-${switch})
      endif()
    endforeach()
  endif()
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  add_compile_options(-Wno-unknown-warning-option)  # those of GCC
endif()

if(FEEDLINE_SANITIZE)
  add_compile_options(-fsanitize=${FEEDLINE_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${FEEDLINE_SANITIZE})
  if(FEEDLINE_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()

# The fastest linker that is there.
find_program(MOLD mold)
if(MOLD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 12.1)
  add_link_options(-fuse-ld=mold)
endif()

# ccache, told to trust precompiled headers and to share results between build
# trees (paths below the folder that holds both source and build are made relative).
find_program(CCACHE ccache)
set(ccache_base "${CMAKE_SOURCE_DIR}")
cmake_path(IS_PREFIX ccache_base "${CMAKE_BINARY_DIR}" is_inside)
while(NOT is_inside)
  cmake_path(GET ccache_base PARENT_PATH ccache_base)
  cmake_path(IS_PREFIX ccache_base "${CMAKE_BINARY_DIR}" is_inside)
endwhile()
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND}" -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${ccache_base} CCACHE_NOHASHDIR=1
      "${CCACHE}")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-fpch-preprocess)
  endif()
endif()

# Precompiled everywhere: what most files include, and what costs most (two thirds of the time to compile a small file).
set(common_headers <algorithm> <chrono> <filesystem> <fmt/format.h> <fstream> <functional> <map> <memory> <mutex>
                   <optional> <set> <span> <stop_token> <string> <string_view> <thread> <tl/expected.hpp> <variant>
                   <vector>)

# feedline_precompile(TARGET HEADER...): no effect with -DFEEDLINE_PCH=OFF.
function(feedline_precompile target)
  if(FEEDLINE_PCH)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()

# feedline_share_precompiled(TARGET FROM): both are optimised, or neither; the level of each may be its own.
function(feedline_share_precompiled target from)
  get_target_property(headers ${from} PRECOMPILE_HEADERS)
  if(FEEDLINE_PCH AND headers)
    target_precompile_headers(${target} REUSE_FROM ${from})
  endif()
endfunction()

# feedline_unity(TARGET [BYTES <n>] [TOGETHER <folder>...]): compiles the files of each folder together, in units of equal
# size and at most about BYTES: half of what a small file costs is the headers that it includes. No effect with
# -DFEEDLINE_UNITY=OFF. Only files of one folder share a translation unit, so that a static library still hands out one
# room without the others; those below a folder named by TOGETHER count as its own.
function(feedline_unity target)
  if(NOT FEEDLINE_UNITY)
    return()
  endif()
  cmake_parse_arguments(arg "" "BYTES" "TOGETHER" ${ARGN})
  set(most 160000)
  if(arg_BYTES)
    set(most ${arg_BYTES})
  endif()
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources INCLUDE REGEX "[.]cpp$")
  list(FILTER sources EXCLUDE REGEX "^[$]<")
  list(SORT sources)
  set(names "")
  foreach(source IN LISTS sources)
    get_source_file_property(alone "${source}" SKIP_UNITY_BUILD_INCLUSION)
    if(NOT EXISTS "${source}" OR alone STREQUAL "ON")
      continue()
    endif()
    cmake_path(GET source PARENT_PATH folder)
    foreach(above IN LISTS arg_TOGETHER)
      cmake_path(ABSOLUTE_PATH above)
      cmake_path(IS_PREFIX above "${folder}" is_below)
      if(is_below)
        set(folder "${above}")
      endif()
    endforeach()
    cmake_path(GET folder FILENAME name)
    if(NOT DEFINED folder_${name})
      set(folder_${name} "${folder}")
    elseif(NOT folder_${name} STREQUAL folder)  # core/ranks and core/training/ranks
      cmake_path(GET folder PARENT_PATH above)
      cmake_path(GET above FILENAME above)
      set(name "${above}_${name}")
    endif()
    list(APPEND names ${name})
    list(APPEND sources_${name} "${source}")
    file(SIZE "${source}" size)
    math(EXPR total_${name} "0${total_${name}} + ${size}" OUTPUT_FORMAT DECIMAL)
  endforeach()
  list(REMOVE_DUPLICATES names)
  foreach(name IN LISTS names)
    set(before 0)
    math(EXPR units "(${total_${name}} + ${most} - 1) / ${most}")
    foreach(source IN LISTS sources_${name})
      file(SIZE "${source}" size)
      math(EXPR unit "(${before} + ${size} / 2) * ${units} / ${total_${name}} + 1")
      math(EXPR before "${before} + ${size}")
      set_source_files_properties("${source}" PROPERTIES UNITY_GROUP "${name}_${unit}")
    endforeach()
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  # Types of anonymous namespaces in the private class of a .cpp file: GCC takes the file for a header here.
  target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
endfunction()

# feedline_limit_memory(TARGET): units with LibTorch's headers take up to 2 GB each to compile; Ninja starts two more jobs
# than there are cores. No more at a time than fit into memory.
cmake_host_system_information(RESULT megabytes QUERY TOTAL_PHYSICAL_MEMORY)
math(EXPR large_units "${megabytes} / 3000")
if(large_units LESS 1)
  set(large_units 1)
endif()
set_property(GLOBAL APPEND PROPERTY JOB_POOLS large_units=${large_units})
function(feedline_limit_memory target)
  set_target_properties(${target} PROPERTIES JOB_POOL_COMPILE large_units)
endfunction()

# feedline_optimize(TARGET LEVEL [OPTION...]): instead of Release's -O3, for code that does not run in loops over data:
# what compiling it harder costs, nobody sees again.
function(feedline_optimize target level)
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(${target} PRIVATE -O${level} ${ARGN})
  endif()
endfunction()
