// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/open_source.h"

#include "base/machine_fault.h"
#include "schema/source_report.h"

#include <cerrno>
#include <exception>
#include <new>
#include <string>

namespace feedline::inline plan {
namespace {

Result<std::unique_ptr<Source>> attempt(const NodeSpec& spec, const ParamMap& params, const SourceContext& context) {
  try {
    return spec.open(params, context);
  } catch (const std::bad_alloc&) {
    return fail(machine_error(ENOMEM, "the source cannot be opened"));
  } catch (const std::exception& error) {
    return fail(std::string("the source cannot be opened: ") + error.what());
  }
}

}  // namespace

Result<std::unique_ptr<Source>> open_to_report(const NodeSpec& spec, const ParamMap& params,
                                               const SourceContext& context) {
  auto source = patiently(context.stop, [&] { return attempt(spec, params, context); });
  if (context.stop.stop_requested()) return fail_cancelled();
  return source;
}

Result<std::unique_ptr<Source>> open_source(const NodeSpec& spec, const ParamMap& params,
                                            const SourceContext& context) {
  auto source = open_to_report(spec, params, context);
  if (!source) return source;
  if (Status fine = usable(**source); !fine) return fail(std::move(fine.error()));
  return source;
}

}  // namespace feedline::inline plan
