// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/behaviour.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace feedline {

/// The picture files of a folder with one sub-folder a class, in a fixed order. About 30 bytes a file: all names lie in
/// one block of memory.
class FolderIndex {
 public:
  /// Lists `root`. Classes are its sub-folders in byte order of their names; in each, files in byte order of their
  /// names, then those of nested folders, each folder once however many links lead to it. Hidden names are skipped.
  /// Errors: missing, no folder, unreadable, without class folders, without pictures; stopped.
  [[nodiscard]] static Result<FolderIndex> scan(const std::string& root, const SourceContext& context);

  [[nodiscard]] std::uint64_t size() const { return ends_.size(); }
  [[nodiscard]] const std::vector<std::string>& classes() const { return classes_; }
  [[nodiscard]] std::int64_t label(std::uint64_t index) const;
  /// Full path of a file.
  [[nodiscard]] std::string path(std::uint64_t index) const;

 private:
  Status add_class(const std::filesystem::path& folder, const SourceContext& context);

  std::string root_{};
  std::vector<std::string> classes_{};       ///< folder names, raw bytes
  std::vector<std::uint64_t> class_ends_{};  ///< index of the first file of the next class
  std::string names_{};                      ///< paths below their class folder, end to end
  std::vector<std::uint64_t> ends_{};        ///< where each ends in names_
};

}  // namespace feedline
