// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/text/unicode_text.h"
#include "nodes/text/words.h"
#include "schema/node_builder.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Into what texts are cut: what vocabulary, hash_tokens and tf_idf share.

namespace feedline::inline nodes {

struct PieceParams {
  std::string tokens = "words";
  std::int64_t shortest = 2;
  std::int64_t longest = 4;
  bool lower = true;
};

/// Declares these parameters.
template <class T>
void piece_params(NodeBuilder<T>& builder) {
  std::move(builder)
      .choice(
          "tokens", &PieceParams::tokens, {"words", "characters", "char_ngrams"},
          "Into what texts are cut. words: of Unicode, in any language, without blanks and punctuation. characters: "
          "each by itself. char_ngrams: runs of characters within what stands between blanks, which know parts of "
          "words and bear misspellings.")
      .param("shortest", &PieceParams::shortest, range(1, 16).unit("characters"), "The shortest runs.")
      .only_if("tokens", {"char_ngrams"})
      .param("longest", &PieceParams::longest, range(1, 16).unit("characters"), "The longest runs.")
      .only_if("tokens", {"char_ngrams"})
      .param("lower", &PieceParams::lower, "Capital and small letters are one.");
}

/// Cuts texts. From any thread.
class TextPieces {
 public:
  explicit TextPieces(const PieceParams& params);
  /// Errors name the parameter: the shortest run is longer than the longest.
  [[nodiscard]] static Status check(const PieceParams& params);

  /// Calls found(piece) for each piece of the text, in order; pieces lie in this thread's memory and are no longer than
  /// kLongestPiece. A run of char_ngrams has a blank in front of and behind what stands between blanks, as
  /// scikit-learn's char_wb.
  template <class Found>
  void each(std::string_view text, Found found) const {
    const auto bounded = [&](std::string_view piece) {
      if (piece.size() <= kLongestPiece) found(piece);
    };
    const std::string_view formed = in_form(text);
    if (cut_ == Cut::Words)
      for_each_word(formed, bounded);
    else if (cut_ == Cut::Characters)
      each_character(formed, bounded);
    else
      each_ngram(formed, bounded);
  }

  /// Bytes. What is longer is no word of a language; it would let a damaged file fill the memory.
  static constexpr std::size_t kLongestPiece = 1024;

 private:
  enum class Cut : std::uint8_t { Words, Characters, CharNgrams };

  [[nodiscard]] std::string_view in_form(std::string_view text) const;
  /// Where each character begins, and the end.
  [[nodiscard]] static const std::vector<std::uint32_t>& character_places(std::string_view text);

  template <class Found>
  static void each_character(std::string_view text, Found found) {
    const auto& places = character_places(text);
    for (std::size_t i = 0; i + 1 < places.size(); ++i) found(text.substr(places[i], places[i + 1] - places[i]));
  }

  /// `text` has one blank at each end and between its parts.
  template <class Found>
  void each_ngram(std::string_view text, Found found) const {
    const auto& places = character_places(text);
    for (std::size_t begin = 0; begin + 2 < places.size();) {
      std::size_t end = begin + 1;  // the blank behind the part
      while (text[places[end]] != ' ') ++end;
      const std::size_t count = end + 1 - begin;
      for (std::size_t size = shortest_; size <= longest_; ++size) {
        const std::size_t run = size < count ? size : count;
        for (std::size_t at = begin; at + run <= end + 1; ++at)
          found(text.substr(places[at], places[at + run] - places[at]));
        if (size >= count) break;  // a short part once
      }
      begin = end;
    }
  }

  Cut cut_ = Cut::Words;
  bool lower_ = true;
  std::size_t shortest_ = 1;
  std::size_t longest_ = 1;
};

/// The ids of a text as a value of kind Tokens.
void put_token_ids(std::span<const std::int32_t> ids, Datum& out);

}  // namespace feedline::inline nodes
