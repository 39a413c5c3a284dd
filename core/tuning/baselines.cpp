// SPDX-License-Identifier: GPL-3.0-or-later
#include "tuning/baselines.h"

#include "base/clock.h"
#include "diagnosis/fixes/insert_cache.h"
#include "graph/subgraph.h"
#include "plan/graph_facts.h"
#include "schema/registry.h"
#include "tuning/prove.h"
#include "tuning/study_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

namespace feedline::inline tuning {
namespace {

/// What learns over epochs, of a trainer that has no end, is trained for so many.
constexpr std::uint32_t kBaselineEpochs = 20;
/// Most estimators know their passes themselves.
constexpr std::uint32_t kItsOwnEpochs = std::numeric_limits<std::uint32_t>::max();

/// The last node in front of a field of the batch that gives the same value each time, where nothing keeps it yet;
/// null: there is none on the canvas.
const DataNode* last_kept(const GraphFacts& facts, const Document& document, const std::string& field) {
  const DataNode* last = nullptr;
  for (const DataNode& node : facts.nodes) {
    if (std::find(node.fields.begin(), node.fields.end(), field) == node.fields.end()) continue;
    if (node.cache) return nullptr;
    if (node.role == Role::Sample && !node.random && document.find(node.id) != nullptr &&
        node.id.find('/') == std::string::npos)
      last = &node;
  }
  return last;
}

/// The graph with caches that are filled first, before whatever is random, so that runs that share them prepare once.
/// What lies where, a graph tells whose model reads the features: `reader`.
Document with_kept_features(Document document, const DrawnModel& drawn, const ModelPart& reader) {
  GraphFacts facts;
  if (const auto edit = replace_model(document, reader))
    if (const auto reading = with_edit(document, *edit)) facts = graph_facts(*reading);
  std::set<std::string> kept;
  for (const PortRef& feature : drawn.features) {
    const DataNode* node = last_kept(facts, document, feature.port);
    if (node == nullptr || !kept.insert(node->id).second) continue;
    const auto edit = insert_cache(document, Registry::instance(), node->id, {{"fill_first", true}});
    if (edit) (void)document.apply(*edit);
  }
  return document;
}

/// Does a node learn from the training records before a run, so that folds differ in what is prepared?
bool has_fitted_nodes(const Document& document) {
  bool found = false;
  each_node(document, [&](const std::string&, const Node& node) {
    const NodeSpec* spec = Registry::instance().find(node.type);
    found = found || (spec != nullptr && spec->fitter);
  });
  return found;
}

/// The epoch whose weights a network's run ended with, from 1; 0: its last one.
std::uint32_t epoch_of_weights(const RunRecord& record, const Document& document) {
  const Node* trainer = document.find(find_role(document, Role::Trainer));
  const NodeSpec* spec = trainer != nullptr ? Registry::instance().find(trainer->type) : nullptr;
  if (spec == nullptr || !spec->trainer) return 0;
  const TrainerSettings settings = spec->trainer(spec->complete(trainer->params));
  if (settings.stop_early == "off" || !settings.restore_best) return 0;
  const auto kind = kind_of_target({record}, settings.stop_early);
  const auto best = kind ? best_epoch(record, *kind) : std::nullopt;
  return best ? best->epoch : 0;
}

/// A net reads the features, also where what is drawn looks at labels alone.
ModelPart reader_of(const std::vector<BaselineModel>& models, const DrawnModel& drawn) {
  for (const BaselineModel& model : models)
    if (model.name == kSmallNet && !model.left_out) return model.part;
  return drawn.part;
}

/// One comparison while it runs.
class BaselineRunner {
 public:
  /// `kept`: with_kept_features().
  BaselineRunner(Document kept, Baselines& baselines, const BaselineOptions& options)
      : fold_learns_(has_fitted_nodes(kept)), kept_(std::move(kept)), baselines_(baselines), options_(options) {}

  Status run() {
    for (std::size_t fold = 0; fold < baselines_.folds && !over(); ++fold) {
      if (fold == 0 || fold_learns_) caches_ = std::make_shared<SharedCaches>();
      if (Status done = fold == 0 ? first_fold() : later_fold(fold); !done) return done;
    }
    baselines_.seconds = spent();
    if (options_.measure.stop.stop_requested()) baselines_.end = Study::End::Cancelled;
    return check();
  }

