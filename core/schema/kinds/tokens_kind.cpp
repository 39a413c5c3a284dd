// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/kind.h"

namespace feedline::inline schema {

constinit const KindTraits kTokensKind{.name = "tokens",
                                       .title = "tokens",
                                       .order = 50,
                                       .on_light = 0xd55e00,
                                       .on_dark = 0xff9354,
                                       .socket = SocketShape::Pentagon,
                                       .form = PreviewForm::Text,
                                       .heading = "Text",
                                       .field_doc = "Token ids, of one length or up to a known one."};

}  // namespace feedline::inline schema

FEEDLINE_KIND(kTokensKind)
