// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace feedline::inline nodes {

/// Bytes below 128 only?
[[nodiscard]] bool is_ascii(std::string_view text);

/// What becomes of the characters of a text.
struct TextForm {
  bool compose = false;        ///< Unicode NFC: one form of what can be written in several
  bool compatibility = false;  ///< NFKC: ligatures, full-width letters and the like become plain ones as well
  bool lower = false;          ///< full lower case, in no language's own way
  bool strip_accents = false;  ///< é becomes e: decomposed, and marks left out
  bool squeeze = false;        ///< white space becomes one blank, and none at the ends
};

/// Writes `text` in this form over `out`, whose memory is reused. UTF-8; bytes that are none become U+FFFD where the
/// text has to be taken apart. ASCII, which has one form, takes a fast way. False: ICU has refused.
[[nodiscard]] bool write_in_form(std::string_view text, const TextForm& form, std::string& out);

}  // namespace feedline::inline nodes
