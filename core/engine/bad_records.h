// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace feedline::inline engine {

/// A record that a run left out.
struct BadRecord {
  Error error{};  ///< the first that it met: node, file, reason, remedy
  std::uint64_t record = 0;
  std::uint64_t times = 0;       ///< that it was left out
  std::uint32_t epochs = 0;      ///< in so many
  std::uint32_t last_epoch = 0;  ///< the last of them
};

/// Which records a pipeline left out, each once, with the file that it was told by. Bounded: beyond kMost records, and
/// beyond kMostKinds different errors, the rest is left out. For one thread.
class BadRecords {
 public:
  static constexpr std::size_t kMost = std::size_t{1} << 16U;
  static constexpr std::size_t kMostKinds = 1000;

  /// `error` may be null where the record has met it before.
  void add(std::uint64_t record, std::uint32_t epoch, const Error* error);
  /// Takes up what list() gave of another one. Into an empty list.
  void restore(const std::vector<BadRecord>& list);
  /// In the order of the source.
  [[nodiscard]] std::vector<BadRecord> list() const;

 private:
  using Kind = std::tuple<std::string, std::string, std::string>;
  struct Entry {
    std::size_t kind = 0;
    std::string file{};
    std::uint64_t times = 0;
    std::uint32_t epochs = 0;
    std::uint32_t last_epoch = 0;
  };
  [[nodiscard]] std::size_t kind_of(const Error& error);

  std::map<std::uint64_t, Entry> records_{};
  std::map<Kind, std::size_t> numbers_{};
  std::vector<Kind> kinds_{};
};

/// Lists of a run's pipelines as one: a file that several met stands in it once.
[[nodiscard]] std::vector<BadRecord> merged(std::vector<BadRecord> list, const std::vector<BadRecord>& other);

}  // namespace feedline::inline engine
