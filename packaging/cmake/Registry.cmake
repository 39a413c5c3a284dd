# SPDX-License-Identifier: GPL-3.0-or-later
# feedline_registry(TARGET KIND HEADER CLASS FILE...): one thing, one file, nothing else to touch.
#
# KIND is "node", "kind", "fix", "metric" or "writer". A FILE registers what it holds by the macro FEEDLINE_<KIND>(Name) on a line of its own, which
# defines the function register_<kind>_Name(CLASS&): names must differ, or the linker complains.
# A generated all_<kind>s.cpp in TARGET calls those of all files.
# Static registrars would not do: linkers drop them from static libraries.

function(feedline_registry target kind header class)
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
  set_source_files_properties("${output}" PROPERTIES SKIP_PRECOMPILE_HEADERS ON)  # it includes nothing
endfunction()

# feedline_metric_keys(TARGET FILE...): the keys of the metrics, which are the names of their files, for TARGET, which
# knows nothing of LibTorch. See core/schema/metric_keys.h.
function(feedline_metric_keys target)
  set(keys "")
  foreach(file IN LISTS ARGN)
    cmake_path(GET file STEM key)
    string(APPEND keys "\"${key}\", ")
  endforeach()
  set(output "${CMAKE_CURRENT_BINARY_DIR}/metric_keys.cpp")
  configure_file("${CMAKE_SOURCE_DIR}/packaging/cmake/metric_keys.cpp.in" "${output}" @ONLY)
  target_sources(${target} PRIVATE "${output}")
endfunction()
