// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/kind.h"

namespace feedline::inline schema {

constinit const KindTraits kTensorKind{.name = "tensor",
                                       .title = "tensor",
                                       .order = 80,
                                       .per_record = false,
                                       .on_light = 0x0059b2,
                                       .on_dark = 0x6d9ff5,
                                       .socket = SocketShape::UprightPill};

}  // namespace feedline::inline schema

FEEDLINE_KIND(kTensorKind)
