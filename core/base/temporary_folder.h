// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <filesystem>
#include <string_view>

namespace feedline::inline base {

/// A folder for this user alone where temporary files belong (TMPDIR, else /tmp). It goes, with all that is in it, when
/// this goes. What a killed process left is removed when the next folder of its kind is made: as long as a process
/// lives it holds a lock (flock) on its folder, in whatever container it runs.
class TemporaryFolder {
 public:
  /// `kind` is part of its name: "feedline-KIND-XXXXXX". Errors: no folder can be made there.
  [[nodiscard]] static Result<TemporaryFolder> make(std::string_view kind);
  TemporaryFolder(TemporaryFolder&& other) noexcept;
  TemporaryFolder& operator=(TemporaryFolder&& other) noexcept;
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  TemporaryFolder(std::filesystem::path path, int lock);
  void remove();

  std::filesystem::path path_;
  int lock_;  ///< a descriptor of the folder, locked
};

}  // namespace feedline::inline base
