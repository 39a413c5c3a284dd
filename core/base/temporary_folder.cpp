// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/temporary_folder.h"

#include "base/machine_fault.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace feedline::inline base {
namespace {

constexpr int kTries = 16;

int open_folder(const std::filesystem::path& path) {
  return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

bool lock_now(int folder) { return ::flock(folder, LOCK_EX | LOCK_NB) == 0; }

bool is_still_there(const std::filesystem::path& path, int descriptor) {
  struct stat named {};
  struct stat held {};
  return ::lstat(path.c_str(), &named) == 0 && ::fstat(descriptor, &held) == 0 && named.st_ino == held.st_ino &&
         named.st_dev == held.st_dev;
}

/// Those of this user that nobody holds.
void remove_what_was_left(const std::filesystem::path& place, const std::string& prefix) {
  std::error_code error;
  for (std::filesystem::directory_iterator it(place, error), end; !error && it != end; it.increment(error)) {
    if (!it->path().filename().native().starts_with(prefix)) continue;
    const int folder = open_folder(it->path());
    if (folder < 0) continue;
    struct stat status {};
    std::error_code ignored;
    if (::fstat(folder, &status) == 0 && status.st_uid == ::geteuid() && lock_now(folder))
      std::filesystem::remove_all(it->path(), ignored);
    ::close(folder);
  }
}

}  // namespace

Result<TemporaryFolder> TemporaryFolder::make(std::string_view kind) {
  std::error_code error;
  std::filesystem::path place = std::filesystem::temp_directory_path(error);
  if (error) place = "/tmp";
  const std::string prefix = "feedline-" + std::string(kind) + "-";
  remove_what_was_left(place, prefix);
  int fault = EAGAIN;
  for (int i = 0; i < kTries; ++i) {
    std::string name = (place / (prefix + "XXXXXX")).string();
    if (::mkdtemp(name.data()) == nullptr) {
      fault = errno;
      break;
    }
    // Until it is locked, another process may take it for one that was left. Where folders cannot be locked (NFS),
    // nobody removes any.
    const int folder = open_folder(name);
    const bool is_ours = folder >= 0 && (lock_now(folder) || errno != EWOULDBLOCK) && is_still_there(name, folder);
    if (is_ours) return TemporaryFolder(std::move(name), folder);
    if (folder >= 0) ::close(folder);
  }
  return fail(errno_error(fault, "no temporary folder can be made", "Make room there, or set TMPDIR to another folder")
                  .in_file(place.string()));
}

TemporaryFolder::TemporaryFolder(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}

TemporaryFolder::TemporaryFolder(TemporaryFolder&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

TemporaryFolder& TemporaryFolder::operator=(TemporaryFolder&& other) noexcept {
  if (this == &other) return *this;
  remove();
  path_ = std::move(other.path_);
  lock_ = std::exchange(other.lock_, -1);
  return *this;
}

TemporaryFolder::~TemporaryFolder() { remove(); }

void TemporaryFolder::remove() {
  if (lock_ < 0) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
  ::close(std::exchange(lock_, -1));
}

}  // namespace feedline::inline base
