// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What the hand-written loops share: options, threads, a clock. They use nothing of Feedline: they stand for what
// somebody writes who needs one pipeline only, and wants it fast.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

namespace hand {

struct Options {
  std::string data{};
  int threads = 2;
  double seconds = 5;
  bool full = false;     ///< decode every pixel
  bool pixels = false;   ///< decode all pictures beforehand; only the rest is measured
  std::string schema{};  ///< of a table: a letter a column
  bool header = false;   ///< the table's first line holds names
};

/// PROGRAM DATA [--threads N] [--seconds S] [--full] [--pixels] [--schema LETTERS] [--header]
inline Options parse(int argc, char** argv, const char* data_help) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const bool valued = i + 1 < argc;
    if (argument == "--full") {
      options.full = true;
    } else if (argument == "--pixels") {
      options.pixels = true;
    } else if (argument == "--header") {
      options.header = true;
    } else if (argument == "--schema" && valued) {
      options.schema = argv[++i];
    } else if (argument == "--threads" && valued) {
      options.threads = std::max(1, std::atoi(argv[++i]));
    } else if (argument == "--seconds" && valued) {
      options.seconds = std::atof(argv[++i]);
    } else if (argument[0] != '-' && options.data.empty()) {
      options.data = argument;
    } else {
      options.data.clear();
      break;
    }
  }
  if (options.data.empty()) {
    std::fprintf(stderr, "usage: %s %s [--threads N] [--seconds S] [--full] [--pixels]\n", argv[0], data_help);
    std::exit(2);
  }
  return options;
}

/// Small, fast random numbers (SplitMix64; Steele, Lea and Flood, 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t bits() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  double uniform(double low, double high) { return low + (high - low) * static_cast<double>(bits() >> 11) * 0x1p-53; }
  int below(int count) { return static_cast<int>(((bits() >> 32) * static_cast<std::uint64_t>(count)) >> 32); }

 private:
  std::uint64_t state_;
};

/// CPU time of the whole process, in seconds: on a busy machine a better judge than the clock on the wall.
inline double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Lets `work(thread)`, which returns how many samples it made, run again and again on every thread until the time is
/// up, and prints one line of JSON.
template <class MakeWork>
void measure(const char* name, const Options& options, MakeWork&& make_work) {
  using Clock = std::chrono::steady_clock;
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> samples{0};
  std::vector<std::jthread> threads;
  const auto start = Clock::now();
  const double cpu_start = cpu_seconds();
  for (int t = 0; t < options.threads; ++t)
    threads.emplace_back([&, work = make_work(t)]() mutable {
      while (!stop.load(std::memory_order_relaxed)) samples.fetch_add(work(), std::memory_order_relaxed);
    });
  std::this_thread::sleep_for(std::chrono::duration<double>(options.seconds));
  stop = true;
  threads.clear();
  const std::chrono::duration<double> taken = Clock::now() - start;
  const double cpu = cpu_seconds() - cpu_start;
  const auto made = static_cast<double>(samples.load());
  std::printf(
      "{\"name\": \"%s\", \"threads\": %d, \"seconds\": %.3f, \"samples\": %.0f, \"samples_per_s\": %.1f, "
      "\"samples_per_cpu_s\": %.1f}\n",
      name, options.threads, taken.count(), made, made / taken.count(), made / cpu);
}

}  // namespace hand
