// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to core/exporting: pieces of Python.

#include "schema/value.h"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace feedline::inline exporting {

/// Names of variables and attributes, each given once: "block/conv 2" becomes "block_conv_2". No word of Python and
/// none of the names that the written files use themselves.
class PythonNames {
 public:
  [[nodiscard]] std::string give(std::string_view wanted);
  /// Names that nothing is given: a variable would hide a function of that name.
  void avoid(std::set<std::string, std::less<>> names) { avoided_ = std::move(names); }

 private:
  std::set<std::string, std::less<>> taken_{};
  std::set<std::string, std::less<>> avoided_{};
};

/// The shortest text that reads back the same; float("nan") and the like where there is none.
[[nodiscard]] std::string python_number(double value);
/// A text with its quotes. Bytes that are no UTF-8 become U+FFFD.
[[nodiscard]] std::string python_string(std::string_view text);
[[nodiscard]] std::string python_list(const std::vector<std::string>& texts);
[[nodiscard]] std::string python_list(const std::vector<double>& numbers);
[[nodiscard]] inline std::string python_bool(bool value) { return value ? "True" : "False"; }
/// "1 word" of every line, for a comment: no line breaks.
[[nodiscard]] std::string python_comment(std::string_view text);

/// A node's parameters, complete and checked, as writers read them.
class ParamReader {
 public:
  explicit ParamReader(const ParamMap& params) : params_(params) {}
  [[nodiscard]] std::int64_t integer(std::string_view name) const;
  [[nodiscard]] double real(std::string_view name) const;
  [[nodiscard]] bool flag(std::string_view name) const;
  [[nodiscard]] std::string text(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> texts(std::string_view name) const;
  [[nodiscard]] std::vector<double> reals(std::string_view name) const;
  /// A number as Python has it.
  [[nodiscard]] std::string number(std::string_view name) const;

 private:
  [[nodiscard]] const Value* find(std::string_view name) const;
  const ParamMap& params_;
};

}  // namespace feedline::inline exporting
