// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "schema/tensor_desc.h"
#include "schema/value.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline schema {

enum class ParamKind { Integer, Real, Boolean, Choice, Text, File, Folder, Seed, List };

[[nodiscard]] std::string_view name(ParamKind kind);

/// What the items of a List are.
enum class ItemKind {
  Text,     ///< any text, such as the name of a column
  Pattern,  ///< a file name with *, ? and [a-z], as the shell has them
  Integer,
  Real
};

/// The hard limits of a list. Those of one number are the parameter's own.
struct ListRules {
  ItemKind items = ItemKind::Text;
  std::size_t least = 0;      ///< items
  std::size_t most = 64;      ///< items
  std::size_t longest = 256;  ///< bytes of one text or pattern, which is never empty
  bool unique = false;        ///< no item may stand twice
  char key_end = '\0';        ///< where set, items are the same whose texts are so up to this character
  std::string item_text{};    ///< what one item is called in texts: "field", "column"; empty: by its kind
  /// What else an item must be, in words for errors and help: "NAME or NAME:KIND"; empty: nothing.
  std::string form{};
  /// Asked of each text besides; the reason of its error says what is wrong with this item.
  std::function<Status(std::string_view item)> check_item{};
};

/// Whose columns a parameter names: what somebody can choose from, who then need not type a name.
struct ColumnNames {
  enum class Of : std::uint8_t {
    Nothing,  ///< it names no columns
    Input,    ///< those that arrive at the input `port` of the node
    Table,    ///< those of the table that the node reads (SourceReport::columns)
    Sources   ///< those of any table that the graph reads, and other values that tell its records apart (folder)
  };
  Of of = Of::Nothing;
  std::string port{};
  std::optional<ColumnType> type{};  ///< columns of this type alone
};
[[nodiscard]] inline ColumnNames columns_of_input(std::string port, std::optional<ColumnType> type = {}) {
  return {.of = ColumnNames::Of::Input, .port = std::move(port), .type = type};
}
[[nodiscard]] inline ColumnNames columns_of_table() { return {.of = ColumnNames::Of::Table}; }
[[nodiscard]] inline ColumnNames columns_of_sources() { return {.of = ColumnNames::Of::Sources}; }

struct Range;

/// One parameter of a node. Forms, validation, JSON keys, `--set` and help all follow from it.
struct ParamSpec {
  std::string name{};
  ParamKind kind = ParamKind::Text;
  Value default_value{};
  double hard_min = -std::numeric_limits<double>::infinity();  ///< outside is an error
  double hard_max = std::numeric_limits<double>::infinity();
  double ui_min = hard_min;  ///< what a slider offers; inside the hard range
  double ui_max = hard_max;
  std::vector<std::string> choices{};  ///< of a Choice
  std::string unit{};
  std::string doc{};
  bool required = false;  ///< a File, Folder or Text that must not be empty
  ListRules list{};       ///< of a List
  ColumnNames columns{};  ///< of a Text or a List of texts that names columns
  /// Counts only where a wire enters this input of the node; empty: always.
  std::string only_with{};
  /// Counts only where this other parameter of the node has one of these values, as texts; no name: always.
  struct Condition {
    std::string param{};
    std::vector<std::string> values{};
  };
  Condition only_if{};

  /// Checks kind and range. The error names the parameter and says what is allowed. Integers are accepted for reals.
  [[nodiscard]] Status check(const Value& value) const;
  /// From the text of `--set node.param=text`.
  [[nodiscard]] Result<Value> parse(std::string_view text) const;
  /// "integer, 1 to 4096, default 64" for help and errors.
  [[nodiscard]] std::string constraint() const;
  void limit(const Range& limits);
};

/// The number that a value is, whole or not; none if it is no number.
[[nodiscard]] std::optional<double> real_of(const Value& value);
/// The items of a list value in the type that a node keeps them in; none if the value is no such list. A list of whole
/// numbers can be read as one of reals.
[[nodiscard]] std::optional<std::vector<std::string>> texts_of(const Value& value);
[[nodiscard]] std::optional<std::vector<std::int64_t>> integers_of(const Value& value);
[[nodiscard]] std::optional<std::vector<double>> reals_of(const Value& value);

/// Fluent numeric limits: `range(0.1, 50).ui(0.3, 10).unit("px")`.
struct Range {
  double hard_min = -std::numeric_limits<double>::infinity();
  double hard_max = std::numeric_limits<double>::infinity();
  std::optional<double> ui_min{};
  std::optional<double> ui_max{};
  std::string_view unit_text{};  ///< lives longer than this: a literal

  Range ui(double low, double high) && {
    ui_min = low;
    ui_max = high;
    return std::move(*this);
  }
  Range unit(std::string_view text) && {
    unit_text = text;
    return std::move(*this);
  }
};
[[nodiscard]] inline Range range(double low, double high) { return {.hard_min = low, .hard_max = high}; }

}  // namespace feedline::inline schema
