// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/file_calls.h"

#include <atomic>
#include <fcntl.h>
#include <unistd.h>

namespace feedline::inline base {
namespace {

std::atomic<const FileCalls*> replaced{nullptr};

}  // namespace

int FileCalls::open(const char* path, int flags, mode_t mode) const { return ::open(path, flags, mode); }

ssize_t FileCalls::pread(int descriptor, void* to, std::size_t size, off_t offset) const {
  return ::pread(descriptor, to, size, offset);
}

int FileCalls::fstat(int descriptor, struct stat* status) const { return ::fstat(descriptor, status); }

int FileCalls::fstatat(int folder, const char* path, struct stat* status, int flags) const {
  return ::fstatat(folder, path, status, flags);
}

const FileCalls& FileCalls::current() {
  static const FileCalls system;
  const FileCalls* other = replaced.load(std::memory_order_acquire);
  return other != nullptr ? *other : system;
}

void FileCalls::replace(const FileCalls* calls) { replaced.store(calls, std::memory_order_release); }

}  // namespace feedline::inline base
