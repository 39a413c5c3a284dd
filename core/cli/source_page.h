// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "checking/describe_source.h"

#include <cstddef>
#include <string>
#include <vector>

namespace feedline::cli {

/// The first records of a source, cells by column.
struct FirstRows {
  std::vector<std::vector<RecordCell>> cells{};  ///< of a record that cannot be read: none
  std::vector<std::string> faults{};             ///< of each record; empty: none
};

/// A source as two tables: what its columns hold, and its first records.
[[nodiscard]] std::string source_page(const SourceDescription& description, const FirstRows& rows, std::size_t width);
[[nodiscard]] std::string source_json(const SourceDescription& description, const FirstRows& rows);

}  // namespace feedline::cli
