// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/kind.h"

namespace feedline::inline schema {

constinit const KindTraits kAnyKind{.name = "any",
                                    .title = "anything",
                                    .order = 10,
                                    .on_light = 0x6d7887,
                                    .on_dark = 0x98a3b3,
                                    .socket = SocketShape::Circle,
                                    .on_wire = WireText::Nothing};

}  // namespace feedline::inline schema

FEEDLINE_KIND(kAnyKind)
