// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/source_report.h"

#include "schema/behaviour.h"

namespace feedline {

const SourceReport* report_of(const Source& source) {
  const auto* reporting = dynamic_cast<const Reporting*>(&source);
  return reporting == nullptr ? nullptr : &reporting->report();
}

Status usable(const Source& source) {
  const SourceReport* report = report_of(source);
  if (report != nullptr && report->refusal) return fail(*report->refusal);
  return {};
}

}  // namespace feedline
