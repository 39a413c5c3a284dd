// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <sys/stat.h>
#include <sys/types.h>

namespace feedline::inline base {

/// The system calls by which data are read, as POSIX says: -1 and errno on failure. Everything that reads data asks
/// current(), so that a test can put the faults of a machine in between: a full table of descriptors, a dying disk.
class FileCalls {
 public:
  virtual ~FileCalls() = default;
  [[nodiscard]] virtual int open(const char* path, int flags, mode_t mode = 0) const;
  [[nodiscard]] virtual ssize_t pread(int descriptor, void* to, std::size_t size, off_t offset) const;
  [[nodiscard]] virtual int fstat(int descriptor, struct stat* status) const;
  [[nodiscard]] virtual int fstatat(int folder, const char* path, struct stat* status, int flags) const;

  [[nodiscard]] static const FileCalls& current();
  /// From now on, on all threads; null: the system's own. It must outlive every read.
  static void replace(const FileCalls* calls);
};

}  // namespace feedline::inline base
