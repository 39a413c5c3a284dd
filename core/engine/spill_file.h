// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <mutex>
#include <span>
#include <vector>

namespace feedline::inline engine {

/// Opens a file in the folder that no name leads to: it is gone with the last process that has it open, however that
/// ends. The folder is made where there is none. Error: names the folder.
[[nodiscard]] Result<int> open_unnamed(const std::filesystem::path& folder);

/// Does the process' own limit on the size of files (ulimit -f) allow one of so many bytes? Going past it would be a
/// signal, also for a file in memory.
[[nodiscard]] bool allowed_by_process(std::uint64_t size);

/// A file that several processes fill, as one of them sees it.
struct SharedSpill {
  int file = -1;                    ///< open for reading and writing; the SpillFile closes it
  const std::byte* view = nullptr;  ///< where all of it is mapped, as far as it may grow; outlives the SpillFile
  std::uint64_t size = 0;           ///< of the view
  std::atomic<std::uint64_t>* end = nullptr;  ///< how much of it is given away, in memory of them all
};

/// Where a cache puts what is over its memory: a file without a name in the cache folder, gone with the process
/// however that ends. It grows in extents whose blocks are reserved beforehand, it is written with pwrite() and read
/// through read-only mappings; so a disk that fills up is an error here and never a signal. Thread-safe.
///
/// Several processes may fill one file (SharedSpill): each takes extents of its own, and no process waits for another.
class SpillFile {
 public:
  /// Nothing is opened before the first append(). `limit`: bytes at most; 0: while a tenth of the disk stays free.
  SpillFile(std::filesystem::path folder, std::uint64_t limit) : folder_(std::move(folder)), limit_(limit) {}
  /// One that is open already, for this process and others.
  SpillFile(std::filesystem::path folder, std::uint64_t limit, const SharedSpill& shared);
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
    const std::byte* data = nullptr;
    std::uint64_t offset = 0;  ///< in the file
    std::size_t size = 0;
  };
  struct Room {
    const std::byte* data = nullptr;
    std::uint64_t offset = 0;
  };
  [[nodiscard]] Status open();
  [[nodiscard]] Result<bool> grow(std::size_t wanted);
  [[nodiscard]] Status reserve(std::uint64_t begin, std::size_t wanted);
  [[nodiscard]] Result<const std::byte*> map(std::uint64_t begin, std::size_t size) const;
  [[nodiscard]] Result<Room> room_for(std::size_t size);

  const std::filesystem::path folder_;
  const std::uint64_t limit_;
  std::mutex mutex_{};
  int file_ = -1;
  std::uint64_t most_ = std::numeric_limits<std::uint64_t>::max();  ///< of bytes, where there is no limit
  const std::byte* view_ = nullptr;                                 ///< null: each extent is mapped by itself
  std::atomic<std::uint64_t> own_end_{0};
  std::atomic<std::uint64_t>* end_ = &own_end_;  ///< of the last extent
  std::size_t used_ = 0;                         ///< of this process's last extent
  std::vector<Extent> extents_{};
};

}  // namespace feedline::inline engine
