// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"

#include <cstddef>
#include <optional>
#include <random>
#include <string>

namespace feedline::test {

/// What random edits are made of. The same seed draws the same.
class RandomDraws {
 public:
  explicit RandomDraws(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t count) { return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_); }
  /// The id of a node; "none" where there is none.
  std::string node(const Diagram& d) { return d.nodes().empty() ? "none" : d.nodes()[below(d.nodes().size())].id; }
  std::string word() { return std::string(1, static_cast<char>('a' + below(6))); }
  Position position() { return {static_cast<double>(below(1000)) / 8, static_cast<double>(below(1000))}; }
  /// An index into a list of that size, now and then one past its end; or none.
  std::optional<std::size_t> at(std::size_t size) {
    return below(2) == 0 ? std::nullopt : std::optional(below(size + 2));
  }

 private:
  std::mt19937 random_;
};

}  // namespace feedline::test
