// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/kind.h"

namespace feedline::inline schema {

constinit const KindTraits kTargetKind{.name = "target",
                                       .title = "target",
                                       .order = 90,
                                       .per_record = false,
                                       .on_light = 0x843fa1,
                                       .on_dark = 0xc58be0,
                                       .socket = SocketShape::FlatPill,
                                       .on_wire = WireText::Classes};

}  // namespace feedline::inline schema

FEEDLINE_KIND(kTargetKind)
