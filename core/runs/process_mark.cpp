// SPDX-License-Identifier: GPL-3.0-or-later
#include "runs/process_mark.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace feedline::inline runs {
namespace {

std::string first_word(const char* file) {
  std::ifstream in(file);
  std::string word;
  in >> word;
  return word;
}

std::string link_target(const char* link) {
  std::array<char, 64> target{};
  const ssize_t length = ::readlink(link, target.data(), target.size());
  return length > 0 ? std::string(target.data(), static_cast<std::size_t>(length)) : std::string();
}

/// Field 22 of /proc/PID/stat. The name in field 2 may hold anything, so counting begins behind its bracket.
std::int64_t start_of(std::int64_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(in, line);
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(line.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 22; ++field) fields >> skipped;
  std::int64_t start = 0;
  fields >> start;
  // A zombie is gone: only its parent has not looked yet.
  return line.compare(name_end + 2, 1, "Z") == 0 ? -1 : start;
}

std::string this_machine() {
  return host_name() + ' ' + first_word("/proc/sys/kernel/random/boot_id") + ' ' + link_target("/proc/self/ns/pid");
}

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

ProcessMark ProcessMark::own() {
  return {.machine = this_machine(), .pid = ::getpid(), .started = start_of(::getpid())};
}

ProcessMark::State ProcessMark::look() const {
  if (pid <= 0 || machine != this_machine()) return State::Unknown;
  if (::kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH) return State::Gone;
  return start_of(pid) == started ? State::Alive : State::Gone;
}

std::string ProcessMark::text() const { return std::to_string(pid) + ' ' + std::to_string(started) + ' ' + machine; }

ProcessMark ProcessMark::parse(const std::string& text) {
  std::istringstream in(text);
  ProcessMark mark;
  in >> mark.pid >> mark.started;
  std::getline(in >> std::ws, mark.machine);
  return mark;
}

}  // namespace feedline::inline runs
