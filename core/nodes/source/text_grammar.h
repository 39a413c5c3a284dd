// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/random.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace feedline::inline nodes {

/// How many topics the grammar knows.
inline constexpr std::size_t kTopicCount = 8;
/// Increment where the same recipe gives other texts.
inline constexpr int kGrammarVersion = 1;

[[nodiscard]] std::string_view topic_name(std::size_t topic);

/// A text of one to `sentences` sentences on a topic. Words of the topic give way to those of any of the first `topics`
/// with the probability `difficulty` times 0.7. UTF-8 on one line, without tabs; the same numbers give the same text.
[[nodiscard]] std::string write_topic_text(std::size_t topic, std::size_t topics, std::uint32_t sentences,
                                           double difficulty, Rng& rng);

}  // namespace feedline::inline nodes
