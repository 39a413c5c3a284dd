// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/param_spec.h"

#include "base/advice.h"
#include "base/arithmetic.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace feedline {
namespace {

/// Limits of counts in full ("1000000"), others as short as they go ("1e-12").
std::string number(double value) {
  const bool whole = std::abs(value) < 0x1p53 && value == std::floor(value);
  return to_text(whole ? Value(static_cast<std::int64_t>(value)) : Value(value));
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

}  // namespace

std::string_view name(ParamKind kind) {
  constexpr std::array<std::string_view, 8> names = {"integer", "real", "boolean", "choice",
                                                     "text",    "file", "folder",  "seed"};
  return names[static_cast<std::size_t>(kind)];
}

std::string ParamSpec::constraint() const {
  std::string text(feedline::name(kind));
  if (kind == ParamKind::Choice) text = "one of " + join(choices);
  const bool low = std::isfinite(hard_min);
  const bool high = std::isfinite(hard_max);
  if (low && high) text += ", " + number(hard_min) + " to " + number(hard_max);
  if (low && !high) text += ", at least " + number(hard_min);
  if (!low && high) text += ", at most " + number(hard_max);
  if (!unit.empty()) text += " " + unit;
  return text;
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

}  // namespace feedline
