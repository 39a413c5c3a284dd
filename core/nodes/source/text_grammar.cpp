// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/text_grammar.h"

#include <array>

namespace feedline::inline nodes {
namespace {

constexpr std::size_t kNouns = 10;
constexpr std::size_t kVerbs = 6;

/// What is spoken of on a topic: things, and what they do to each other.
struct Topic {
  std::string_view name;
  std::array<std::string_view, kNouns> nouns;
  std::array<std::string_view, kVerbs> verbs;
};

constexpr std::array<Topic, kTopicCount> kTopics = {{
    {"cooking",
     {"soup", "onion", "oven", "recipe", "butter", "cr\u00E8me br\u00FBl\u00E9e", "saucepan", "dough", "garlic",
      "dessert"},
     {"simmers with", "tastes of", "is stirred into", "is served with", "burns beside", "melts over"}},
    {"finance",
     {"bank", "share price", "loan", "market", "budget", "investor", "tax", "bond", "currency", "dividend"},
     {"rises with", "falls behind", "pays for", "is traded against", "weighs on", "outperforms"}},
    {"gardening",
     {"rose", "hedge", "compost", "seedling", "lawn", "greenhouse", "weed", "pear tree", "soil", "watering can"},
     {"grows beside", "shades", "blooms before", "is planted near", "withers without", "is pruned like"}},
    {"music",
     {"violin", "choir", "melody", "concert", "drummer", "chord", "audience", "piano", "orchestra", "rhythm"},
     {"plays with", "echoes", "accompanies", "is tuned to", "drowns out", "rehearses with"}},
    {"space",
     {"rocket", "moon", "telescope", "orbit", "astronaut", "comet", "satellite", "galaxy", "crater", "launch pad"},
     {"circles", "drifts past", "observes", "lands near", "is launched towards", "transmits to"}},
    {"sport",
     {"goalkeeper", "match", "referee", "team", "penalty", "stadium", "coach", "league", "sprinter", "trophy"},
     {"beats", "scores against", "trains with", "loses to", "shoots past", "is transferred to"}},
    {"travel",
     {"hotel", "airport", "passport", "caf\u00E9", "suitcase", "ferry", "museum", "train", "beach", "map"},
     {"leads to", "departs from", "is booked with", "lies behind", "welcomes", "is delayed by"}},
    {"weather",
     {"storm", "cloud", "thunder", "drizzle", "heatwave", "fog", "blizzard", "forecast", "rainbow", "frost"},
     {"moves over", "follows", "gathers above", "clears before", "covers", "is blown towards"}},
}};

// Words that say nothing of the topic.
constexpr std::array<std::string_view, 12> kAdjectives = {"old",    "new",   "small", "famous", "strange", "ordinary",
                                                          "second", "local", "best",  "quiet",  "red",     "usual"};
constexpr std::array<std::string_view, 8> kOpenings = {"Yesterday",       "They say that",     "In the end",
                                                       "Once more",       "According to Anna", "This morning",
                                                       "It's known that", "After 3.5 hours"};
constexpr std::array<std::string_view, 4> kEnds = {".", ".", "!", "?"};

constexpr std::array<std::string_view, 12> kFirstNames = {"Ada", "Ben",  "Cleo", "Dora", "Emil", "Faye",
                                                          "Gus", "Hana", "Igor", "Jana", "Kurt", "Lena"};
constexpr std::size_t kLetters = 26;
static_assert(kMostAuthors == kFirstNames.size() * kLetters);

template <std::size_t N>
std::string_view one_of(const std::array<std::string_view, N>& words, Rng& rng) {
  return words[rng.below(static_cast<std::uint32_t>(N))];
}

}  // namespace

std::string_view topic_name(std::size_t topic) { return kTopics[topic].name; }

std::string write_topic_text(std::size_t topic, std::size_t topics, std::uint32_t sentences, double difficulty,
                             Rng& rng) {
  const auto spoken_of = [&]() -> const Topic& {
    if (!rng.chance(0.7 * difficulty)) return kTopics[topic];
    return kTopics[rng.below(static_cast<std::uint32_t>(topics))];
  };
  const auto thing = [&](std::string& text) {
    text += rng.chance(0.5) ? "the " : "a ";
    if (rng.chance(0.5)) (text += one_of(kAdjectives, rng)) += ' ';
    text += one_of(spoken_of().nouns, rng);
  };
  std::string text;
  const std::uint32_t count = 1 + rng.below(sentences);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (!text.empty()) text += ' ';
    text += one_of(kOpenings, rng);
    text += ' ';
    thing(text);
    text += ' ';
    text += one_of(spoken_of().verbs, rng);
    text += ' ';
    thing(text);
    if (rng.chance(0.3)) {
      text += ", and ";
      thing(text);
      text += " too";
    }
    text += one_of(kEnds, rng);
  }
  return text;
}

std::size_t author_of_text(std::size_t topic, std::size_t topics, std::size_t authors, Rng& rng) {
  const std::size_t own = authors / topics + (topic < authors % topics ? 1 : 0);  // topic, topic + topics, ...
  if (own > 0 && rng.chance(0.7)) return topic + topics * rng.below(static_cast<std::uint32_t>(own));
  return rng.below(static_cast<std::uint32_t>(authors));
}

std::string author_name(std::size_t author) {
  std::string name(kFirstNames[author % kFirstNames.size()]);
  name += ' ';
  name += static_cast<char>('A' + author / kFirstNames.size() % kLetters);
  return name;
}

}  // namespace feedline::inline nodes
