// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/kind.h"

namespace feedline::inline schema {
namespace {

std::string encoded_words(std::span<const std::byte> value) {
  return "an encoded file of " + std::to_string(value.size()) + " bytes";
}

}  // namespace

constinit const KindTraits kEncodedKind{.name = "encoded",
                                        .title = "encoded file",
                                        .order = 20,
                                        .on_light = 0x8c7f00,
                                        .on_dark = 0xd9cf4a,
                                        .socket = SocketShape::Square,
                                        .on_wire = WireText::Title,
                                        .form = PreviewForm::Text,
                                        .words = &encoded_words,
                                        .heading = "Pictures"};

}  // namespace feedline::inline schema

FEEDLINE_KIND(kEncodedKind)
