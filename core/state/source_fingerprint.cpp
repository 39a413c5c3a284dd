// SPDX-License-Identifier: GPL-3.0-or-later
#include "state/source_fingerprint.h"

#include "base/file_calls.h"
#include "schema/behaviour.h"
#include "schema/own_files.h"
#include "schema/shared_files.h"
#include "state/fingerprint.h"

#include <fcntl.h>
#include <sys/stat.h>

namespace feedline::inline state {
namespace {

constexpr std::uint64_t kLookForStop = 256;

void add_file(Fingerprint& hash, const std::string& path) {
  struct stat status {};
  hash.add(path);
  if (FileCalls::current().fstatat(AT_FDCWD, path.c_str(), &status, 0) != 0) {
    hash.add("gone");
    return;
  }
  hash.add(static_cast<std::uint64_t>(status.st_size))
      .add(static_cast<std::uint64_t>(status.st_mtim.tv_sec))
      .add(static_cast<std::uint64_t>(status.st_mtim.tv_nsec));
}

}  // namespace

Result<std::optional<std::string>> source_fingerprint(const Source& source, const std::stop_token& stop) {
  Fingerprint hash;
  hash.add(source.size());
  const auto* own = dynamic_cast<const OwnFiles*>(&source);
  const auto* shared = dynamic_cast<const SharedFiles*>(&source);
  if (own == nullptr && shared == nullptr) return std::optional<std::string>{};
  if (own != nullptr)
    for (std::uint64_t record = 0; record < source.size(); ++record) {
      if (record % kLookForStop == 0 && stop.stop_requested()) return fail_cancelled();
      add_file(hash, own->file_of(record));
    }
  if (shared != nullptr)
    for (const std::string& path : shared->files()) add_file(hash, path);
  return hash.hex();
}

std::optional<std::string> shared_files_fingerprint(const Source& source) {
  const auto* shared = dynamic_cast<const SharedFiles*>(&source);
  if (shared == nullptr) return std::nullopt;
  Fingerprint hash;
  for (const std::string& path : shared->files()) add_file(hash, path);
  return hash.hex();
}

}  // namespace feedline::inline state
