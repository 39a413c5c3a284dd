// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace feedline::inline schema {

class Datum;

/// What a Source derives from besides, if its records have values by name, by which a split may tell them apart: the
/// columns of a table (ignored ones and the label too), the file or the folder that a record lies in. One whose records
/// are files (OwnFiles) has a "folder" without deriving from this.
class RecordKeys {
 public:
  virtual ~RecordKeys() = default;
  /// As long as the source lives; the same from any thread.
  [[nodiscard]] virtual const std::vector<std::string>& key_names() const = 0;
  /// The value of record `index` (below size()) under name number `key`, as text; empty: it is missing. Where `label`
  /// is not null, the record's label comes with it, so that a record is looked for once. Reads nothing else, no
  /// picture. Thread-safe. Errors: those of Source::read().
  virtual Status read_key(std::uint64_t index, std::size_t key, std::string& value, Datum* label) const = 0;
};

/// key_names() of a source whose only name, where it has groups, is "group".
[[nodiscard]] inline const std::vector<std::string>& group_key(bool has_groups) {
  static const std::vector<std::string> group = {"group"};
  static const std::vector<std::string> none;
  return has_groups ? group : none;
}

}  // namespace feedline::inline schema
