// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to state: the header of a safetensors file.

#include "state/safetensors.h"

#include <map>
#include <string>
#include <string_view>

namespace feedline::inline state {

/// What a header says: places are those within the data, not yet checked against the file or each other.
struct TensorHeader {
  std::map<std::string, SafetensorsFile::Entry, std::less<>> entries{};
  TensorMetadata metadata{};

  /// Errors, without a file: no JSON, keys twice or unknown, values of a wrong kind, an unknown type, a shape that the
  /// bytes do not fill. Takes memory for what is valid only, whatever the text holds.
  [[nodiscard]] static Result<TensorHeader> parse(std::string_view text);
  /// Compact JSON, padded with blanks so that the data behind it and its length are aligned to eight bytes. Error: a
  /// name that is not in UTF-8.
  [[nodiscard]] Result<std::string> text() const;
};

}  // namespace feedline::inline state
