// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/kind.h"

namespace feedline::inline schema {

constinit const KindTraits kBatchKind{.name = "batch",
                                      .title = "batch",
                                      .order = 100,
                                      .per_record = false,
                                      .sized = false,
                                      .on_light = 0x333b46,
                                      .on_dark = 0xd6dbe3,
                                      .socket = SocketShape::RoundedSquare,
                                      .on_wire = WireText::Title};

}  // namespace feedline::inline schema

FEEDLINE_KIND(kBatchKind)
