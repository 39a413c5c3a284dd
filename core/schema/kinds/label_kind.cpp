// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/kind.h"

namespace feedline::inline schema {

constinit const KindTraits kLabelKind{.name = "label",
                                      .title = "label",
                                      .order = 70,
                                      .on_light = 0xb5588c,
                                      .on_dark = 0xe08fbd,
                                      .socket = SocketShape::Diamond,
                                      .on_wire = WireText::Classes,
                                      .field_doc = "The target that the model predicts."};

}  // namespace feedline::inline schema

FEEDLINE_KIND(kLabelKind)
