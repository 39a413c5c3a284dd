// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/text/piece_counts.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace feedline::inline nodes {

void PieceCounts::take(std::string_view piece, const Count& count) {
  const std::uint32_t at = index_.add(piece);
  if (at == counts_.size()) counts_.emplace_back();
  counts_[at].times += count.times;
  counts_[at].texts += count.texts;
}

void PieceCounts::add(const TextPieces& pieces, std::string_view text) {
  if (texts_ > 0) {
    PieceCounts own;  // of this text alone, so that each of its pieces counts one text
    own.add(pieces, text);
    merge(own);
    return;
  }
  pieces.each(text, [&](std::string_view piece) { take(piece, {.times = 1}); });
  for (Count& count : counts_) count.texts = 1;
  texts_ = 1;
}

void PieceCounts::clear() {
  index_.clear();
  counts_.clear();
  texts_ = 0;
  rare_ = 0;
}

void PieceCounts::merge(const PieceCounts& next) {
  for (std::uint32_t i = 0; i < next.counts_.size(); ++i) take(next.index_.text_of(i), next.counts_[i]);
  texts_ += next.texts_;
  while (counts_.size() > kMostPieces || index_.bytes() > kMostBytes) let_go();
}

void PieceCounts::let_go() {
  ++rare_;
  PieceCounts kept;
  for (std::uint32_t i = 0; i < counts_.size(); ++i)
    if (counts_[i].times > rare_) kept.take(index_.text_of(i), counts_[i]);
  index_ = std::move(kept.index_);
  counts_ = std::move(kept.counts_);
}

std::vector<PieceCounts::Counted> PieceCounts::most_frequent(std::size_t most, std::uint64_t least_times,
                                                             std::uint64_t least_texts) const {
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < counts_.size(); ++i)
    if (counts_[i].times >= least_times && counts_[i].texts >= least_texts) order.push_back(i);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    if (counts_[a].times != counts_[b].times) return counts_[a].times > counts_[b].times;
    return index_.text_of(a) < index_.text_of(b);
  });
  if (order.size() > most) order.resize(most);
  std::vector<Counted> found;
  found.reserve(order.size());
  for (const std::uint32_t i : order) found.push_back({std::string(index_.text_of(i)), counts_[i]});
  return found;
}

tl::unexpected<Error> fail_learnt_text() {
  return fail("what it has learnt does not fit its texts", "Delete the folder 'fitted' of the cache folder");
}

Status check_text_input(const TensorDesc& in) {
  if (in.kind == Kind::Text) return {};
  return fail(Error{.reason = "it takes a text, but " + in.text() + " arrives",
                    .remedy = "Connect a text: that of a source, or of text_column behind a table",
                    .port = "text"});
}

}  // namespace feedline::inline nodes
