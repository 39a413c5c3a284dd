// SPDX-License-Identifier: GPL-3.0-or-later
#include "state/learnt_text.h"

#include "base/numbers.h"
#include "base/plain_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <type_traits>
#include <utility>

namespace feedline::inline state {
namespace {

std::string shape_text(const TensorValue& value) {
  std::string text(name(value.type));
  for (std::size_t i = 0; i < value.shape.size(); ++i) text += (i == 0 ? " " : "×") + std::to_string(value.shape[i]);
  return text;
}

/// The first numbers, as few digits as tell them apart to six places; none: of a type that no number here has.
template <class T>
bool add_numbers(const TensorValue& value, std::size_t most, LearntLine& line) {
  if (value.type != *kElementType<T>) return false;
  const std::size_t count = value.data.size() / sizeof(T);
  line.more = count > most;
  for (std::size_t i = 0; i < std::min(count, most); ++i) {
    T number{};
    std::memcpy(&number, value.data.data() + i * sizeof(T), sizeof(T));
    if constexpr (std::is_floating_point_v<T>)
      line.values.push_back(fmt::format("{:.6g}", number));
    else
      line.values.push_back(fmt::format("{}", number));
  }
  return true;
}

}  // namespace

std::vector<LearntLine> learnt_lines(const NamedTensors& state, std::size_t most) {
  std::vector<LearntLine> lines;
  for (const auto& [tensor, value] : state) {
    const auto named = texts_name(tensor);
    std::vector<std::string> first;  // of millions perhaps
    const auto add = [&](std::string_view text) {
      if (first.size() < most) first.push_back(plain_line(text));
    };
    LearntLine& line = lines.emplace_back();
    if (const auto texts = named ? each_text(state, *named, add) : std::nullopt) {
      line.name = plain_line(*named);
      line.shape = numbers::plural(*texts, "text");
      line.more = *texts > most;
      line.values = std::move(first);
      continue;
    }
    line.name = plain_line(tensor);
    line.shape = shape_text(value);
    (void)(add_numbers<double>(value, most, line) || add_numbers<float>(value, most, line) ||
           add_numbers<std::int64_t>(value, most, line) || add_numbers<std::uint8_t>(value, most, line));
  }
  return lines;
}

std::string values_text(const LearntLine& line) {
  std::string text;
  for (const std::string& value : line.values) text += (text.empty() ? "" : ", ") + value;
  if (line.more) text += text.empty() ? "…" : ", …";
  return text;
}

}  // namespace feedline::inline state
