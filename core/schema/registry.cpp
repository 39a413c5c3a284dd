// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/registry.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace feedline::inline schema {

const Registry& Registry::instance() {
  static const Registry registry = [] {
    Registry r;
    register_all_nodes(r);
    return r;
  }();
  return registry;
}

void Registry::add(NodeSpec spec) {
  std::string type = spec.type;
  specs_.insert_or_assign(std::move(type), std::move(spec));
}

void Registry::add(NodeSpec (*describe)()) { add(describe()); }

const NodeSpec* Registry::find(std::string_view type) const {
  const auto found = specs_.find(type);
  return found == specs_.end() ? nullptr : &found->second;
}

std::vector<const NodeSpec*> Registry::all() const {
  std::vector<const NodeSpec*> specs;
  for (const auto& [type, spec] : specs_) specs.push_back(&spec);
  std::sort(specs.begin(), specs.end(), [](const NodeSpec* a, const NodeSpec* b) {
    if (a->category != b->category) return a->category < b->category;
    return std::pair(heading_of(*a), std::string_view(a->title)) <
           std::pair(heading_of(*b), std::string_view(b->title));
  });
  return specs;
}

std::string Registry::nearest(std::string_view type) const {
  std::vector<std::string> types;
  for (const auto& [name, spec] : specs_) types.push_back(name);
  return nearest_word(type, types);
}

std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = word.size() / 3 + 1;
  if (word.size() > 64) return best;
  for (const std::string& candidate : candidates) {
    std::vector<std::size_t> row(word.size() + 1);  // Levenshtein, one row
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < candidate.size(); ++i) {
      std::size_t diagonal = row[0]++;
      for (std::size_t j = 0; j < word.size(); ++j) {
        const std::size_t substituted = diagonal + (candidate[i] == word[j] ? 0 : 1);
        diagonal = row[j + 1];
        row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, substituted});
      }
    }
    if (row.back() <= best_distance) {
      best_distance = row.back();
      best = candidate;
    }
  }
  return best;
}

}  // namespace feedline::inline schema