 private:
  [[nodiscard]] double spent() const { return feedline::seconds(Clock::system().now() - began_); }
  [[nodiscard]] double left() const {
    return options_.budget_s ? *options_.budget_s - spent() : std::numeric_limits<double>::infinity();
  }
  [[nodiscard]] bool over() const { return options_.measure.stop.stop_requested() || left() <= 0; }

  Status first_fold() {
    std::vector<std::size_t> models;
    for (std::size_t i = 0; i < baselines_.models.size(); ++i)
      if (!baselines_.models[i].left_out) models.push_back(i);
    for (std::size_t i = 0; i < models.size() && !over(); ++i) {
      const std::size_t to_go = models.size() - i;
      if (Status done = fit(models[i], 0, first_fold_seconds(left(), to_go)); !done) return done;
    }
    if (left() <= 0) baselines_.end = Study::End::BudgetSpent;
    return {};
  }

  Status later_fold(std::size_t fold) {
    const std::vector<double> times = fold_seconds();
    const std::vector<std::size_t> chosen = models_of_fold(times, left(), baselines_.folds - fold);
    const auto known = std::count_if(times.begin(), times.end(), [](double time) { return std::isfinite(time); });
    if (chosen.size() < static_cast<std::size_t>(known)) baselines_.end = Study::End::BudgetSpent;
    for (const std::size_t model : chosen) {
      if (options_.measure.stop.stop_requested()) break;
      if (left() <= 0) baselines_.end = Study::End::BudgetSpent;
      if (left() <= 0) break;
      if (Status done = fit(model, fold, left()); !done) return done;
    }
    return {};
  }

  /// Seconds that a fold of each model takes; NaN: it was cut or failed, and is not tried again.
  [[nodiscard]] std::vector<double> fold_seconds() const {
    std::vector<double> sums(baselines_.models.size(), 0);
    std::vector<double> counts(baselines_.models.size(), 0);
    for (const BaselineFit& fit : baselines_.fits) {
      sums[fit.model] += fit.trial.complete ? fit.wall_s : std::nan("");
      ++counts[fit.model];
    }
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = counts[i] > 0 ? sums[i] / counts[i] : std::nan("");
    return sums;
  }

  Status fit(std::size_t index, std::size_t fold, double most_s) {
    const BaselineModel& model = baselines_.models[index];
    auto document = document_of(model, fold);
    if (!document) return fail(std::move(document.error()));
    const Nanos began = Clock::system().now();
    const Study study{.name = baselines_.name,
                      .settings = {{.name = fmt::format("{}, fold {} of {}", model.title, fold + 1, baselines_.folds),
                                    .document = std::move(*document)}}};
    StudyOptions options{.measure = options_.measure, .open_log = options_.open_log};
    options.measure.run.caches = caches_;
    BaselineFit fit{.model = index, .fold = fold};
    const Document& runs = study.settings.front().document;
    const std::int64_t drawn_seed = trainer_number(kept_, "seed");
    fit.trial.seed = trainer_number(runs, "seed") + options_.measure.run.seed.value_or(drawn_seed) - drawn_seed;
    {
      StudyRun run(study, fit.trial, options, {});
      run.train(epochs_of_model(model, runs), [&](const Snapshot&) {
        options_.measure.tell(study.settings.front().name, seconds_to_go(fold));
        return !over() && feedline::seconds(Clock::system().now() - began) < most_s;
      });
    }
    fit.wall_s = feedline::seconds(Clock::system().now() - began);
    // What the end of its time had stopped behind its last epoch is whole.
    const std::uint32_t wanted = epochs_of_model(model, runs);
    if (!fit.trial.failure && fit.trial.epochs() >= wanted) fit.trial.complete = true;
    if (fit.trial.failure && fit.trial.failure->code == ErrorCode::Cancelled) fit.trial.failure.reset();
    if (model.network) fit.epoch = epoch_of_weights(fit.trial.record, runs);
    if (baselines_.metric.name.empty() && fit.trial.epochs() > 0)
      baselines_.metric = telling_metric({fit.trial.record});
    // Of a run that was broken off by the user there is nothing to say.
    if (!fit.trial.complete && !fit.trial.failure && options_.measure.stop.stop_requested()) return {};
    baselines_.fits.push_back(std::move(fit));
    baselines_.seconds = spent();
    if (options_.on_fit) options_.on_fit(baselines_);
    return {};
  }

