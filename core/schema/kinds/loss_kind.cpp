// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/kind.h"

namespace feedline::inline schema {

constinit const KindTraits kLossKind{.name = "loss",
                                     .title = "loss",
                                     .order = 110,
                                     .per_record = false,
                                     .sized = false,
                                     .on_light = 0xbb2d1b,
                                     .on_dark = 0xff7a68,
                                     .socket = SocketShape::TriangleRight,
                                     .on_wire = WireText::Title};

}  // namespace feedline::inline schema

FEEDLINE_KIND(kLossKind)
