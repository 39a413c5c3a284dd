// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/node_spec.h"

#include <QString>

#include <string_view>

namespace feedline::gui::inline models {

[[nodiscard]] inline QString to_qstring(std::string_view text) {
  return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

/// "image", "optimiser": a kind as people read it.
[[nodiscard]] QString kind_text(Kind kind);
/// "Sources", "Tables": heading_of() a node type, as people read it.
[[nodiscard]] QString heading_text(const NodeSpec& spec);
/// What stands on a wire: TensorDesc::text(), shorter where the value is not yet known.
[[nodiscard]] QString wire_text(const TensorDesc& desc);
/// Only the dimensions, for a wire that is too short for more: "N×16×112×112".
[[nodiscard]] QString short_wire_text(const TensorDesc& desc);
/// "1,240/s", "12.3/s".
[[nodiscard]] QString rate_text(double per_second);
/// "0:42", "1:02:03"
[[nodiscard]] QString clock_text(double seconds);
/// "1 node", "3 nodes": `one` has no number, `many` has %1.
[[nodiscard]] QString count_text(qsizetype count, const QString& one, const QString& many);
/// With a capital first letter, as what begins a line or heads a column.
[[nodiscard]] QString capitalised(QString text);
/// Parameter and port names for people: "kernel size" for kernel_size.
[[nodiscard]] QString spaced(std::string_view name);
/// A port in a tooltip: name, kind, what it carries, whether it must be connected, and its shape when known.
[[nodiscard]] QString port_tip(const PortSpec& port, bool input, const QString& shape);

}  // namespace feedline::gui::inline models
