# SPDX-License-Identifier: GPL-3.0-or-later
# cmake -DLIST=<file of paths> -DOUTPUT=<embedded_examples.cpp> -P generate_embedded.cmake
# Compilers limit the length of one literal, so text is laid down in pieces.
set(piece 12000)
file(STRINGS "${LIST}" files)
set(rows "")
foreach(path IN LISTS files)
  file(READ "${path}" text)
  cmake_path(GET path FILENAME name)
  string(LENGTH "${text}" length)
  set(literal "")
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${text}" ${at} ${piece} part)
    string(APPEND literal "\n     R\"feedline(${part})feedline\"")
    math(EXPR at "${at} + ${piece}")
  endwhile()
  if(NOT literal)
    set(literal " \"\"")
  endif()
  string(APPEND rows "    {\"${name}\",${literal}},\n")
endforeach()
list(LENGTH files count)
set(body "  return {};")
if(count GREATER 0)
  set(body "  static constexpr EmbeddedFile files[] = {\n${rows}  };\n  return files;")
endif()
file(WRITE "${OUTPUT}" "// Generated from resources/examples by packaging/cmake/generate_embedded.cmake.
#include \"base/embedded.h\"

namespace feedline::inline base {
std::span<const EmbeddedFile> embedded_examples() {
${body}
}
}  // namespace feedline::inline base
")
