# SPDX-License-Identifier: GPL-3.0-or-later
# feedline_node_registry(TARGET FILE...): one node, one file, nothing else to touch.
#
# Each FILE (core/nodes/<room>/<stem>.cpp) is compiled with FEEDLINE_NODE_FUNCTION
# set to a name of its own, which the macro FEEDLINE_NODE(Type) defines as a function.
# A generated all_nodes.cpp in TARGET calls those of all files that use the macro.
# Static registrars would not do: linkers drop them from static libraries.

function(feedline_node_function out file)
  cmake_path(GET file STEM stem)
  cmake_path(GET file PARENT_PATH folder)
  cmake_path(GET folder FILENAME room)
  string(MAKE_C_IDENTIFIER "register_node_${room}_${stem}" name)
  set(${out} ${name} PARENT_SCOPE)
endfunction()

function(feedline_node_registry target)
  foreach(file IN LISTS ARGN)
    feedline_node_function(name "${file}")
    set_property(SOURCE "${file}" APPEND PROPERTY
                 COMPILE_DEFINITIONS FEEDLINE_NODE_FUNCTION=${name})
  endforeach()
  set(list "${CMAKE_CURRENT_BINARY_DIR}/node_files.txt")
  set(output "${CMAKE_CURRENT_BINARY_DIR}/all_nodes.cpp")
  string(REPLACE ";" "\n" lines "${ARGN}")
  file(CONFIGURE OUTPUT "${list}" CONTENT "${lines}" @ONLY)
  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" -DLIST=${list} -DOUTPUT=${output}
            -P "${CMAKE_SOURCE_DIR}/packaging/cmake/generate_all_nodes.cmake"
    DEPENDS ${ARGN} "${list}" "${CMAKE_SOURCE_DIR}/packaging/cmake/generate_all_nodes.cmake"
    COMMENT "Listing nodes" VERBATIM)
  target_sources(${target} PRIVATE "${output}")
endfunction()
