// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/param_spec.h"

#include "base/advice.h"
#include "base/arithmetic.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>

namespace feedline::inline schema {
namespace {

/// Limits of counts in full ("1000000"), others as short as they go ("1e-12").
std::string number(double value) {
  const bool whole = std::abs(value) < 0x1p53 && value == std::floor(value);
  return whole ? to_text(Value(static_cast<std::int64_t>(value))) : to_text(Value(value));
}

std::string join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

/// A result so near to a whole number that rounding explains the rest is that number: 0.1*30 is 3.
Result<Value> whole_of(long double number) {
  const long double whole = std::round(number);
  if (std::abs(whole) > 0x1p62L) return fail("it is too large");
  if (std::abs(number - whole) > 1e-12L * std::max(1.0L, std::abs(whole)))
    return fail(to_text(Value(static_cast<double>(number))) + " is no whole number");
  return Value(static_cast<std::int64_t>(whole));
}

/// A plain whole number to the last digit, however long; anything else is calculated.
Result<Value> read_whole(std::string_view text, std::string_view unit) {
  std::int64_t value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && end == text.data() + text.size()) return Value(value);
  return evaluate(text, unit).and_then(whole_of);
}

Result<Value> read_real(std::string_view text, std::string_view unit) {
  return evaluate(text, unit).and_then([](long double number) -> Result<Value> {
    const auto value = static_cast<double>(number);
    if (!std::isfinite(value)) return fail("it is too large");
    return Value(value);
  });
}

std::string item_noun(const ListRules& rules, bool many) {
  constexpr std::array<std::string_view, 4> kNouns = {"text", "pattern", "whole number", "number"};
  const std::string noun =
      rules.item_text.empty() ? std::string(kNouns[static_cast<std::size_t>(rules.items)]) : rules.item_text;
  return many ? noun + "s" : noun;
}

std::string list_constraint(const ListRules& rules) {
  std::string text = "list of ";
  if (rules.least == rules.most)
    text += std::to_string(rules.most) + " ";
  else
    text += (rules.least > 0 ? std::to_string(rules.least) + " to " : "up to ") + std::to_string(rules.most) + " ";
  text += item_noun(rules, rules.most != 1);
  if (rules.unique) text += ", none twice";
  if (!rules.form.empty()) text += ", each " + rules.form;
  return text;
}

/// Is every [ of a pattern closed, with something between?
bool closed_brackets(std::string_view pattern) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '[') continue;
    std::size_t first = i + 1;
    if (first < pattern.size() && (pattern[first] == '!' || pattern[first] == '^')) ++first;
    const std::size_t end = pattern.find(']', first + 1);
    if (end == std::string_view::npos) return false;
    i = end;
  }
  return true;
}

std::string text_fault(const ListItem& item, const ParamSpec& spec) {
  const auto* text = std::get_if<std::string>(&item);
  if (text == nullptr) return "is no text";
  if (text->empty()) return "is empty";
  if (text->size() > spec.list.longest) return "has more than " + std::to_string(spec.list.longest) + " bytes";
  if (spec.list.items == ItemKind::Pattern && !closed_brackets(*text)) return "has a [ that nothing closes";
  if (!spec.list.check_item) return {};
  const Status fine = spec.list.check_item(*text);
  return fine ? std::string() : fine.error().reason;
}

std::string number_fault(const ListItem& item, const ParamSpec& spec) {
  double held = 0;
  if (const auto* whole = std::get_if<std::int64_t>(&item))
    held = static_cast<double>(*whole);
  else if (const auto* real = std::get_if<double>(&item); real != nullptr && spec.list.items == ItemKind::Real)
    held = *real;
  else
    return "is no " + item_noun({.items = spec.list.items}, false);
  return held >= spec.hard_min && held <= spec.hard_max ? std::string() : "is out of range";
}

/// What tells an item from the others.
std::string key_of(const ListItem& item, char end) {
  const auto* held = std::get_if<std::string>(&item);
  return held == nullptr ? to_text(item) : held->substr(0, end == '\0' ? std::string::npos : held->find(end));
}

