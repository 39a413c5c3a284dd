// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/number_list.h"

#include <charconv>
#include <cmath>

namespace feedline::inline nodes {

Result<std::vector<double>> parse_numbers(std::string_view text, std::string parameter) {
  constexpr std::string_view kSeparators = ",; \t";
  std::vector<double> numbers;
  for (std::size_t at = text.find_first_not_of(kSeparators); at != std::string_view::npos;
       at = text.find_first_not_of(kSeparators, at)) {
    const std::string_view word = text.substr(at, text.find_first_of(kSeparators, at) - at);
    double number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc{} || end != word.data() + word.size() || !std::isfinite(number))
      return fail(Error{.reason = "'" + std::string(word) + "' is no number",
                        .remedy = "Give numbers with commas between, such as 0.485, 0.456, 0.406",
                        .parameter = std::move(parameter)});
    numbers.push_back(number);
    at += word.size();
  }
  return numbers;
}

}  // namespace feedline::inline nodes
