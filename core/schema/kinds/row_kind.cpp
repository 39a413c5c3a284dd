// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/kind.h"

namespace feedline::inline schema {

constinit const KindTraits kRowKind{.name = "row",
                                    .title = "table row",
                                    .order = 55,
                                    .on_light = 0x2f6f9f,
                                    .on_dark = 0x7fb8e6,
                                    .socket = SocketShape::UprightPill,
                                    .on_wire = WireText::Title,
                                    .form = PreviewForm::Text,
                                    .heading = "Tables",
                                    .size_remedy = "Put a features node in front, which makes a vector of its columns"};

}  // namespace feedline::inline schema

FEEDLINE_KIND(kRowKind)
