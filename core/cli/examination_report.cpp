// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/format.h"
#include "cli/json_values.h"
#include "cli/measuring.h"
#include "cli/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace feedline::cli {
namespace {

constexpr std::size_t kShownLimits = 4;

}  // namespace

std::string limit_text(const Limit& limit) {
  switch (limit.kind) {
    case LimitKind::Cores:
      return "the cores (most on " + limit.node + ")";
    case LimitKind::Workers:
      return "the workers (longest in " + limit.node + ")";
    case LimitKind::Sequential:
      return limit.node + ", one worker at a time";
    case LimitKind::Disk:
      return "the disk";
    case LimitKind::Turns:
      return "loading and step taking turns";
    case LimitKind::Exchange:
      return "the exchange of gradients between ranks";
    case LimitKind::Step:
      break;
  }
  return "the training step alone";
}

std::string examination_json(const Examination& examination, const std::vector<Fix>& fixes) {
  const Diagnosis& found = examination.diagnosis;
  Json json;
  json["verdict"] = {{"kind", name(found.verdict.kind)},
                     {"node", text_or_null(found.verdict.node)},
                     {"share", number(found.verdict.share)},
                     {"confidence", number(found.verdict.confidence)},
                     {"text", found.verdict.text()}};
  json["measured_samples_per_s"] = number(found.measured());
  json["ceiling_samples_per_s"] = number(found.ceiling.samples_per_s);
  json["cached_ceiling_samples_per_s"] =
      found.cached_at.empty() ? Json(nullptr) : number(found.cached_ceiling.samples_per_s);
  json["cached_behind"] = text_or_null(found.cached_at);
  json["limits"] = Json::array();
  for (const Limit& limit : found.ceiling.limits)
    json["limits"].push_back({{"kind", name(limit.kind)},
                              {"node", text_or_null(limit.node)},
                              {"samples_per_s", number(limit.samples_per_s)}});
  json["fixes"] = Json::array();
  for (const Fix& fix : fixes)
    json["fixes"].push_back({{"id", fix.id},
                             {"title", fix.title},
                             {"predicted_ratio", number(fix.predicted_ratio)},
                             {"changes_results", fix.changes_results},
                             {"in_fits", fix.in_fits},
                             {"why", fix.why}});
  const Profile& profile = found.profile;
  json["wait_share"] = number(profile.wait_share());
  json["steps"] = profile.steps;
  json["cores"] = {{"usable", examination.facts.cores},
                   {"own", number(profile.own_cores)},
                   {"others", number(profile.other_cores)},
                   {"idle", number(profile.idle_cores)}};
  json["branches"] = Json::array();
  for (const BranchCost& branch : found.branches)
    json["branches"].push_back({{"field", branch.field},
                                {"self_s", number(branch.self)},
                                {"slowest", branch.slowest},
                                {"slowest_s", number(branch.slowest_self)}});
  json["nodes"] = Json::array();
  for (const NodeCost& node : profile.nodes)
    json["nodes"].push_back({{"node", node.node},
                             {"type", node.type},
                             {"cpu_s", number(node.cpu)},
                             {"wait_s", number(node.wait)},
                             {"bytes", number(node.bytes)},
                             {"busy", number(node.busy)},
                             {"starved", number(node.starved)},
                             {"blocked", number(node.blocked)},
                             {"queue_fill", number(node.fill)}});
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string examination_text(const Examination& examination, const std::vector<Fix>& fixes, std::size_t width) {
  const Diagnosis& found = examination.diagnosis;
  std::string text = wrap(found.verdict.text(), width) + "\n\n";
  text += fmt::format("measured                 {} samples/s (training only, {} after the warm-up)\n",
                      rate(found.measured()), duration(found.profile.seconds));
  if (!found.ceiling.limits.empty())
    text += fmt::format("ceiling without a cache  {} samples/s, set by {}\n", rate(found.ceiling.samples_per_s),
                        limit_text(found.ceiling.tightest()));
  if (!found.cached_at.empty())
    text += fmt::format("ceiling with a cache     {} samples/s behind {}, set by {}\n",
                        rate(found.cached_ceiling.samples_per_s), found.cached_at,
                        limit_text(found.cached_ceiling.tightest()));
  Table limits({"limit", "samples/s"});
  for (std::size_t i = 0; i < std::min(kShownLimits, found.ceiling.limits.size()); ++i)
    limits.row({limit_text(found.ceiling.limits[i]), rate(found.ceiling.limits[i].samples_per_s)});
  text += '\n' + limits.text(width);
  if (fixes.empty()) return text + "\nNo fix is predicted to help.\n";
  Table table({"fix", "what it does", "predicted"}, 2);
  for (const Fix& fix : fixes)
    table.row({fix.id, fix.title, fmt::format("{:.2f} times", fix.predicted_ratio)},
              fix.changes_results ? "may change accuracy" : "");
  text += '\n' + table.text(width);
  const auto proved = std::find_if(fixes.begin(), fixes.end(), [](const Fix& fix) { return !fix.in_fits; });
  return proved == fixes.end() ? text : text + "\nTry one: feedline-cli prove FILE --fix " + proved->id + '\n';
}

}  // namespace feedline::cli
