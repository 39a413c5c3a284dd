// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/kind.h"

namespace feedline::inline schema {
namespace {

std::string text_words(std::span<const std::byte> value) {
  return {reinterpret_cast<const char*>(value.data()), value.size()};
}

}  // namespace

constinit const KindTraits kTextKind{.name = "text",
                                     .title = "text",
                                     .order = 40,
                                     .on_light = 0xc07f00,
                                     .on_dark = 0xf0b232,
                                     .socket = SocketShape::TriangleUp,
                                     .form = PreviewForm::Text,
                                     .words = &text_words,
                                     .heading = "Text",
                                     .size_remedy = "Put a vocabulary node in front, which makes token ids of texts"};

}  // namespace feedline::inline schema

FEEDLINE_KIND(kTextKind)