  [[nodiscard]] Result<Document> document_of(const BaselineModel& model, std::size_t fold) const {
    if (model.name == kAsDrawn) return with_fold(kept_, baselines_.folds, fold);
    const auto edit = replace_model(kept_, model.part);
    if (!edit) return fail(edit.error());
    auto changed = with_edit(kept_, *edit);
    if (!changed) return fail(std::move(changed.error()));
    return with_fold(std::move(*changed), baselines_.folds, fold);
  }

  [[nodiscard]] std::uint32_t epochs_of_model(const BaselineModel& model, const Document& document) const {
    if (!model.network && graph_facts(document).passes) return kItsOwnEpochs;
    const std::uint32_t epochs = epochs_of_run(document, options_.measure.run);
    return epochs > 0 ? epochs : kBaselineEpochs;
  }

  /// About: the rest of this fold is not known before the first one is over.
  [[nodiscard]] double seconds_to_go(std::size_t fold) const {
    double a_fold = 0;
    for (const double time : fold_seconds())
      if (std::isfinite(time)) a_fold += time;
    return std::min(a_fold * static_cast<double>(baselines_.folds - fold), std::max(left(), 0.0));
  }

  /// A comparison in which nothing was learnt is none: why not.
  [[nodiscard]] Status check() const {
    for (const BaselineFit& fit : baselines_.fits)
      if (fit.trial.complete) return {};
    for (const BaselineFit& fit : baselines_.fits)
      if (fit.trial.failure) return fail(*fit.trial.failure);
    if (options_.measure.stop.stop_requested()) return fail_cancelled();
    return fail(Error{.reason = "the budget was spent before any model had learnt",
                      .remedy = "Give more time",
                      .parameter = "--budget"});
  }

  const bool fold_learns_;
  const Document kept_;
  Baselines& baselines_;
  const BaselineOptions& options_;
  std::shared_ptr<SharedCaches> caches_{};
  const Nanos began_ = Clock::system().now();
};

/// Leaves those out that are not asked for. Error: a name that is no model's.
Status choose_models(std::vector<BaselineModel>& models, const std::vector<std::string>& wanted) {
  if (wanted.empty()) return {};
  std::string names;
  for (const BaselineModel& model : models) names += (names.empty() ? "" : ", ") + model.name;
  for (const std::string& name : wanted)
    if (std::none_of(models.begin(), models.end(), [&](const BaselineModel& model) { return model.name == name; }))
      return fail(Error{.reason = "there is no model '" + name + "' for this graph",
                        .remedy = "There are " + names,
                        .parameter = "--models"});
  std::erase_if(models, [&](const BaselineModel& model) {
    return std::find(wanted.begin(), wanted.end(), model.name) == wanted.end();
  });
  return {};
}

}  // namespace

Result<Baselines> run_baselines(const Document& document, const BaselineOptions& options) {
  if (options.folds < 2 || options.folds > kMostFolds)
    return fail(Error{.reason = fmt::format("{} folds are not possible", options.folds),
                      .remedy = fmt::format("Give 2 to {}", kMostFolds),
                      .parameter = "--folds"});
  const auto drawn = drawn_model(document);
  if (!drawn) return fail(drawn.error());
  auto models = baseline_models(document);
  if (!models) return fail(std::move(models.error()));
  Document kept = with_kept_features(document, *drawn, reader_of(*models, *drawn));
  if (Status chosen = choose_models(*models, options.models); !chosen) return fail(std::move(chosen.error()));
  Baselines baselines{.name = options.name,
                      .models = std::move(*models),
                      .folds = options.folds,
                      .kind = fold_kind(document),
                      .budget_s = options.budget_s};
  BaselineRunner runner(std::move(kept), baselines, options);
  if (Status done = runner.run(); !done) return fail(std::move(done.error()));
  return baselines;
}

}  // namespace feedline::inline tuning
