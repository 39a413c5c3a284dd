// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/machine_facts.h"

#include "base/cores.h"
#include "base/numbers.h"
#include "training/report.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <sys/utsname.h>
#include <unistd.h>

namespace feedline::inline training {
namespace {

/// What stands behind `key` in a file of lines such as "model name\t: AMD EPYC" or "PRETTY_NAME="Debian"".
std::string line_behind(const char* file, std::string_view key) {
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

std::string machine_memory_text() {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long size = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && size > 0 ? numbers::bytes(static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size))
                               : "";
}

}  // namespace

MachineFacts machine_facts(const std::vector<GpuSample>& gpus) {
  MachineFacts all = {{"system", line_behind("/etc/os-release", "PRETTY_NAME")},
                      {"kernel", kernel_text()},
                      {"processor", line_behind("/proc/cpuinfo", "model name")},
                      {"cores", cores_text()},
                      {"memory", machine_memory_text()}};
  for (const GpuSample& gpu : gpus)
    all.emplace_back("gpu", fmt::format("{}, {}", gpu.name, numbers::bytes(gpu.memory_total)));
  std::erase_if(all, [](const auto& fact) { return fact.second.empty(); });
  return all;
}

MachineFacts execution_facts(const Execution& execution) {
  MachineFacts all = {{"device", execution.device}};
  if (execution.ranks > 1) all.emplace_back("ranks", std::to_string(execution.ranks));
  all.emplace_back("workers", std::to_string(execution.workers));
  if (execution.replicas > 0) all.emplace_back("replicas", std::to_string(execution.replicas));
  if (execution.stages > 1) all.emplace_back("stages", std::to_string(execution.stages));
  if (execution.intra_op_threads > 0) all.emplace_back("intra_op_threads", std::to_string(execution.intra_op_threads));
  if (execution.replicas > 0) {
    all.emplace_back("precision", execution.precision);
    all.emplace_back("channels_last", execution.channels_last ? "yes" : "no");
  }
  std::erase_if(all, [](const auto& fact) { return fact.second.empty(); });
  return all;
}

std::string machine_text(const std::vector<GpuSample>& gpus, const Execution& execution) {
  nlohmann::json all = nlohmann::json::array();
  for (const MachineFacts& facts : {machine_facts(gpus), execution_facts(execution), library_versions()})
    for (const auto& [name, value] : facts) all.push_back({name, value});
  return all.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

MachineFacts machine_of(const TrainingState& state) {
  const auto text = state.texts.find(kMachineText);
  const auto json = text == state.texts.end() ? nlohmann::json() : nlohmann::json::parse(text->second, nullptr, false);
  MachineFacts facts;
  if (!json.is_array()) return facts;
  for (const auto& fact : json)
    if (fact.is_array() && fact.size() == 2 && fact[0].is_string() && fact[1].is_string())
      facts.emplace_back(fact[0].get<std::string>(), fact[1].get<std::string>());
  return facts;
}

}  // namespace feedline::inline training
