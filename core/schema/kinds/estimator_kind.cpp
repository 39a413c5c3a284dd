// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/kind.h"

namespace feedline::inline schema {

constinit const KindTraits kEstimatorKind{.name = "estimator",
                                          .title = "estimator",
                                          .order = 130,
                                          .per_record = false,
                                          .sized = false,
                                          .on_light = 0x5d7a12,
                                          .on_dark = 0xb7d968,
                                          .socket = SocketShape::Octagon,
                                          .on_wire = WireText::Title};

}  // namespace feedline::inline schema

FEEDLINE_KIND(kEstimatorKind)
