// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <system_error>
#include <thread>
#include <vector>

namespace feedline::inline nodes {

/// Calls work(piece) once for each piece below `pieces`, on this thread and threads - 1 more that live as long: for
/// work of milliseconds, beside which a thread's start is nothing. Pieces must not depend on each other, and none may
/// throw; where no thread can be had, fewer do it.
template <class Work>
void share_work(std::size_t threads, std::size_t pieces, const Work& work) {
  std::atomic<std::size_t> next{0};
  const auto take = [&] {
    for (std::size_t piece = next.fetch_add(1); piece < pieces; piece = next.fetch_add(1)) work(piece);
  };
  std::vector<std::jthread> helpers;  // joined at the end
  try {
    for (std::size_t i = 1; i < std::min(threads, pieces); ++i) helpers.emplace_back(take);
  } catch (const std::system_error&) {
  }
  take();
}

}  // namespace feedline::inline nodes
