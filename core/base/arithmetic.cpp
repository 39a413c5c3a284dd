// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/arithmetic.h"

#include "base/units.h"
#include "base/written_number.h"

#include <cmath>
#include <numbers>
#include <string>

namespace feedline::inline base {
namespace {

constexpr std::size_t kLongestFormula = 1000;
constexpr int kDeepest = 100;

using Number = Result<long double>;

struct Function {
  std::string_view name;
  long double (*call)(long double);
};

constexpr Function kFunctions[] = {
    {"sqrt", [](long double x) { return std::sqrt(x); }},   {"exp", [](long double x) { return std::exp(x); }},
    {"log", [](long double x) { return std::log(x); }},     {"log2", [](long double x) { return std::log2(x); }},
    {"log10", [](long double x) { return std::log10(x); }}, {"abs", [](long double x) { return std::abs(x); }},
    {"round", [](long double x) { return std::round(x); }}, {"floor", [](long double x) { return std::floor(x); }},
    {"ceil", [](long double x) { return std::ceil(x); }},
};

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Recursive descent; each rule takes what it understands from the front of what is left.
class Reader {
 public:
  Reader(std::string_view text, std::string_view unit) : rest_(text), unit_(unit) {}

  Number whole() {
    if (peek().empty()) return fail("nothing is written", "Give a number");
    Number value = sum();
    if (!value || peek().empty()) return value;
    return unexpected();
  }

 private:
  /// What is left, without the spaces before it.
  std::string_view peek() {
    for (bool found = true; found;) {
      found = false;
      for (const std::string_view space : {" ", "\t", "\n", "\r", "\u00a0", "\u202f"}) {
        if (rest_.substr(0, space.size()) != space) continue;
        rest_.remove_prefix(space.size());
        found = true;
      }
    }
    return rest_;
  }
  bool take(std::string_view sign) {
    if (peek().substr(0, sign.size()) != sign) return false;
    rest_.remove_prefix(sign.size());
    return true;
  }
  tl::unexpected<Error> unexpected() {
    if (peek().empty()) return fail("it breaks off", "Write the number that is missing at the end");
    return fail("'" + std::string(rest_) + "' is not understood",
                "Give a number or a calculation, such as 0.5, 1e-3, 8*4 or 1/1000");
  }
  static Number finite(long double value) {
    if (std::isfinite(value)) return value;
    return fail(std::isnan(value) ? "it has no value" : "it is larger than any number here");
  }

  Number sum() {
    Number left = product();
    while (left) {
      const bool plus = take("+");
      if (!plus && !take("-") && !take("−")) break;
      Number right = product();
      if (!right) return right;
      left = finite(plus ? *left + *right : *left - *right);
    }
    return left;
  }

  Number product() {
    Number left = sign();
    while (left) {
      const bool times = rest_.substr(0, 2) != "**" && (take("*") || take("×") || take("·"));
      if (!times && !take("/") && !take("÷")) break;
      Number right = sign();
      if (!right) return right;
      if (!times && *right == 0) return fail("it divides by zero");
      left = finite(times ? *left * *right : *left / *right);
    }
    return left;
  }

  Number sign() {
    bool minus = false;
    while (true) {
      if (take("-") || take("−")) {
        minus = !minus;
      } else if (!take("+")) {
        break;
      }
    }
    Number value = power();
    if (value && minus) return -*value;
    return value;
  }

  Number power() {
    Number base = atom();
    if (!base || (!take("**") && !take("^"))) return base;
    if (++depth_ > kDeepest) return fail("it is nested too deeply");
    const Number exponent = sign();
    --depth_;
    if (!exponent) return exponent;
    return finite(std::pow(*base, *exponent));
  }

  Number atom() {
    if (take("(")) return in_parentheses();
    if (!peek().empty() && letter(rest_[0])) return word();
    if (rest_.empty()) return unexpected();
    const Result<WrittenNumber> number = read_number(rest_);
    if (!number) {
      const char c = rest_[0];
      return (c >= '0' && c <= '9') || c == '.' || c == ',' ? Number(fail(number.error())) : Number(unexpected());
    }
    rest_.remove_prefix(number->length);
    return with_unit(number->value);
  }

  /// The opening one has been taken.
  Number in_parentheses() {
    if (++depth_ > kDeepest) return fail("it is nested too deeply");
    Number value = sum();
    --depth_;
    if (!value) return value;
    if (!take(")")) return peek().empty() ? Number(fail("a parenthesis is not closed")) : Number(unexpected());
    return with_unit(*value);
  }

  Number word() {
    std::size_t length = 0;
    while (length < rest_.size() && (letter(rest_[length]) || (rest_[length] >= '0' && rest_[length] <= '9'))) ++length;
    const std::string_view name = rest_.substr(0, length);
    if (name == "pi") {
      rest_.remove_prefix(length);
      return std::numbers::pi_v<long double>;
    }
    for (const Function& function : kFunctions) {
      if (function.name != name) continue;
      rest_.remove_prefix(length);
      if (!take("(")) return fail("'" + std::string(name) + "' needs its number in parentheses");
      const Number argument = in_parentheses();
      if (!argument) return argument;
      return finite(function.call(*argument));
    }
    return unexpected();
  }

  /// A word or "%" directly behind a number or a parenthesis.
  Number with_unit(long double value) {
    std::size_t length = 0;
    const std::string_view text = peek();
    if (text.substr(0, 1) == "%") length = 1;
    while (length < text.size() && text[0] != '%' && (letter(text[length]) || (text[length] & 0x80) != 0)) {
      if (text.substr(length, 2) == "×" || text.substr(length, 2) == "·" || text.substr(length, 2) == "÷" ||
          text.substr(length, 3) == "−")
        break;
      ++length;
    }
    if (length == 0) return value;
    const std::string_view word = text.substr(0, length);
    const auto factor = unit_factor(word, unit_);
    if (!factor) {
      const std::string known = unit_.empty() ? "This number has no unit" : "The unit here is " + std::string(unit_);
      return fail("'" + std::string(word) + "' is no unit of this number", known);
    }
    rest_.remove_prefix(length);
    return finite(value * *factor);
  }

  std::string_view rest_;
  std::string_view unit_;
  int depth_ = 0;
};

}  // namespace

Result<long double> evaluate(std::string_view text, std::string_view unit) {
  if (text.size() > kLongestFormula) return fail("it is longer than any calculation here");
  return Reader(text, unit).whole();
}

}  // namespace feedline::inline base
