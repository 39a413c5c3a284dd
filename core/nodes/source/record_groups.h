// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/behaviour.h"

#include <cstdint>
#include <string>
#include <vector>

namespace feedline::inline nodes {

/// Which records belong together (a writer, a patient), as a file of its own says: by it a split keeps them on one
/// side. Four bytes a record, and each name once.
class RecordGroups {
 public:
  /// A text with the name or number of a group in each line, packed with gzip or in any encoding (see open_plain()), or
  /// an IDX file of a byte a record. Errors name the file: another number of groups than `records`, an empty line
  /// within it, a name of over 1 KiB; those of its format; stopped.
  [[nodiscard]] static Result<RecordGroups> open(const std::string& path, std::uint64_t records,
                                                 const SourceContext& context);

  [[nodiscard]] const std::string& name(std::uint64_t record) const { return names_[group_[record]]; }
  /// Of the file, as the user gave it.
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit RecordGroups(std::string path) : path_(std::move(path)) {}
  Status read_text(std::uint64_t records, const SourceContext& context);

  std::string path_;
  std::vector<std::uint32_t> group_{};  ///< of each record
  std::vector<std::string> names_{};
};

}  // namespace feedline::inline nodes