/// What is wrong with a list; empty: nothing.
std::string list_fault(const ValueList& items, const ParamSpec& spec) {
  const ListRules& rules = spec.list;
  if (items.size() < rules.least || items.size() > rules.most)
    return "it has " + std::to_string(items.size()) + " " + item_noun(rules, items.size() != 1);
  const bool texts = rules.items == ItemKind::Text || rules.items == ItemKind::Pattern;
  std::set<std::string> keys;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string fault = texts ? text_fault(items[i], spec) : number_fault(items[i], spec);
    if (!fault.empty()) return "item " + std::to_string(i + 1) + ", '" + to_text(items[i]) + "', " + fault;
    if (rules.unique && !keys.insert(key_of(items[i], rules.key_end)).second)
      return "'" + key_of(items[i], rules.key_end) + "' stands there twice";
  }
  return {};
}

/// The texts between commas, without the blanks around them; in quotes (doubled within) a comma is a part of its item.
Result<std::vector<std::string>> split_items(std::string_view text) {
  std::vector<std::string> items;
  if (text.find_first_not_of(' ') == std::string_view::npos) return items;
  for (std::size_t i = 0; i <= text.size();) {
    while (i < text.size() && text[i] == ' ') ++i;
    std::string item;
    if (i < text.size() && text[i] == '"') {
      for (++i;; ++i) {
        if (i >= text.size()) return fail("a quote is not closed");
        if (text[i] == '"' && (i + 1 >= text.size() || text[i + 1] != '"')) break;
        if (text[i] == '"') ++i;
        item += text[i];
      }
      for (++i; i < text.size() && text[i] == ' ';) ++i;
      if (i < text.size() && text[i] != ',') return fail("a comma is missing behind a quote");
    } else {
      const std::size_t end = std::min(text.find(',', i), text.size());
      item = text.substr(i, end - i);
      while (!item.empty() && item.back() == ' ') item.pop_back();
      i = end;
    }
    items.push_back(std::move(item));
    ++i;
  }
  return items;
}

Result<Value> read_list(std::string_view text, const ParamSpec& spec) {
  auto items = split_items(text);
  if (!items) return fail(std::move(items.error()));
  ValueList list;
  for (std::string& item : *items) {
    if (spec.list.items == ItemKind::Text || spec.list.items == ItemKind::Pattern) {
      list.emplace_back(std::move(item));
      continue;
    }
    const bool whole = spec.list.items == ItemKind::Integer;
    auto read = whole ? read_whole(item, spec.unit) : read_real(item, spec.unit);
    if (!read) return fail("'" + item + "': " + read.error().reason);
    if (whole)
      list.emplace_back(std::get<std::int64_t>(*read));
    else
      list.emplace_back(std::get<double>(*read));
  }
  return Value(std::move(list));
}

}  // namespace

std::optional<std::vector<std::string>> texts_of(const Value& value) {
  const auto* list = std::get_if<ValueList>(&value);
  if (list == nullptr) return std::nullopt;
  std::vector<std::string> texts;
  for (const ListItem& item : *list) {
    const auto* text = std::get_if<std::string>(&item);
    if (text == nullptr) return std::nullopt;
    texts.push_back(*text);
  }
  return texts;
}

std::optional<std::vector<std::int64_t>> integers_of(const Value& value) {
  const auto* list = std::get_if<ValueList>(&value);
  if (list == nullptr) return std::nullopt;
  std::vector<std::int64_t> numbers;
  for (const ListItem& item : *list) {
    const auto* whole = std::get_if<std::int64_t>(&item);
    if (whole == nullptr) return std::nullopt;
    numbers.push_back(*whole);
  }
  return numbers;
}

std::optional<double> real_of(const Value& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  if (const auto* real = std::get_if<double>(&value)) return *real;
  return std::nullopt;
}

std::optional<std::vector<double>> reals_of(const Value& value) {
  const auto* list = std::get_if<ValueList>(&value);
  if (list == nullptr) return std::nullopt;
  std::vector<double> numbers;
  for (const ListItem& item : *list) {
    if (std::holds_alternative<std::string>(item)) return std::nullopt;
    const auto* whole = std::get_if<std::int64_t>(&item);
    numbers.push_back(whole != nullptr ? static_cast<double>(*whole) : std::get<double>(item));
  }
  return numbers;
}

std::string_view name(ParamKind kind) {
  constexpr std::array<std::string_view, 9> names = {"integer", "real",   "boolean", "choice", "text",
                                                     "file",    "folder", "seed",    "list"};
  return names[static_cast<std::size_t>(kind)];
}

