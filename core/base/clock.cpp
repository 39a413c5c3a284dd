// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/clock.h"

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

namespace feedline {
namespace {

Nanos read(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return static_cast<Nanos>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

/// The calling thread's own file, open for as long as the thread lives.
class DelayFile {
 public:
  DelayFile() : descriptor_(::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)) {}
  ~DelayFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  DelayFile(const DelayFile&) = delete;
  DelayFile& operator=(const DelayFile&) = delete;

  [[nodiscard]] Nanos read() const {
    std::array<char, 64> text{};
    if (descriptor_ < 0 || ::pread(descriptor_, text.data(), text.size() - 1, 0) <= 0) return 0;
    char* end = nullptr;
    (void)std::strtoll(text.data(), &end, 10);  // time on a core
    return std::strtoll(end, nullptr, 10);
  }

 private:
  int descriptor_;
};

class SystemClock final : public Clock {
 public:
  Nanos now() const override { return read(CLOCK_MONOTONIC); }
  Nanos thread_cpu() const override { return read(CLOCK_THREAD_CPUTIME_ID); }
  Nanos thread_delayed() const override {
    thread_local const DelayFile file;
    return file.read();
  }
};

}  // namespace

const Clock& Clock::system() {
  static const SystemClock clock;
  return clock;
}

}  // namespace feedline
