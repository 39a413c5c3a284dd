// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"

#include <map>
#include <string>
#include <string_view>
#include <unordered_set>

namespace feedline::inline graph {

/// Of all nodes, notes and frames; they refer to the diagram.
[[nodiscard]] std::unordered_set<std::string_view> ids_of(const Diagram& diagram);

/// Gives one free id after the other, those of Diagram::free_id() if each were taken at once: for many new things
/// together, where asking the diagram each time would take quadratic time. What a renamed or grouped node was called
/// is not free: its key says so still (see graph/key.h), and a new node of that name would have the same.
class FreeIds {
 public:
  explicit FreeIds(const Diagram& diagram);
  /// `stem`, or `stem2`, `stem3`... : the first that is free; it is not free any more.
  [[nodiscard]] std::string take(std::string_view stem);

 private:
  std::unordered_set<std::string> taken_{};
  std::map<std::string, std::size_t, std::less<>> next_{};  ///< by stem: all smaller numbers are taken
};

}  // namespace feedline::inline graph
