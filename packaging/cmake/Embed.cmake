# SPDX-License-Identifier: GPL-3.0-or-later
# feedline_embed(TARGET FILE...): puts text files into TARGET, to be read through
# core/base/embedded.h. They are found again by file name, without Qt and without
# an installation.
function(feedline_embed target)
  set(output "${CMAKE_CURRENT_BINARY_DIR}/embedded_examples.cpp")
  set(script "${CMAKE_SOURCE_DIR}/packaging/cmake/generate_embedded.cmake")
  string(REPLACE ";" "\n" lines "${ARGN}")
  set(list "${CMAKE_CURRENT_BINARY_DIR}/embedded_files.txt")
  file(CONFIGURE OUTPUT "${list}" CONTENT "${lines}" @ONLY)
  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" -DLIST=${list} -DOUTPUT=${output} -P "${script}"
    DEPENDS ${ARGN} "${list}" "${script}"
    COMMENT "Embedding examples" VERBATIM)
  target_sources(${target} PRIVATE "${output}")
endfunction()
