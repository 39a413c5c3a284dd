// SPDX-License-Identifier: GPL-3.0-or-later
#include "exporting/python_text.h"

#include "schema/param_spec.h"

#include <fmt/format.h>

#include <cmath>

namespace feedline::inline exporting {
namespace {

/// What the files that are written call their own, and Python's words.
constexpr std::string_view kTakenNames[] = {
    "false",    "none",   "true",   "and",      "as",      "assert",   "async",   "await",      "break",     "class",
    "continue", "def",    "del",    "elif",     "else",    "except",   "finally", "for",        "from",      "global",
    "if",       "import", "in",     "is",       "lambda",  "nonlocal", "not",     "or",         "pass",      "raise",
    "return",   "try",    "while",  "with",     "yield",   "match",    "case",    "self",       "torch",     "nn",
    "np",       "json",   "math",   "model",    "forward", "train",    "eval",    "parameters", "buffers",   "modules",
    "children", "float",  "int",    "str",      "bool",    "list",     "dict",    "tuple",      "len",       "range",
    "min",      "max",    "record", "training", "values",  "fitted",   "print",   "zip",        "map",       "sum",
    "type",     "mixed",  "half",   "apply",    "io",      "re",       "bisect",  "random",     "focal_loss"};

bool is_taken_name(std::string_view name) {
  for (const std::string_view taken : kTakenNames)
    if (taken == name) return true;
  return false;
}

std::string python_words(std::string_view wanted) {
  std::string name;
  for (const char c : wanted) {
    const bool small = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (small)
      name += c;
    else if (c >= 'A' && c <= 'Z')
      name += static_cast<char>(c - 'A' + 'a');
    else if (!name.empty() && name.back() != '_')
      name += '_';
  }
  while (!name.empty() && name.back() == '_') name.pop_back();
  if (name.empty() || (name.front() >= '0' && name.front() <= '9')) name.insert(0, "node_");
  return name;
}

/// Of the character that begins at `at`; 0: the bytes are no UTF-8.
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  const std::size_t length = first < 0x80   ? 1
                             : first < 0xC2 ? 0
                             : first < 0xE0 ? 2
                             : first < 0xF0 ? 3
                             : first < 0xF5 ? 4
                                            : 0;
  if (length == 0 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
  const bool surrogate = first == 0xED && byte(at + 1) >= 0xA0;
  const bool overlong = (first == 0xE0 && byte(at + 1) < 0xA0) || (first == 0xF0 && byte(at + 1) < 0x90);
  const bool beyond = first == 0xF4 && byte(at + 1) >= 0x90;
  return surrogate || overlong || beyond ? 0 : length;
}

template <class Items, class Text>
std::string python_items(const Items& items, const Text& text) {
  std::string all = "[";
  for (const auto& item : items) all += (all.size() > 1 ? ", " : "") + text(item);
  return all + "]";
}

}  // namespace

std::string PythonNames::give(std::string_view wanted) {
  const std::string stem = python_words(wanted);
  std::string name = is_taken_name(stem) || avoided_.contains(stem) ? stem + "_" : stem;
  for (int number = 2; !taken_.insert(name).second; ++number) name = fmt::format("{}_{}", stem, number);
  return name;
}

std::string python_number(double value) {
  if (std::isnan(value)) return "float(\"nan\")";
  if (std::isinf(value)) return value < 0 ? "float(\"-inf\")" : "float(\"inf\")";
  return fmt::format("{}", value);
}

std::string python_string(std::string_view text) {
  std::string all = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text, at);
    const char c = text[at];
    if (length == 0) {
      all += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      all += '\\';
      all += c;
    } else if (c == '\n') {
      all += "\\n";
    } else if (length == 1 && (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)) {
      all += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      all += text.substr(at, length);
    }
    at += length == 0 ? 1 : length;
  }
  return all + '"';
}

std::string python_list(const std::vector<std::string>& texts) { return python_items(texts, python_string); }
std::string python_list(const std::vector<double>& numbers) { return python_items(numbers, python_number); }

std::string python_comment(std::string_view text) {
  const std::string quoted = python_string(text);
  return quoted.substr(1, quoted.size() - 2);
}

const Value* ParamReader::find(std::string_view name) const {
  const auto found = params_.find(name);
  return found == params_.end() ? nullptr : &found->second;
}

std::int64_t ParamReader::integer(std::string_view name) const {
  const Value* value = find(name);
  const auto* number = value == nullptr ? nullptr : std::get_if<std::int64_t>(value);
  return number == nullptr ? 0 : *number;
}

double ParamReader::real(std::string_view name) const {
  const Value* value = find(name);
  return value == nullptr ? 0 : real_of(*value).value_or(0);
}

bool ParamReader::flag(std::string_view name) const {
  const Value* value = find(name);
  const auto* on = value == nullptr ? nullptr : std::get_if<bool>(value);
  return on != nullptr && *on;
}

std::string ParamReader::text(std::string_view name) const {
  const Value* value = find(name);
  const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(value);
  return text == nullptr ? std::string() : *text;
}

std::vector<std::string> ParamReader::texts(std::string_view name) const {
  const Value* value = find(name);
  return value == nullptr ? std::vector<std::string>() : texts_of(*value).value_or(std::vector<std::string>());
}

std::vector<double> ParamReader::reals(std::string_view name) const {
  const Value* value = find(name);
  return value == nullptr ? std::vector<double>() : reals_of(*value).value_or(std::vector<double>());
}

std::string ParamReader::number(std::string_view name) const { return python_number(real(name)); }

}  // namespace feedline::inline exporting
