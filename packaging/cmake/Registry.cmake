# SPDX-License-Identifier: GPL-3.0-or-later
# feedline_registry(TARGET KIND HEADER CLASS FILE...): one thing, one file, nothing else to touch.
#
# KIND is "node", "fix" or "metric". Each FILE (core/<...>/<room>/<stem>.cpp) is compiled with FEEDLINE_<KIND>_FUNCTION
# set to a name of its own, which the macro FEEDLINE_<KIND>(...) defines as a function that takes a CLASS&.
# A generated all_<kind>s.cpp in TARGET calls those of all files that use the macro.
# Static registrars would not do: linkers drop them from static libraries.

function(feedline_registry_function out kind file)
  cmake_path(GET file STEM stem)
  cmake_path(GET file PARENT_PATH folder)
  cmake_path(GET folder FILENAME room)
  string(MAKE_C_IDENTIFIER "register_${kind}_${room}_${stem}" name)
  set(${out} ${name} PARENT_SCOPE)
endfunction()

function(feedline_registry target kind header class)
  string(TOUPPER "${kind}" upper)
  foreach(file IN LISTS ARGN)
    feedline_registry_function(name "${kind}" "${file}")
    set_property(SOURCE "${file}" APPEND PROPERTY
                 COMPILE_DEFINITIONS FEEDLINE_${upper}_FUNCTION=${name})
  endforeach()
  set(list "${CMAKE_CURRENT_BINARY_DIR}/${kind}_files.txt")
  set(output "${CMAKE_CURRENT_BINARY_DIR}/all_${kind}s.cpp")
  if(kind STREQUAL "fix")
    set(output "${CMAKE_CURRENT_BINARY_DIR}/all_fixes.cpp")
  endif()
  string(REPLACE ";" "\n" lines "${ARGN}")
  file(CONFIGURE OUTPUT "${list}" CONTENT "${lines}" @ONLY)
  set(script "${CMAKE_SOURCE_DIR}/packaging/cmake/generate_registry.cmake")
  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" -DLIST=${list} -DOUTPUT=${output} -DKIND=${kind} -DHEADER=${header} -DCLASS=${class}
            -P "${script}"
    DEPENDS ${ARGN} "${list}" "${script}"
    COMMENT "Listing what there is: ${kind}" VERBATIM)
  target_sources(${target} PRIVATE "${output}")
endfunction()
