// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/test_program.h"

#include "support/wait_until.h"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <map>
#include <string_view>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

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

const TestEntry* entry_of(std::string_view name) {
  const auto found = entries().find(name);
  return found != entries().end() ? found->second : nullptr;
}

int which_test(const char* program) {
  std::fprintf(stderr,
               "Which test? %s TEST [ARGUMENT OF QT TEST...]\n"
               "Or many, each in a process of its own: %s --each TEST...\n",
               program, program);
  for (const auto& [name, entry] : entries()) std::fprintf(stderr, "  %s\n", name.c_str());
  return 2;
}

/// Runs the test in a copy of this process, which has done nothing yet but load its libraries: what takes four tenths
/// of a second, longer than most tests. What it says is all there is; null where it did not fail.
const char* fault_of(const TestEntry& test, char* program) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::minutes kLimit{2};  // for hangs, not for speed
  std::fflush(nullptr);                      // or the copy writes it once more
  const pid_t child = ::fork();
  if (child < 0) return "there is no process for it";
  if (child == 0) {
    die_with_parent();
    char* arguments[] = {program, nullptr};
    const int failed = test.run(1, arguments);
    std::fflush(nullptr);
    ::_exit(failed == 0 ? 0 : 1);
  }
  const Clock::time_point limit = Clock::now() + kLimit;
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    if (Clock::now() > limit) {
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
      return "it came to no end";
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  if (WIFSIGNALED(status)) return ::strsignal(WTERMSIG(status));
  return WEXITSTATUS(status) == 0 ? nullptr : "failed";
}

/// Runs the tests one after the other, whatever becomes of those before. 0: none has failed.
int run_each(int count, char** names, char* program) {
  int failed = 0;
  for (int i = 0; i < count; ++i) {
    const TestEntry* test = entry_of(names[i]);
    if (test == nullptr) return which_test(program);
    const auto start = std::chrono::steady_clock::now();
    const char* fault = fault_of(*test, program);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::printf("%s %s in %.2f s\n", fault == nullptr ? "passed:" : "FAILED:", names[i], took.count());
    if (fault == nullptr) continue;
    std::fprintf(stderr, "FAILED: %s: %s\n", names[i], fault);
    ++failed;
  }
  std::printf("%d of %d tests have failed\n", failed, count);
  return failed == 0 ? 0 : 1;
}

}  // namespace

TestEntry::TestEntry(const char* file, const char* process, Main main)
    : name_(*process == '\0' ? stem(file) : stem(file) + ':' + process), main_(main) {
  entries()[name_] = this;
}

}  // namespace feedline::test

int main(int argc, char** argv) {
  using namespace feedline::test;
  if (argc > 2 && std::string_view(argv[1]) == "--each") return run_each(argc - 2, argv + 2, argv[0]);
  const TestEntry* test = argc > 1 ? entry_of(argv[1]) : nullptr;
  if (test == nullptr) return which_test(argv[0]);
  argv[1] = argv[0];
  return test->run(argc - 1, argv + 1);
}
