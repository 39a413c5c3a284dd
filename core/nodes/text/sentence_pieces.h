// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// The sentencepiece library (Kudo and Richardson, 2018) behind plain values. It is in a module (pieces_module.h), which
// the first use loads, from any thread.

namespace feedline::inline nodes {

/// Error: the module or the library is missing, with the code Failed, as of all functions below.
[[nodiscard]] Status can_cut_sentence_pieces();
/// Is that known, so that asking loads nothing?
[[nodiscard]] bool sentence_pieces_tried();

/// A model that cuts texts. From any thread.
class SentencePieces {
 public:
  /// Error: the bytes are no model.
  [[nodiscard]] static Result<std::shared_ptr<const SentencePieces>> of(std::string_view bytes);
  ~SentencePieces();
  SentencePieces(const SentencePieces&) = delete;
  SentencePieces& operator=(const SentencePieces&) = delete;

  /// How many ids there are, that of filling up included.
  [[nodiscard]] std::int64_t ids() const;
  /// The ids of a text; 0 is none of them. A model that fills up by another id than 0 has all its ids one higher here.
  [[nodiscard]] Status cut(std::string_view text, std::vector<int>& ids) const;
  /// The pieces in the order of the model's own ids.
  [[nodiscard]] std::vector<std::string> pieces() const;

 private:
  struct Impl;
  explicit SentencePieces(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// What is learnt.
struct SentencePieceRecipe {
  std::string algorithm = "unigram";  ///< or bpe
  std::int64_t size = 8000;           ///< ids, the two that are no pieces included; fewer where the texts have no more
};

/// Learns a model from texts; the same texts in the same order give the same bytes. In its model, id 0 fills up and 1
/// is what is not known. Error: what the library says, such as a size that is too small for the characters that occur.
[[nodiscard]] Result<std::string> learn_sentence_pieces(const std::vector<std::string>& texts,
                                                        const SentencePieceRecipe& recipe);

}  // namespace feedline::inline nodes
