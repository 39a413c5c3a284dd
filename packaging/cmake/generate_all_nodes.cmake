# SPDX-License-Identifier: GPL-3.0-or-later
# cmake -DLIST=<file of paths> -DOUTPUT=<all_nodes.cpp> -P generate_all_nodes.cmake
include("${CMAKE_CURRENT_LIST_DIR}/Nodes.cmake")
file(STRINGS "${LIST}" files)
set(names "")
foreach(file IN LISTS files)
  file(STRINGS "${file}" uses REGEX "^[ \t]*FEEDLINE_NODE\\(")
  if(uses)
    feedline_node_function(name "${file}")
    list(APPEND names ${name})
  endif()
endforeach()
list(SORT names)

set(declarations "")
set(calls "")
foreach(name IN LISTS names)
  string(APPEND declarations "void ${name}(Registry&);\n")
  string(APPEND calls "  ${name}(registry);\n")
endforeach()
set(text "// Generated from core/nodes by packaging/cmake/generate_all_nodes.cmake.
#include \"schema/registry.h\"

namespace feedline {
${declarations}
void register_all_nodes(Registry& registry);
void register_all_nodes([[maybe_unused]] Registry& registry) {
${calls}}
}  // namespace feedline
")
set(old "")
if(EXISTS "${OUTPUT}")
  file(READ "${OUTPUT}" old)
endif()
if(NOT old STREQUAL text)
  file(WRITE "${OUTPUT}" "${text}")
endif()
