// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/kind.h"

namespace feedline::inline schema {

constinit const KindTraits kImageKind{.name = "image",
                                      .title = "image",
                                      .order = 30,
                                      .on_light = 0x2a8fcb,
                                      .on_dark = 0x56b4e9,
                                      .socket = SocketShape::Circle,
                                      .heading = "Pictures",
                                      .field_doc = "Pictures of one size.",
                                      .size_remedy = "Put a resize or random_resized_crop node in front"};

}  // namespace feedline::inline schema

FEEDLINE_KIND(kImageKind)
