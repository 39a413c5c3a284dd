// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/find.h"

#include "base/arithmetic.h"
#include "base/lower_case.h"
#include "graph/path.h"
#include "schema/param_spec.h"

#include <algorithm>
#include <optional>

namespace feedline::inline graph {
namespace {

std::string spaced_out(std::string text) {
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

/// One word of the query: a text, a number, or a question about one parameter.
struct Term {
  std::string text{};              ///< what is looked for, or compared with
  std::string param{};             ///< of a question
  std::string sign{};              ///< = < > <= >=
  std::optional<double> number{};  ///< what the text is worth
};

std::optional<double> number_of(const std::string& text) {
  if (text.empty() || text.find_first_of("0123456789") == std::string::npos) return std::nullopt;
  const auto value = evaluate(text);
  return value ? std::optional(static_cast<double>(*value)) : std::nullopt;
}

bool is_sign(char c) { return c == '=' || c == '<' || c == '>'; }

std::vector<Term> terms_of(std::string_view query) {
  // "filters > 8" is one term: no spaces about the sign.
  std::string text;
  for (const char c : lower_case(query)) {
    const bool space = c == ' ' || c == '\t';
    if (space && (text.empty() || text.back() == ' ' || is_sign(text.back()))) continue;
    if (is_sign(c) && !text.empty() && text.back() == ' ') text.pop_back();
    text += space ? ' ' : c;
  }
  std::vector<Term> terms;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    at = end + 1;
    if (word.empty()) continue;
    Term term{.text = word};
    const std::size_t sign = word.find_first_of("=<>");
    if (sign != std::string::npos && sign > 0) {
      const std::size_t behind = word.find_first_not_of("=<>", sign);
      term.param = word.substr(0, sign);
      term.sign = word.substr(sign, behind == std::string::npos ? std::string::npos : behind - sign);
      term.text = behind == std::string::npos ? std::string() : word.substr(behind);
    }
    term.number = number_of(term.text);
    terms.push_back(std::move(term));
  }
  return terms;
}

bool value_fits(const Term& term, const Value& value) {
  const auto number = real_of(value);
  if (number && term.number) {
    if (term.sign == "<") return *number < *term.number;
    if (term.sign == ">") return *number > *term.number;
    if (term.sign == "<=") return *number <= *term.number;
    if (term.sign == ">=") return *number >= *term.number;
    return *number == *term.number;
  }
  if (number || term.sign.find_first_of("<>") != std::string::npos) return false;
  return lower_case(to_text(value)).find(term.text) != std::string::npos;
}

class TextSearch {
 public:
  TextSearch(std::vector<Term> terms, const Registry& registry) : terms_(std::move(terms)), registry_(registry) {}

  void look_into(const Diagram& diagram, const std::string& scope) {
    for (const Node& node : diagram.nodes()) {
      take(join_path(scope, node.id), [&](const Term& term) { return fits(node, term); });
      if (node.inner) look_into(*node.inner, join_path(scope, node.id));
    }
    for (const Comment& note : diagram.comments())
      take(join_path(scope, note.id), [&](const Term& term) { return words_fit(note.text, term); });
    for (const Frame& frame : diagram.frames())
      take(join_path(scope, frame.id), [&](const Term& term) { return words_fit(frame.title, term); });
  }
  [[nodiscard]] std::vector<Found> found() && { return std::move(found_); }

 private:
  /// Nothing: it does not fit. Empty: its name says why.
  using Why = std::optional<std::string>;

  template <class Fits>
  void take(std::string path, const Fits& each) {
    std::string why;
    for (const Term& term : terms_) {
      const Why one = each(term);
      if (!one) return;
      if (!one->empty()) why += (why.empty() ? "" : ", ") + *one;
    }
    found_.push_back({std::move(path), std::move(why)});
  }

  static Why words_fit(const std::string& words, const Term& term) {
    if (!term.sign.empty() || lower_case(words).find(term.text) == std::string::npos) return std::nullopt;
    return words.substr(0, words.find('\n'));
  }

  Why fits(const Node& node, const Term& term) const {
    const NodeSpec* spec = registry_.find(node.type);
    if (term.sign.empty()) {
      if (lower_case(node.id).find(term.text) != std::string::npos) return std::string();
      const std::string title = spec == nullptr ? std::string() : spec->title;
      if (lower_case(node.type).find(term.text) != std::string::npos ||
          lower_case(title).find(term.text) != std::string::npos)
        return title.empty() ? "type " + node.type : title;
      if (const Why comment = words_fit(node.comment, term)) return comment;
    }
    ParamMap values = node.params;
    if (spec != nullptr)
      for (const ParamSpec& param : spec->params) values.try_emplace(param.name, param.default_value);
    for (const auto& [name, value] : values) {
      const std::string low = lower_case(name);
      const bool named = low.find(term.sign.empty() ? term.text : term.param) != std::string::npos;
      if (term.sign.empty() ? named || value_fits(term, value) : named && value_fits(term, value))
        return spaced_out(name) + " = " + to_text(value);
    }
    return std::nullopt;
  }

  std::vector<Term> terms_;
  const Registry& registry_;
  std::vector<Found> found_{};
};

}  // namespace

std::vector<Found> find_in(const Document& document, std::string_view query, const Registry& registry) {
  std::vector<Term> terms = terms_of(query);
  if (terms.empty()) return {};
  TextSearch search(std::move(terms), registry);
  search.look_into(document, {});
  return std::move(search).found();
}

}  // namespace feedline::inline graph
