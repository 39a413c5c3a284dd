// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/kind.h"

namespace feedline::inline schema {

constinit const KindTraits kOptimizerKind{.name = "optimizer",
                                          .title = "optimiser",
                                          .order = 120,
                                          .per_record = false,
                                          .sized = false,
                                          .on_light = 0x00776c,
                                          .on_dark = 0x5cd3c7,
                                          .socket = SocketShape::Hexagon,
                                          .on_wire = WireText::Title};

}  // namespace feedline::inline schema

FEEDLINE_KIND(kOptimizerKind)
