// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/clock.h"

#include "base/suspension.h"

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>

namespace feedline::inline base {
namespace {

/// The calling thread's own file, open for as long as the thread lives.
class DelayFile {
 public:
  DelayFile() : descriptor_(::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ >= 0 && !is_plenty()) ::close(std::exchange(descriptor_, -1));
  }
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
  /// Data come first: where descriptors are scarce, those of the measuring threads would take them all.
  [[nodiscard]] bool is_plenty() const {
    rlimit limit{};
    return ::getrlimit(RLIMIT_NOFILE, &limit) != 0 || static_cast<rlim_t>(descriptor_) < limit.rlim_cur / 2;
  }

  int descriptor_;
};

class SystemClock final : public Clock {
 public:
  Nanos now() const override { return awake_now(); }
  Nanos thread_cpu() const override { return read_clock(CLOCK_THREAD_CPUTIME_ID); }
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

}  // namespace feedline::inline base
