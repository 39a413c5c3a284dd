// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "graph/document.h"

#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline tuning {

/// A parameter and the values that a study tries for it: "batch.size=32,64,128".
struct Variation {
  std::string param{};                ///< "batch.size", "block/conv.filters"
  std::vector<std::string> values{};  ///< as --set takes them
};
/// Values are separated by commas, or by "|" where one has commas in it. Error: not of this form; a value twice.
[[nodiscard]] Result<Variation> parse_variation(std::string_view text);

/// One graph of a study.
struct StudySetting {
  std::string name{};  ///< "batch.size=64, adam.learning_rate=0.01"; the name of a graph; "fix:workers"
  Document document{};
};

/// More graphs than this are a mistake.
inline constexpr std::size_t kMostSettings = 256;

/// Every combination of the values, the last variation changing fastest; without variations the graph as it is. All are
/// sound graphs. Errors name node, parameter and remedy: unknown, not allowed, no sound graph, too many.
[[nodiscard]] Result<std::vector<StudySetting>> study_grid(const Document& document,
                                                           const std::vector<Variation>& variations);
/// Error: the first problem of the graph, with the setting's name.
[[nodiscard]] Status check_setting(const StudySetting& setting);

/// Of the trainer: `epochs` or `seed`, its default where the graph does not say; 0 without a trainer.
[[nodiscard]] std::int64_t trainer_number(const Document& document, std::string_view param);

}  // namespace feedline::inline tuning
