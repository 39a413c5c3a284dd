// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/scaling.h"
#include "diagnosis/wording.h"
#include "plan/step_work.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace feedline::inline diagnosis {
namespace {

std::string cores_words(double cores) {
  return cores == 1 ? std::string("1 core") : fmt::format("{:.3g} cores", cores);
}

std::string threads_words(const ScalingModel& model) {
  if (!model.fills_cores || model.asked_replicas > 0)
    return fmt::format("A rank computes on {:.0f} thread{}, whatever its cores.", model.threads,
                       model.threads == 1 ? "" : "s");
  const std::string all = "A rank computes on as many threads as it has cores";
  if (model.worth_of_row <= 0 || !std::isfinite(model.worth_of_row)) return all + '.';
  const std::int64_t worth = threads_worth(model.worth_of_row, model.rows);
  return fmt::format("{}, and on no more than its step is worth: {} with {:.0f} rows, fewer with fewer.", all, worth,
                     model.rows);
}

}  // namespace

std::string wire_words(const Network& wire) {
  const std::string message = wording::time(wire.latency) + " a message";
  if (!std::isfinite(wire.bytes_per_s)) return message + ", whatever its size";
  return fmt::format("{} and {}/s", message, wording::bytes(wire.bytes_per_s));
}

std::vector<std::string> ScalingModel::assumptions() const {
  std::vector<std::string> said;
  const auto full = static_cast<std::size_t>(std::max(cores, 1.0));
  if (per_machine < 2)
    said.push_back(fmt::format("Each rank has a machine of {} to itself.", cores_words(cores)));
  else if (per_machine <= full)
    said.push_back(fmt::format("{} ranks share a machine of {}: each has {} of its own.", per_machine,
                               cores_words(cores), cores_words(cores / static_cast<double>(per_machine))));
  else
    said.push_back(fmt::format("Up to {} ranks share a machine of {}: with more ranks than cores they take turns.",
                               per_machine, cores_words(cores)));
  if (on_cpu) said.push_back(threads_words(*this));
  if (fixed_measured)
    said.push_back(
        fmt::format("Of a step with {:.0f} rows a rank, {} shrink with the rows, {} of forward and backward "
                    "do not (measured with a smaller batch).",
                    rows, wording::time(kernels - fixed), wording::time(fixed)));
  else
    said.push_back(
        "What forward and backward take whatever their rows is not known and counts as nothing, so many "
        "ranks look better than they are.");
  said.push_back(fmt::format(
      "The optimiser takes {} a step: {}.", wording::time(optimizer),
      optimizer_in_parts ? "each rank steps its part of the weights" : "every rank steps all of the weights"));
  if (per_machine > 1)
    said.push_back(fmt::format("Between ranks of one machine, {}: {}.", loopback.measured ? "measured" : "assumed",
                               wire_words(loopback)));
  said.push_back(
      fmt::format("Between machines, {}: {}.", network.measured ? "measured" : "assumed", wire_words(network)));
  return said;
}

}  // namespace feedline::inline diagnosis
