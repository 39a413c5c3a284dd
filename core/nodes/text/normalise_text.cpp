// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/text/piece_counts.h"
#include "nodes/text/unicode_text.h"
#include "schema/node_builder.h"

#include <cstring>

namespace feedline::inline nodes {
namespace {

struct NormaliseText {
  struct Params {
    std::string form = "nfc";
    bool lower = false;
    bool strip_accents = false;
    bool squeeze = true;
  };

  static NodeSpec spec() {
    return node<NormaliseText>("normalise_text", 1, "Normalise text", "Brings texts that mean the same to one form.")
        .help(
            "Unicode can write the same text in several ways: é is one character, or an e and an accent. NFC makes one "
            "of them; NFKC also makes plain letters of ligatures, full-width letters, superscripts and the like. Put "
            "it in front of what cuts texts into tokens, so that a word has one id. White space can be squeezed, "
            "capital letters made small and accents left out besides; where accents tell words apart, leave them.")
        .in("text", Kind::Text, "A text of any length, UTF-8.")
        .out("text", Kind::Text, "The same in one form; bytes that are no UTF-8 become U+FFFD.")
        .choice("form", &Params::form, {"nfc", "nfkc", "none"}, "Unicode's normal form.")
        .param("lower", &Params::lower, "Capital letters become small ones.")
        .param("strip_accents", &Params::strip_accents, "Letters lose their accents: é becomes e.")
        .param("squeeze", &Params::squeeze, "White space becomes one blank, and none at the ends.")
        .example({{"lower", true}}, {.mean = 91.5, .stddev = 28.518999});
  }

  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) {
    if (Status fits = check_text_input(in); !fits) return fail(std::move(fits.error()));
    return in;
  }

  static Status run(const Params& params, const Datum& in, Datum& out, OpContext&) {
    thread_local std::string formed;
    const TextForm form{.compose = params.form == "nfc",
                        .compatibility = params.form == "nfkc",
                        .lower = params.lower,
                        .strip_accents = params.strip_accents,
                        .squeeze = params.squeeze};
    if (!write_in_form({in.as<char>(), in.bytes()}, form, formed)) return fail_record("the text is too long");
    out.set_bytes(formed);
    return {};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(NormaliseText)
