// SPDX-License-Identifier: GPL-3.0-or-later
#include "runs/run_writer.h"

#include <algorithm>
#include <iterator>

namespace feedline::inline runs {
namespace {

/// Kinds of errors that are kept; a run that has more of them has one fault that shows in many ways.
constexpr std::size_t kMostErrors = 1000;
/// Numbers that may wait for a disk that does not answer (8 MiB).
constexpr std::size_t kMostWaiting = std::size_t{1} << 20U;

template <class T>
void append(std::vector<T>& to, std::vector<T>&& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

template <class T>
void replace(std::optional<T>& old, std::optional<T>&& newer) {
  if (newer) old = std::move(newer);
}

template <class T>
void replace(std::vector<T>& old, std::vector<T>&& newer) {
  if (!newer.empty()) old = std::move(newer);
}

}  // namespace

void RunNews::merge(RunNews&& newer) {
  replace(status, std::move(newer.status));
  replace(device, std::move(newer.device));
  replace(environment, std::move(newer.environment));
  replace(figures, std::move(newer.figures));
  replace(results, std::move(newer.results));
  replace(verdict, std::move(newer.verdict));
  if (!newer.failure.empty()) failure = std::move(newer.failure);
  ended_at = std::max(ended_at, newer.ended_at);
  append(epochs, std::move(newer.epochs));
  append(errors, std::move(newer.errors));
  if (errors.size() > kMostErrors) errors.resize(kMostErrors);
  replace(all_errors, std::move(newer.all_errors));
  replace(stages, std::move(newer.stages));
  replace(columns, std::move(newer.columns));
  if (samples.size() + newer.samples.size() <= kMostWaiting) append(samples, std::move(newer.samples));
  replace(loss, std::move(newer.loss));
}

}  // namespace feedline::inline runs
