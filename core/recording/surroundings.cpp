// SPDX-License-Identifier: GPL-3.0-or-later
#include "recording/surroundings.h"

#include "base/cores.h"
#include "base/numbers.h"
#include "recording/checkpoint_places.h"
#include "runs/process_mark.h"
#include "training/report.h"

#include <fmt/format.h>

#include <fstream>
#include <sys/utsname.h>
#include <unistd.h>

namespace feedline::inline recording {
namespace {

/// What stands behind `key` in a file of lines such as "model name\t: AMD EPYC" or "PRETTY_NAME="Debian"".
std::string value_of(const char* file, std::string_view key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t begin = line.find_first_not_of("\t :=\"", key.size());
    if (begin == std::string::npos) return {};
    const std::size_t end = line.find_last_not_of("\" ");
    return line.substr(begin, end - begin + 1);
  }
  return {};
}

std::string cores_text() {
  const CoreBudget budget = core_budget();
  std::string text = fmt::format("{} of {}", budget.usable(), budget.machine);
  if (budget.quota > 0) text += fmt::format(", quota {:.3g}", budget.quota);
  return text;
}

std::string kernel_text() {
  utsname names{};
  return ::uname(&names) == 0 ? fmt::format("{} {} {}", names.sysname, names.release, names.machine) : "";
}

std::uint64_t machine_memory() {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long size = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && size > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size) : 0;
}

}  // namespace

Properties surroundings(const Started& started, const RunOptions& options, const ProcessSample& process) {
  Properties all = {{"host", host_name()},     {"system", value_of("/etc/os-release", "PRETTY_NAME")},
                    {"kernel", kernel_text()}, {"processor", value_of("/proc/cpuinfo", "model name")},
                    {"cores", cores_text()},   {"memory", numbers::bytes(machine_memory())}};
  for (const GpuSample& gpu : process.gpus)
    all.emplace_back("gpu", fmt::format("{}, {}", gpu.name, numbers::bytes(gpu.memory_total)));
  const Execution& execution = started.execution;
  all.emplace_back("device", execution.device);
  if (execution.ranks > 1) all.emplace_back("ranks", std::to_string(execution.ranks));
  all.emplace_back("workers", std::to_string(execution.workers));
  all.emplace_back("estimator", started.estimator);
  if (execution.replicas > 0) all.emplace_back("replicas", std::to_string(execution.replicas));
  if (execution.stages > 1) all.emplace_back("stages", std::to_string(execution.stages));
  if (execution.intra_op_threads > 0) all.emplace_back("intra_op_threads", std::to_string(execution.intra_op_threads));
  if (execution.replicas > 0) {
    all.emplace_back("precision", execution.precision);
    all.emplace_back("channels_last", execution.channels_last ? "yes" : "no");
    all.emplace_back("parameters", numbers::count(started.parameters));
  }
  all.emplace_back("samples_per_epoch", numbers::count(started.samples_per_epoch));
  if (const auto& folder = options.checkpoints.folder; !folder.empty())
    all.emplace_back(kCheckpointsProperty, checkpoints_property(folder));
  if (options.staged) all.emplace_back("staged", "yes");
  if (!options.meters) all.emplace_back("meters", "off");
  for (const auto& [library, version] : library_versions()) all.emplace_back(library, version);
  std::erase_if(all, [](const auto& property) { return property.second.empty(); });
  return all;
}

}  // namespace feedline::inline recording
