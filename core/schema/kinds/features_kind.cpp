// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/kind.h"

namespace feedline::inline schema {

constinit const KindTraits kFeaturesKind{.name = "features",
                                         .title = "features",
                                         .order = 60,
                                         .on_light = 0x008a64,
                                         .on_dark = 0x1fbf90,
                                         .socket = SocketShape::TriangleDown,
                                         .heading = "Tables",
                                         .field_doc = "Vectors of one length."};

}  // namespace feedline::inline schema

FEEDLINE_KIND(kFeaturesKind)
