// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/test_program.h"

#include <cstdio>
#include <map>
#include <string_view>

namespace feedline::test {
namespace {

/// Within a function: entries are made in no order that anybody knows.
std::map<std::string, const TestEntry*, std::less<>>& entries() {
  static std::map<std::string, const TestEntry*, std::less<>> all;
  return all;
}

/// "/x/tests/core/test_find.cpp" -> "test_find".
std::string stem(std::string_view file) {
  file.remove_prefix(file.rfind('/') + 1);  // none: npos + 1 is 0
  return std::string(file.substr(0, file.rfind('.')));
}

}  // namespace

TestEntry::TestEntry(const char* file, const char* process, Main main)
    : name_(*process == '\0' ? stem(file) : stem(file) + ':' + process), main_(main) {
  entries()[name_] = this;
}

}  // namespace feedline::test

int main(int argc, char** argv) {
  const auto& entries = feedline::test::entries();
  const auto found = argc > 1 ? entries.find(std::string_view(argv[1])) : entries.end();
  if (found == entries.end()) {
    std::fprintf(stderr, "Which test? %s TEST [ARGUMENT OF QT TEST...]\n", argv[0]);
    for (const auto& [name, entry] : entries) std::fprintf(stderr, "  %s\n", name.c_str());
    return 2;
  }
  argv[1] = argv[0];
  return found->second->run(argc - 1, argv + 1);
}
