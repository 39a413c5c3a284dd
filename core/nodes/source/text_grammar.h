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

/// Number of the author of a text on this topic, below `authors`: seven of ten texts come from one who mostly writes
/// about it, so that who knows the author knows a little of the topic.
[[nodiscard]] std::size_t author_of_text(std::size_t topic, std::size_t topics, std::size_t authors, Rng& rng);
/// "Ben C": as an author signs; different for each of the first kMostAuthors.
[[nodiscard]] std::string author_name(std::size_t author);
inline constexpr std::size_t kMostAuthors = 312;

}  // namespace feedline::inline nodes
