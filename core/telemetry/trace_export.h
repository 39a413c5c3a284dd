// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "telemetry/trace.h"

#include <functional>
#include <string>

namespace feedline::inline telemetry {

/// The file of a record that a lane worked on, or nothing.
using Locate = std::function<std::string(const std::string& lane, std::uint64_t record)>;

/// A timeline as JSON that Perfetto (ui.perfetto.dev) and Chromium's chrome://tracing open. Each lane is a thread, each
/// slice a complete event ("X") with its record and file, each queue a counter ("C"). Times in microseconds since the
/// earliest slice.
/// Source: "Trace Event Format", Duncan Sinclair and others, Google, 2016.
[[nodiscard]] std::string trace_json(const Trace::View& view, const Locate& locate = {});

}  // namespace feedline::inline telemetry
