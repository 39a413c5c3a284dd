# SPDX-License-Identifier: GPL-3.0-or-later
# cmake -DLIST=<file of paths> -DOUTPUT=<embedded_examples.cpp> -P generate_embedded.cmake
# Compilers limit the length of one literal, so text is laid down in pieces.
set(piece 12000)
file(STRINGS "${LIST}" files)
set(examples "")
set(nodes "")
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
  if(name MATCHES "[.]feedline-node$")
    string(APPEND nodes "    {\"${name}\",${literal}},\n")
  else()
    string(APPEND examples "    {\"${name}\",${literal}},\n")
  endif()
endforeach()
foreach(rows IN ITEMS examples nodes)
  set(${rows}_body "  return {};")
  if(${rows})
    set(${rows}_body "  static constexpr EmbeddedFile files[] = {\n${${rows}}  };\n  return files;")
  endif()
endforeach()
file(WRITE "${OUTPUT}" "// Generated from resources/examples by packaging/cmake/generate_embedded.cmake.
#include \"base/embedded.h\"

namespace feedline::inline base {
std::span<const EmbeddedFile> embedded_examples() {
${examples_body}
}
std::span<const EmbeddedFile> embedded_nodes() {
${nodes_body}
}
}  // namespace feedline::inline base
")
