// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <span>
#include <vector>

namespace feedline::inline engine {

/// Where a cache puts what is over its memory: a file without a name in the cache folder, gone with the process
/// however that ends. It grows in extents whose blocks are reserved beforehand, it is written with pwrite() and read
/// through read-only mappings; so a disk that fills up is an error here and never a signal. Thread-safe.
class SpillFile {
 public:
  /// Nothing is opened before the first append(). `limit`: bytes at most; 0: while a tenth of the disk stays free.
  SpillFile(std::filesystem::path folder, std::uint64_t limit) : folder_(std::move(folder)), limit_(limit) {}
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  /// Writes `head` and behind it `body`, and returns where they stand, 32-byte aligned, for as long as the file lives;
  /// null where the limit is used up. Errors: the folder cannot be written to, the disk is full, a write fails; each
  /// names the folder. After an error the caller should stop, after a fault of the machine's
  /// (base/machine_fault.h) it may try again later: the file keeps what it has.
  [[nodiscard]] Result<const std::byte*> append(std::span<const std::byte> head, std::span<const std::byte> body);

 private:
  struct Extent {
    std::byte* data = nullptr;
    std::uint64_t offset = 0;  ///< in the file
    std::size_t size = 0;
  };
  struct Room {
    const std::byte* data = nullptr;
    std::uint64_t offset = 0;
  };
  [[nodiscard]] Status open();
  [[nodiscard]] Result<bool> grow(std::size_t wanted);
  [[nodiscard]] Status reserve(std::size_t wanted);
  [[nodiscard]] Result<Room> room_for(std::size_t size);

  const std::filesystem::path folder_;
  const std::uint64_t limit_;
  std::mutex mutex_{};
  int file_ = -1;
  std::uint64_t end_ = 0;  ///< of the last extent
  std::size_t used_ = 0;   ///< of the last extent
  std::vector<Extent> extents_{};
};

}  // namespace feedline::inline engine
