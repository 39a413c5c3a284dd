// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/session/prober.h"

#include "engine/data_notices.h"
#include "graph/subgraph.h"
#include "gui/session/work_fault.h"
#include "plan/open_source.h"
#include "plan/plan.h"
#include "plan/record_codes.h"
#include "schema/registry.h"
#include "schema/source_report.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace feedline::gui::inline session {

namespace {

constexpr int kDebounceMs = 300;

bool is_path(const ParamSpec& param) { return param.kind == ParamKind::File || param.kind == ParamKind::Folder; }

enum class Cost { Dear, Cheap, Made };

/// Cheap: reads files of the user's that need no unpacking, and all that it needs is named. Made: reads what is
/// generated.
Cost cost_to_open(const NodeSpec& spec, const ParamMap& params) {
  bool names_files = false;
  bool made = true;
  for (const ParamSpec& param : spec.params) {
    const auto value = params.find(param.name);
    if (value == params.end() || !param.check(value->second)) return Cost::Dear;
    if (!is_path(param)) continue;
    const auto* path = std::get_if<std::string>(&value->second);
    if (path == nullptr) return Cost::Dear;
    if (param.required && path->empty()) return Cost::Dear;
    for (const char* packed : {".gz", ".tgz", ".npz"})
      if (path->ends_with(packed)) return Cost::Dear;
    names_files |= !path->empty();
    made &= path->empty() || path->starts_with("example:");
  }
  if (made) return Cost::Made;
  return names_files ? Cost::Cheap : Cost::Dear;
}

}  // namespace

Prober::Prober(DocumentController& document, QObject* parent)
    : QObject(parent),
      document_(document),
      worker_(&Prober::open, [this](Outcome outcome) { deliver(std::move(outcome)); }) {
  debounce_.setSingleShot(true);
  debounce_.setInterval(kDebounceMs);
  connect(&debounce_, &QTimer::timeout, this, &Prober::request);
  connect(&document_, &DocumentController::changed, this, [this] {
    if (targets() != wanted_ || lacks_answers()) debounce_.start();
  });
  connect(&document_, &DocumentController::replaced, &debounce_, qOverload<>(&QTimer::start));
}

std::vector<Prober::Target> Prober::targets() const {
  std::vector<Target> found;
  each_node(document_.document(), [&](const std::string& path, const Node& node) {
    const NodeSpec* spec = Registry::instance().find(node.type);
    if (spec == nullptr || spec->role != Role::Source || !spec->open) return;
    ParamMap params = spec->complete(node.params);
    const Cost cost = cost_to_open(*spec, params);
    if (cost != Cost::Dear) found.push_back({path, spec, std::move(params), cost == Cost::Made});
  });
  return found;
}

bool Prober::lacks_answers() const {
  bool lacks = false;
  each_node(document_.document(), [&](const std::string& path, const Node& node) {
    const NodeSpec* spec = Registry::instance().find(node.type);
    if (spec == nullptr || !spec->asks_file || spec->outputs.empty()) return;
    lacks = lacks || document_.analysis().at({path, spec->outputs.front().name}) == nullptr;
  });
  return lacks && asked_ != document_.document();
}

void Prober::look_again() {
  const SourceFactsMap& known = document_.source_facts();
  if (std::any_of(wanted_.begin(), wanted_.end(),
                  [&](const Target& target) { return target.made && !known.contains(target.node); }))
    debounce_.start();
}

void Prober::request() {
  if (lacks_answers()) asked_ = document_.document();
  const std::vector<Target> known = std::exchange(wanted_, targets());
  std::vector<std::string> fresh;
  for (const Target& target : wanted_)
    if (!target.made && std::find(known.begin(), known.end(), target) == known.end()) fresh.push_back(target.node);
  bool asks = false;
  each_node(document_.document(), [&](const std::string&, const Node& node) {
    const NodeSpec* spec = Registry::instance().find(node.type);
    asks = asks || (spec != nullptr && spec->asks_file);
  });
  worker_.ask({.targets = wanted_, .asking = asks ? std::optional(document_.document()) : std::nullopt});
  document_.set_counting(fresh);
}

Prober::Outcome Prober::open(const Question& question, const std::stop_token& stop) {
  Outcome outcome;
  const SourceContext context{
      .cache_folder = default_cache_folder(), .stop = stop, .make_nothing = true, .progress = {}};
  for (const Target& target : question.targets) {
    if (stop.stop_requested()) break;
    try {
      const auto source = open_to_report(*target.spec, target.params, context);
      if (source) {
        look(target, **source, outcome);
      } else if (source.error().code != ErrorCode::Cancelled) {
        Error error = source.error();
        look_for_columns(target, context, outcome);
        outcome.problems.push_back({Problem::Severity::Warning, std::move(error).at_node(target.node)});
      }
    } catch (const std::exception& failure) {
      outcome.problems.push_back({Problem::Severity::Warning, work_fault(failure).at_node(target.node)});
    }
  }
  // What the modules say is kept by their node, and found there when the window's thread describes the graph again.
  if (question.asking && !stop.stop_requested()) (void)analyse(*question.asking, outcome.sources);
  return outcome;
}

void Prober::look_for_columns(const Target& target, const SourceContext& context, Outcome& outcome) {
  ParamMap params = target.params;
  for (const ParamSpec& param : target.spec->params)
    if (param.columns.of == ColumnNames::Of::Table) params[param.name] = param.default_value;
  if (params == target.params) return;
  const auto source = open_to_report(*target.spec, params, context);
  if (!source) return;
  if (const SourceReport* report = report_of(**source)) outcome.columns[target.node] = report->columns;
}

/// What it gives, or why no run may use it, and what it passed over.
void Prober::look(const Target& target, const Source& source, Outcome& outcome) {
  if (const SourceReport* report = report_of(source); report != nullptr && !report->columns.empty())
    outcome.columns[target.node] = report->columns;
  if (const Status fine = usable(source); fine) {
    outcome.sources[target.node] = source.outputs();
    SourceFacts& facts = outcome.facts[target.node];
    facts.records = source.size();
    facts.split_names = split_names(source);
    if (const SourceReport* report = report_of(source)) facts.passed_over = passed_over_text(*report);
  } else {
    Error error = fine.error();
    const SourceReport* report = report_of(source);
    if (report != nullptr && report->split && !report->split->training.empty())
      outcome.splits.push_back({.node = target.node,
                                .param = error.parameter,
                                .paths = {report->split->training, report->split->validation}});
    outcome.problems.push_back({Problem::Severity::Error, std::move(error).at_node(target.node)});
    return;
  }
  if (const SourceReport* report = report_of(source))
    for (Error& notice : source_notices(*report))
      outcome.problems.push_back({Problem::Severity::Warning, std::move(notice).at_node(target.node)});
}

void Prober::deliver(Outcome outcome) {
  problems_ = std::move(outcome.problems);
  splits_ = std::move(outcome.splits);
  document_.set_probed(std::move(outcome.sources), std::move(outcome.facts), std::move(outcome.columns));
  Q_EMIT probed();
}

}  // namespace feedline::gui::inline session
