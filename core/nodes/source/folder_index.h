// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/source/folder_listing.h"
#include "schema/behaviour.h"
#include "schema/source_report.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace feedline::inline nodes {

/// The picture files (or texts) of a folder with one sub-folder per class, in a fixed order. About 30 bytes a file: all
/// names lie in one block of memory.
class FolderIndex {
 public:
  /// Which sub-folders are classes. None: the files of the folder and of all below it are of one.
  enum class Classes { WithPictures, All, None };

  /// Lists `root`. Classes are its sub-folders in byte order of their names; in each, files in byte order of their
  /// names, then those of nested folders, each folder once however many links lead to it. Folders whose names are equal
  /// up to Unicode normalisation are one class. Hidden names and systems' folders are skipped. For WithPictures, so are
  /// folders without a picture, and the parent of train and val is refused. For None the folder itself is listed as
  /// such a class, and the report says that nobody has labelled it. What was passed over is in report().
  /// Errors: missing, no folder, unreadable, without class folders, without pictures; stopped.
  [[nodiscard]] static Result<FolderIndex> scan(const std::string& root, Classes classes, const SourceContext& context,
                                                const FolderFiles& files = kPictureFiles);

  [[nodiscard]] std::uint64_t size() const { return ends_.size(); }
  [[nodiscard]] std::int64_t label(std::uint64_t index) const;
  /// Full path of a file, raw bytes.
  [[nodiscard]] std::string path(std::uint64_t index) const;
  [[nodiscard]] const SourceReport& report() const { return report_; }

 private:
  friend class FolderScan;

  struct Folder {
    std::string name{};  ///< raw bytes
    std::int64_t label = 0;
    std::uint64_t end = 0;  ///< index of the first file of the next folder
  };
  [[nodiscard]] std::size_t folder_of(std::uint64_t index) const;

  std::string root_{};
  std::vector<Folder> folders_{};      ///< those that hold a picture, and all of Classes::All
  std::string names_{};                ///< paths below their folder, end to end
  std::vector<std::uint64_t> ends_{};  ///< where each ends in names_
  SourceReport report_{};
};

}  // namespace feedline::inline nodes
