// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/source/archive_member.h"
#include "schema/source_report.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline nodes {

/// How the members of an archive make records.
enum class ArchiveLayout : std::uint8_t {
  Auto,          ///< groups where there are .cls members, else class folders
  ClassFolders,  ///< each folder is a class and holds its pictures
  Groups         ///< WebDataset: members of one name, such as 0001.jpg, 0001.cls and 0001.txt
};

struct ArchiveSettings {
  ArchiveLayout layout = ArchiveLayout::Auto;
  std::string inside{};  ///< only what lies in this folder of the archive; empty: what all pictures have in common
  bool texts = false;    ///< records have a text, of the .txt member of their group
};

/// The open bytes of an archive: the file itself, or what it unpacks to where gzip packs it as a whole.
struct OpenArchive {
  File file{};
  std::uint64_t size = 0;
  ArchiveFormat format = ArchiveFormat::Unknown;
};
/// Errors name the file: missing, neither tar nor zip, damaged gzip, one that unpacks to an absurd size; stopped.
[[nodiscard]] Result<OpenArchive> open_archive(const std::string& path, FileFacts& facts, const SourceContext& context);

/// The records of an archive: about 60 bytes each, besides the names, which lie in one block of memory. Kept in the
/// cache folder under the archive's path, size and time of change.
class ArchiveIndex {
 public:
  /// One record. Label -1: its group has no class.
  struct Record {
    MemberPlace picture{};
    std::uint64_t name_end = 0;
    std::uint32_t text = 0;  ///< 1 + its place in texts(); 0: none
    std::int32_t label = -1;
  };

  /// Lists the archive, or takes the list that was kept. What makes no record is in report(); parts of a data set
  /// (train, test) in place of classes are refused there. Errors name the file: those of list_tar() and list_zip(), no
  /// pictures, pictures outside of class folders, groups without classes; stopped.
  [[nodiscard]] static Result<ArchiveIndex> open(const OpenArchive& archive, const std::string& path,
                                                 const FileFacts& facts, const ArchiveSettings& settings,
                                                 const SourceContext& context);

  [[nodiscard]] std::uint64_t size() const { return records_.size(); }
  [[nodiscard]] const Record& operator[](std::uint64_t index) const { return records_[index]; }
  /// Of the picture, raw bytes.
  [[nodiscard]] std::string_view name(std::uint64_t index) const;
  [[nodiscard]] const MemberPlace& text(const Record& record) const { return texts_[record.text - 1]; }
  [[nodiscard]] const SourceReport& report() const { return report_; }

 private:
  friend class ArchiveScan;
  friend class ArchiveIndexFile;

  std::vector<Record> records_{};
  std::vector<MemberPlace> texts_{};
  std::string names_{};
  SourceReport report_{};
};

/// Keeps an index in a file, with a checksum over all of it.
class ArchiveIndexFile {
 public:
  static Status write(const std::filesystem::path& path, const ArchiveIndex& index);
  /// False: there is none, or it is damaged or of another version.
  [[nodiscard]] static bool read(const std::filesystem::path& path, ArchiveIndex& index);
};

}  // namespace feedline::inline nodes
