// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/node_spec.h"

#include <memory>

namespace feedline::inline plan {

/// Opens the source that a node describes. Runs, previews, checks and offers all do it by this: with patience for the
/// machine's faults (base/machine_fault.h); what it throws becomes an error; one that no run may use (usable()) is
/// refused. `params`: all of them, see NodeSpec::complete(). Errors: those of the source, without a node; stopped.
[[nodiscard]] Result<std::unique_ptr<Source>> open_source(const NodeSpec& spec, const ParamMap& params,
                                                          const SourceContext& context);

/// The same for whoever wants to tell what a source reports, although no run may use it.
[[nodiscard]] Result<std::unique_ptr<Source>> open_to_report(const NodeSpec& spec, const ParamMap& params,
                                                             const SourceContext& context);

}  // namespace feedline::inline plan
