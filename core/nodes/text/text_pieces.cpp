// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/text/text_pieces.h"

#include <fmt/format.h>

#include <cstring>
#include <unicode/utf8.h>

namespace feedline::inline nodes {

TextPieces::TextPieces(const PieceParams& params)
    : cut_(params.tokens == "characters"    ? Cut::Characters
           : params.tokens == "char_ngrams" ? Cut::CharNgrams
                                            : Cut::Words),
      lower_(params.lower),
      shortest_(static_cast<std::size_t>(params.shortest)),
      longest_(static_cast<std::size_t>(params.longest)) {}

Status TextPieces::check(const PieceParams& params) {
  if (params.tokens != "char_ngrams" || params.shortest <= params.longest) return {};
  return fail(Error{.reason = fmt::format("the shortest runs, of {}, are longer than the longest, of {}",
                                          params.shortest, params.longest),
                    .remedy = fmt::format("Set it to at most {}", params.longest),
                    .parameter = "shortest"});
}

std::string_view TextPieces::in_form(std::string_view text) const {
  thread_local std::string formed;
  const bool ngrams = cut_ == Cut::CharNgrams;
  if (!lower_ && !ngrams) return text;
  if (!write_in_form(text, {.lower = lower_, .squeeze = ngrams}, formed)) return {};
  if (ngrams && !formed.empty()) {
    formed.insert(formed.begin(), ' ');
    formed += ' ';
  }
  return formed;
}

const std::vector<std::uint32_t>& TextPieces::character_places(std::string_view text) {
  thread_local std::vector<std::uint32_t> places;
  places.clear();
  for (std::size_t at = 0; at < text.size(); ++at)
    if (!U8_IS_TRAIL(text[at]) || at == 0) places.push_back(static_cast<std::uint32_t>(at));
  places.push_back(static_cast<std::uint32_t>(text.size()));
  return places;
}

void put_token_ids(std::span<const std::int32_t> ids, Datum& out) {
  std::byte* to = out.allocate(DType::I32, {static_cast<std::int64_t>(ids.size())});
  if (!ids.empty()) std::memcpy(to, ids.data(), ids.size_bytes());
}

}  // namespace feedline::inline nodes