std::string ParamSpec::constraint() const {
  std::string text(feedline::name(kind));
  if (kind == ParamKind::Choice) text = "one of " + join(choices);
  if (kind == ParamKind::List) text = list_constraint(list);
  const bool low = std::isfinite(hard_min);
  const bool high = std::isfinite(hard_max);
  if (kind == ParamKind::List && (low || high)) text += ", each";
  if (low && high) text += ", " + number(hard_min) + " to " + number(hard_max);
  if (low && !high) text += ", at least " + number(hard_min);
  if (!low && high) text += ", at most " + number(hard_max);
  if (!unit.empty()) text += " " + unit;
  return text;
}

void ParamSpec::limit(const Range& limits) {
  hard_min = limits.hard_min;
  hard_max = limits.hard_max;
  ui_min = limits.ui_min.value_or(limits.hard_min);
  ui_max = limits.ui_max.value_or(limits.hard_max);
  unit = limits.unit_text;
}

Status ParamSpec::check(const Value& value) const {
  const auto wrong = [&](std::string reason) {
    Error error{.reason = std::move(reason), .remedy = "Give " + constraint(), .parameter = name};
    return fail(std::move(error));
  };
  const auto out_of_range = [&](double v) { return !(v >= hard_min && v <= hard_max); };

  switch (kind) {
    case ParamKind::Integer:
    case ParamKind::Seed:
      if (const auto* i = std::get_if<std::int64_t>(&value)) {
        if (out_of_range(static_cast<double>(*i))) return wrong(to_text(value) + " is out of range");
        return {};
      }
      break;
    case ParamKind::Real: {
      double v = 0;
      if (const auto* d = std::get_if<double>(&value))
        v = *d;
      else if (const auto* i = std::get_if<std::int64_t>(&value))
        v = static_cast<double>(*i);
      else
        break;
      if (out_of_range(v)) return wrong(to_text(value) + " is out of range");
      return {};
    }
    case ParamKind::Boolean:
      if (std::holds_alternative<bool>(value)) return {};
      break;
    case ParamKind::Choice:
      if (const auto* s = std::get_if<std::string>(&value)) {
        if (std::find(choices.begin(), choices.end(), *s) == choices.end())
          return wrong("'" + *s + "' is not one of the choices");
        return {};
      }
      break;
    case ParamKind::Text:
    case ParamKind::File:
    case ParamKind::Folder:
      if (const auto* s = std::get_if<std::string>(&value)) {
        if (!required || !s->empty()) return {};
        Error error{.reason = "no " + std::string(feedline::name(kind)) + " is set",
                    .remedy = advice("Choose one in the inspector", "Give one with --set NODE." + name + "=PATH"),
                    .parameter = name};
        return fail(std::move(error));
      }
      break;
    case ParamKind::List:
      if (const auto* items = std::get_if<ValueList>(&value)) {
        if (std::string reason = list_fault(*items, *this); !reason.empty()) return wrong(std::move(reason));
        return {};
      }
      break;
  }
  return wrong("'" + to_text(value) + "' has the wrong type");
}

Result<Value> ParamSpec::parse(std::string_view text) const {
  Result<Value> value = Value(std::string(text));
  switch (kind) {
    case ParamKind::Integer:
    case ParamKind::Seed:
      value = read_whole(text, unit);
      break;
    case ParamKind::Real:
      value = read_real(text, unit);
      break;
    case ParamKind::Boolean:
      if (text == "true" || text == "1" || text == "on" || text == "yes")
        value = true;
      else if (text == "false" || text == "0" || text == "off" || text == "no")
        value = false;
      else
        value = fail(std::string());
      break;
    case ParamKind::List:
      value = read_list(text, *this);
      break;
    default:
      break;
  }
  if (!value) {
    const std::string why = value.error().reason.empty() ? "" : ": " + value.error().reason;
    Error error{.reason = "'" + std::string(text) + "' is no " + std::string(feedline::name(kind)) + why,
                .remedy = value.error().remedy.empty() ? "Give " + constraint() : value.error().remedy,
                .parameter = name};
    return fail(std::move(error));
  }
  if (auto checked = check(*value); !checked) return fail(std::move(checked.error()));
  return value;
}

}  // namespace feedline::inline schema
