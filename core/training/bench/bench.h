// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline training {

struct BenchOptions {
  double seconds = 1.0;                  ///< length of one measurement
  std::size_t rounds = 3;                ///< measurements a figure
  std::int64_t photos = 192;             ///< how many are painted
  std::filesystem::path cache_folder{};  ///< for the generated data; empty: default_cache_folder()
  std::stop_token stop{};
  /// (what is being done, fraction done in 0..1). May be empty. Called from the calling thread.
  std::function<void(std::string_view what, double fraction)> progress{};
};

/// A figure of this machine: one value a round.
struct BenchFigure {
  std::string id{};    ///< stable, for programs: "photos"
  std::string text{};  ///< for people
  std::string unit{};  ///< "pictures/s", "MB/s", "x", "%"
  std::vector<double> values{};

  [[nodiscard]] double median() const;
  [[nodiscard]] double least() const;
  [[nodiscard]] double most() const;
};

struct BenchReport {
  std::size_t workers = 1;  ///< loader threads where a figure says nothing else
  std::vector<BenchFigure> figures{};
};

/// Measures the engine on this machine with graphs of the built-in examples on data that it generates itself: JPEG
/// decoding and augmentation (only what is needed, every pixel, from the cache), small pictures, training steps with
/// one replica and as the machine suggests; and from these what metering costs, and what more workers bring. The jobs
/// take turns, round by round, so that whatever else the machine does hits all of them. Errors: the data cannot be
/// written; Cancelled after a stop.
[[nodiscard]] Result<BenchReport> run_bench(const BenchOptions& options);

}  // namespace feedline::inline training
