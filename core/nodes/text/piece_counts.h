// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/text_index.h"
#include "nodes/text/text_pieces.h"
#include "schema/fitted.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace feedline::inline nodes {

/// How often the pieces of texts occur, and in how many texts. Counts of texts that follow are merged in; what comes
/// out depends on their order alone. Memory is bounded: where there are more than kMostPieces different ones, or of
/// more than kMostBytes together, the rarest are let go, and then more than those, as word2vec does it.
class PieceCounts {
 public:
  /// The most that are counted at a time.
  static constexpr std::size_t kMostPieces = std::size_t{1} << 21;
  static constexpr std::size_t kMostBytes = std::size_t{256} << 20;

  struct Count {
    std::uint64_t times = 0;
    std::uint64_t texts = 0;
  };
  /// A piece and what was counted of it.
  struct Counted {
    std::string piece{};
    Count count{};
  };

  void add(const TextPieces& pieces, std::string_view text);
  void merge(const PieceCounts& next);
  /// Forgets everything and keeps its memory.
  void clear();
  [[nodiscard]] std::uint64_t texts() const { return texts_; }
  /// The pieces that occur in at least `least_texts` texts and at least `least_times` times: the `most` most frequent,
  /// of equally frequent ones the first by bytes, most frequent first.
  [[nodiscard]] std::vector<Counted> most_frequent(std::size_t most, std::uint64_t least_times,
                                                   std::uint64_t least_texts) const;

 private:
  void take(std::string_view piece, const Count& count);
  void let_go();

  TextIndex index_{};
  std::vector<Count> counts_{};
  std::uint64_t texts_ = 0;
  std::uint64_t rare_ = 0;  ///< pieces that occurred so often were let go
};

/// A fitter that counts the pieces of the texts at input 0 and leaves the rest to `finish(counts)`.
template <class Finish>
class PieceFitter final : public Fitter {
 public:
  PieceFitter(std::shared_ptr<const TextPieces> pieces, Finish finish)
      : pieces_(std::move(pieces)), finish_(std::move(finish)) {}

  Status add(std::span<const Datum* const> in) override {
    counts_.add(*pieces_, {in[0]->as<char>(), in[0]->bytes()});
    return {};
  }
  Status merge(const Fitter& next) override {
    counts_.merge(static_cast<const PieceFitter&>(next).counts_);
    return {};
  }
  bool reset() override {
    counts_.clear();
    return true;
  }
  [[nodiscard]] Result<NamedTensors> finish() const override {
    if (counts_.texts() == 0)
      return fail("there is no good training record to learn from", "See the list of bad records");
    return finish_(counts_);
  }

 private:
  std::shared_ptr<const TextPieces> pieces_;
  Finish finish_;
  PieceCounts counts_{};
};

template <class Finish>
[[nodiscard]] std::unique_ptr<Fitter> piece_fitter(const PieceParams& params, Finish finish) {
  return std::make_unique<PieceFitter<Finish>>(std::make_shared<const TextPieces>(params), std::move(finish));
}

/// What a fitted node of texts finds is not what it has learnt.
[[nodiscard]] tl::unexpected<Error> fail_learnt_text();
/// A text at port `text`?
[[nodiscard]] Status check_text_input(const TensorDesc& in);

}  // namespace feedline::inline nodes
