// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/source/folder_index.h"
#include "nodes/source/folder_listing.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace feedline::inline nodes {

/// How the pictures of a sub-folder lie in it.
struct SubfolderShape {
  std::string name{};                 ///< raw bytes
  std::uint64_t direct = 0;           ///< pictures in the folder itself
  std::vector<std::string> nested{};  ///< its own sub-folders that hold pictures, at any depth
  bool nested_direct = false;         ///< one of those sub-folders holds pictures itself, not only deeper
  [[nodiscard]] bool has_pictures() const { return direct > 0 || !nested.empty(); }
  /// Do its own sub-folders look like classes?
  [[nodiscard]] bool holds_classes() const { return direct == 0 && !nested.empty(); }
};

/// Fills a FolderIndex, once.
class FolderScan {
 public:
  FolderScan(FolderIndex& index, bool all_classes, const FolderFiles& files, const SourceContext& context)
      : index_(index), all_classes_(all_classes), files_(files), context_(context) {}
  /// `top` is what lies in the root. Errors: an unreadable folder; stopped.
  Status run(const FolderListing& top);
  /// The root as the only class. Errors: likewise.
  Status run_whole();

 private:
  using PassedKey = std::pair<std::string, std::string>;  ///< class, ending

  /// A sub-folder; empty: the root itself.
  Result<SubfolderShape> add_folder(const std::string& name);
  void close_folder(const std::string& name);
  void pass_file(const std::string& class_name, const std::string& folder, const std::string& name);
  void pass_folder(const std::string& path, PassedFolder::Why why);
  void finish();

  FolderIndex& index_;
  bool all_classes_;
  const FolderFiles& files_;
  const SourceContext& context_;
  std::map<PassedKey, PassedFiles> passed_{};
  std::map<std::string, std::pair<std::int64_t, std::string>> labels_{};  ///< normal form -> label, shown name
};

}  // namespace feedline::inline nodes
