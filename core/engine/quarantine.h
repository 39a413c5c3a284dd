// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace feedline::inline engine {

/// Records that were bad once in this run. Later epochs leave them out at once, without trying them again, and count
/// them under the error that they met. A record that fails whenever it is read is left out of the same batches either
/// way, so the bytes do not depend on when it came in here; they do for a record that fails only now and then, or was
/// left out because it was slow.
///
/// Memory is bounded: at most kMost records, 32 bytes each; those beyond it are tried anew each epoch. One writer at a
/// time, any number of readers, who take no lock.
class Quarantine {
 public:
  static constexpr std::size_t kMost = std::size_t{1} << 16;

  /// `records`: how many a whole epoch draws.
  explicit Quarantine(std::uint64_t records);

  /// Keeps a record with the kind of its error. Does nothing where there is no room or no memory.
  void add(std::uint64_t record, std::uint32_t kind) noexcept;
  /// The kind of error that the record met, if it is kept here.
  [[nodiscard]] std::optional<std::uint32_t> find(std::uint64_t record) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }

 private:
  struct Place {
    std::atomic<std::uint64_t> record{kFree};
    std::atomic<std::uint32_t> kind{0};
  };
  static constexpr std::uint64_t kFree = ~std::uint64_t{0};
  /// Where the record is, or the free place where it belongs.
  [[nodiscard]] Place& place(Place* places, std::uint64_t record) const noexcept;

  std::size_t most_;
  std::size_t mask_;  ///< of the table, which is never more than half full
  std::unique_ptr<Place[]> own_{};
  std::atomic<Place*> places_{nullptr};  ///< made for the first bad record
  std::atomic<std::size_t> size_{0};
};

}  // namespace feedline::inline engine
