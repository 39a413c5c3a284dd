// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "schema/value.h"

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace feedline {

enum class ParamKind { Integer, Real, Boolean, Choice, Text, File, Folder, Seed };

[[nodiscard]] std::string_view name(ParamKind kind);

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
  /// Counts only where a wire enters this input of the node; empty: always.
  std::string only_with{};

  /// Checks kind and range. The error names the parameter and says what is allowed. Integers are accepted for reals.
  [[nodiscard]] Status check(const Value& value) const;
  /// From the text of `--set node.param=text`.
  [[nodiscard]] Result<Value> parse(std::string_view text) const;
  /// "integer, 1 to 4096, default 64" for help and errors.
  [[nodiscard]] std::string constraint() const;
};

/// Fluent numeric limits: `range(0.1, 50).ui(0.3, 10).unit("px")`.
struct Range {
  double hard_min = -std::numeric_limits<double>::infinity();
  double hard_max = std::numeric_limits<double>::infinity();
  std::optional<double> ui_min{};
  std::optional<double> ui_max{};
  std::string unit_text{};

  Range ui(double low, double high) && {
    ui_min = low;
    ui_max = high;
    return std::move(*this);
  }
  Range unit(std::string text) && {
    unit_text = std::move(text);
    return std::move(*this);
  }
};
[[nodiscard]] inline Range range(double low, double high) { return {.hard_min = low, .hard_max = high}; }

}  // namespace feedline
