// SPDX-License-Identifier: GPL-3.0-or-later
#include "recording/surroundings.h"

#include "base/numbers.h"
#include "recording/checkpoint_places.h"
#include "runs/process_mark.h"
#include "training/machine_facts.h"
#include "training/report.h"

#include <string>
#include <utility>

namespace feedline::inline recording {

Properties surroundings(const Started& started, const RunOptions& options, const ProcessSample& process) {
  Properties all;
  if (std::string host = host_name(); !host.empty()) all.emplace_back("host", std::move(host));
  const auto add = [&all](const MachineFacts& facts) { all.insert(all.end(), facts.begin(), facts.end()); };
  add(machine_facts(process.gpus));
  add(execution_facts(started.execution));
  if (!started.estimator.empty()) all.emplace_back("estimator", started.estimator);
  if (started.execution.replicas > 0) all.emplace_back("parameters", numbers::count(started.parameters));
  all.emplace_back("samples_per_epoch", numbers::count(started.samples_per_epoch));
  if (const auto& folder = options.checkpoints.folder; !folder.empty())
    all.emplace_back(kCheckpointsProperty, checkpoints_property(folder));
  if (options.staged) all.emplace_back("staged", "yes");
  if (!options.meters) all.emplace_back("meters", "off");
  add(library_versions());
  return all;
}

}  // namespace feedline::inline recording
