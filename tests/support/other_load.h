// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Whether a measurement can be believed.

#include <chrono>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace feedline::test {

inline constexpr const char* kTooBusy = "The machine is too busy to measure on";

/// What other programs take of the processor while it lives. Programs that the test starts are its own, once they have
/// ended.
class OtherLoad {
 public:
  /// Cores that other programs kept busy on average.
  [[nodiscard]] double cores() const {
    const std::chrono::duration<double> lasted = std::chrono::steady_clock::now() - since_;
    return (all_busy() - all_ - (own_busy() - own_)) / lasted.count();
  }
  /// So much of a core that rates say nothing.
  [[nodiscard]] bool is_high() const { return cores() > 0.6; }

 private:
  /// Of the machine, in seconds of a core since it was started: all that /proc/stat counts but idling.
  static double all_busy() {
    std::ifstream stat("/proc/stat");
    std::string name;
    stat >> name;
    double busy = 0;
    for (int field = 0; field < 8; ++field) {
      constexpr int kIdle = 3;
      constexpr int kWaitingForDisk = 4;
      double ticks = 0;
      stat >> ticks;
      if (field != kIdle && field != kWaitingForDisk) busy += ticks;
    }
    return busy / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }
  static double own_busy() {
    double busy = 0;
    for (const auto who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
      rusage usage{};
      ::getrusage(who, &usage);
      for (const timeval& time : {usage.ru_utime, usage.ru_stime})
        busy += static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    }
    return busy;
  }

  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
  double all_ = all_busy();
  double own_ = own_busy();
};

}  // namespace feedline::test
