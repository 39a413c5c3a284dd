// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/behaviour.h"
#include "schema/named_tensors.h"
#include "schema/value.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace feedline::inline plan {

/// A number a record, by which a split tells records apart: one byte each where there are few different ones, else
/// four. Held only while a split is made.
class RecordCodes {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFFU;  ///< the record could not be read
  static constexpr std::uint32_t kFew = 255;           ///< codes below this are kept in a byte

  RecordCodes(std::uint64_t records, bool few);
  /// As kept; none: it is something else.
  [[nodiscard]] static std::optional<RecordCodes> of(TensorValue kept);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::uint32_t operator[](std::uint64_t record) const;
  /// Of different records from several threads at once.
  void set(std::uint64_t record, std::uint32_t code);
  [[nodiscard]] const TensorValue& kept() const { return values_; }

 private:
  TensorValue values_{};
  std::uint64_t size_ = 0;
};

/// What is to be known of each record.
struct CodeRequest {
  bool labels = false;   ///< its class; nothing where the source has no classes
  std::string column{};  ///< its value under this name (schema/record_keys.h, or "folder"); empty: none
};

struct CodedRecords {
  static constexpr std::size_t kMostValues = 10'000;
  std::optional<RecordCodes> labels{};  ///< indices of classes
  std::size_t classes = 0;
  /// A hash of each value, 32 bits: two values may have one, which then count as the same.
  std::optional<RecordCodes> column{};
  std::map<std::uint32_t, std::string> values{};  ///< of the column, as they are shown; empty if there are too many
  bool many_values = false;                       ///< more than kMostValues
  std::optional<Error> fault{};                   ///< of the first record that could not be read
};

/// The code of a column's value.
[[nodiscard]] std::uint32_t code_of(std::string_view value);

/// The first output that is a class, of which the source knows how many there are.
[[nodiscard]] std::optional<std::size_t> class_port(const Source& source);

/// Names of the values by which the source's records can be divided: the columns of its table, "folder", "file" and the
/// like. Empty: it has none.
[[nodiscard]] std::vector<std::string> split_names(const Source& source);

/// A source, and what it was opened by: that names what is found out about it.
struct CodedSource {
  const Source& source;
  std::string_view type{};
  const ParamMap& params;
};

/// Looks at the label and the value of every record once, on all cores: no picture is read and no row is kept. What was
/// found in a few large files (schema/shared_files.h) is kept in the cache folder, until these change. The same for any
/// number of threads (0: as many as there are cores). Errors: the source has no such value (parameter split_column);
/// the machine is at fault; stopped.
[[nodiscard]] Result<CodedRecords> code_records(const CodedSource& coded, const CodeRequest& request,
                                                const SourceContext& context, std::size_t threads = 0);

}  // namespace feedline::inline plan
