// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// A machine that does not work as it should.

#include "base/file_calls.h"
#include "base/machine_fault.h"

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <utility>

namespace feedline::test {

/// While it lives, the machine is given up after `ms` milliseconds.
class ShortPatience {
 public:
  explicit ShortPatience(int ms) : before_(Patience::set_limit(Patience::Pause(ms))) {}
  ~ShortPatience() { (void)Patience::set_limit(before_); }
  ShortPatience(const ShortPatience&) = delete;
  ShortPatience& operator=(const ShortPatience&) = delete;

 private:
  Patience::Pause before_;
};

/// While it lives, calls fail `times` times with an errno: opening or looking at
/// paths that hold `name`, or reading anything.
class FaultyFiles final : public FileCalls {
 public:
  enum class Call { Open, Read, Look, LookAt };
  FaultyFiles(Call call, int error_number, int times, std::string name = {})
      : call_(call), error_number_(error_number), left_(times), name_(std::move(name)) {
    FileCalls::replace(this);
  }
  ~FaultyFiles() override { FileCalls::replace(nullptr); }
  FaultyFiles(const FaultyFiles&) = delete;
  FaultyFiles& operator=(const FaultyFiles&) = delete;

  int open(const char* path, int flags, mode_t mode) const override {
    if (call_ == Call::Open && std::string(path).find(name_) != std::string::npos && fails()) return -1;
    return FileCalls::open(path, flags, mode);
  }
  ssize_t pread(int descriptor, void* to, std::size_t size, off_t offset) const override {
    return call_ == Call::Read && fails() ? -1 : FileCalls::pread(descriptor, to, size, offset);
  }
  int fstat(int descriptor, struct stat* status) const override {
    return call_ == Call::Look && fails() ? -1 : FileCalls::fstat(descriptor, status);
  }
  int fstatat(int folder, const char* path, struct stat* status, int flags) const override {
    const bool meant = call_ == Call::LookAt && std::string(path).find(name_) != std::string::npos;
    return meant && fails() ? -1 : FileCalls::fstatat(folder, path, status, flags);
  }
  [[nodiscard]] int left() const { return left_; }

 private:
  bool fails() const {
    if (left_.fetch_sub(1) <= 0) {
      left_ = 0;
      return false;
    }
    errno = error_number_;
    return true;
  }

  Call call_;
  int error_number_;
  mutable std::atomic<int> left_;
  std::string name_;
};

}  // namespace feedline::test
