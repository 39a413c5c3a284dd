// SPDX-License-Identifier: GPL-3.0-or-later
#include "tuning/baseline_models.h"

#include "graph/learner_input.h"
#include "graph/validate.h"
#include "schema/registry.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace feedline::inline tuning {
namespace {

struct KnownLearner {
  std::string_view type;
  std::string_view title;  ///< where the type is not there to say it
  bool classes;
  bool numbers;
};
/// In the order of what they usually cost.
constexpr std::array kKnownLearners = {
    KnownLearner{"majority_class", "Majority class", true, false},
    KnownLearner{"naive_bayes", "Naive Bayes", true, false},
    KnownLearner{"linear_regression", "Linear regression", false, true},
    KnownLearner{"ridge_regression", "Ridge regression", false, true},
    KnownLearner{"logistic_regression", "Logistic regression", true, false},
    KnownLearner{"linear_svm", "Linear SVM", true, false},
    KnownLearner{"decision_tree", "Decision tree", true, true},
    KnownLearner{"nearest_neighbours", "Nearest neighbours", true, true},
    KnownLearner{"boosted_trees", "Boosted trees", true, true},
    KnownLearner{"kernel_svm", "Kernel SVM", true, true},
};

constexpr std::int64_t kHiddenUnits = 64;
/// As far apart as the examples place nodes.
constexpr double kModelColumn = 260;
constexpr double kModelRow = 180;

/// The first problem of the graph that forbids a run.
std::optional<Error> first_problem(const Document& document) {
  for (const Problem& problem : analyse(document).problems)
    if (problem.severity == Problem::Severity::Error) return problem.error;
  return std::nullopt;
}

/// A record of what a field of a batch holds.
TensorDesc record_of(TensorDesc field) {
  if (!field.shape.empty()) field.shape.erase(field.shape.begin());
  return field;
}

class ModelMaker {
 public:
  ModelMaker(const Document& document, const DrawnModel& drawn) : document_(document), drawn_(drawn) {
    const Analysis analysis = analyse(document);
    if (!drawn.features.empty())
      if (const TensorDesc* desc = analysis.at(drawn.features.front())) features_ = *desc;
    for (const Node& node : drawn.part.nodes) {
      corner_.x = corner_at_ ? std::min(corner_.x, node.position.x) : node.position.x;
      corner_.y = corner_at_ ? std::min(corner_.y, node.position.y) : node.position.y;
      corner_at_ = true;
    }
  }

  [[nodiscard]] BaselineModel learner(const KnownLearner& known) const {
    BaselineModel model{.name = std::string(known.type), .title = std::string(known.title)};
    const NodeSpec* spec = Registry::instance().find(known.type);
    if (spec == nullptr) {
      model.left_out = Error{.reason = "this program has no node " + model.name,
                             .remedy = "Build it with the library that the node needs"};
      return model;
    }
    model.title = spec->title;
    const bool reads = spec->input("features") >= 0;
    if (reads) model.left_out = no_features();
    if (!model.left_out && drawn_.compares == TargetKind::Labels)
      model.left_out = Error{.reason = "its target is one class or one number, and these records have several labels",
                             .remedy = "Compare networks, or choose one label"};
    if (model.left_out) return model;
    const Node& last = *document_.find(drawn_.learner);
    const std::string id = model.name;
    model.part.nodes.push_back({.id = id, .type = model.name, .version = spec->version, .position = last.position});
    if (reads) link(model.part, drawn_.features.front(), {id, "features"});
    link(model.part, drawn_.target, {id, "target"});
    link(model.part, {id, "estimator"}, {drawn_.trainer, kEstimatorInput});
    check(model);
    return model;
  }

  [[nodiscard]] BaselineModel small_net() const {
    BaselineModel model{.name = std::string(kSmallNet), .title = "Small net", .network = true};
    if (drawn_.features.size() != 1) {
      model.left_out = one_field_only();
      return model;
    }
    PortRef from = drawn_.features.front();
    double column = 0;
    const auto add = [&](const char* type, const char* in, ParamMap params) {
      const std::string id = model.part.nodes.empty() ? type : free_of(model.part, type);
      put(model.part, id, type, std::move(params), {corner_.x + kModelColumn * column++, corner_.y});
      link(model.part, from, {id, in});
      from = {id, "y"};
    };
    const TensorDesc record = record_of(features_);
    if (record.ragged()) {
      add("embedding_bag", "tokens", {});
    } else if (record.shape.size() > 1) {
      add("flatten", "x", {});
    }
    add("linear", "x", {{"units", kHiddenUnits}});
    add("relu", "x", {});
    add("linear", "x", last_layer());
    link_loss(model.part, from, column);
    check(model);
    return model;
  }

  [[nodiscard]] BaselineModel as_drawn() const {
    BaselineModel model{
        .name = std::string(kAsDrawn), .title = "As drawn", .network = drawn_.network, .part = drawn_.part};
    if (drawn_.network) return model;
    const NodeSpec* spec = Registry::instance().find(document_.find(drawn_.learner)->type);
    if (spec != nullptr) model.title += " (" + spec->title + ")";
    return model;
  }

 private:
  static void link(ModelPart& part, const PortRef& from, const PortRef& to) {
    part.links.push_back({.from = from, .to = to});
  }
  static void put(ModelPart& part, const std::string& id, const std::string& type, ParamMap params, Position position) {
    const NodeSpec* spec = Registry::instance().find(type);
    part.nodes.push_back({.id = id,
                          .type = type,
                          .version = spec != nullptr ? spec->version : 1,
                          .params = std::move(params),
                          .position = position});
  }
  static std::string free_of(const ModelPart& part, const std::string& stem) {
    const auto taken = [&](const std::string& id) {
      return std::any_of(part.nodes.begin(), part.nodes.end(), [&](const Node& node) { return node.id == id; });
    };
    std::string id = stem;
    for (int number = 2; taken(id); ++number) id = stem + std::to_string(number);
    return id;
  }

  [[nodiscard]] Error one_field_only() const {
    if (drawn_.features.empty())
      return {.reason = "the batch has no features", .remedy = "Wire features or pictures to the batch"};
    std::string fields;
    for (const PortRef& field : drawn_.features) fields += (fields.empty() ? "" : ", ") + field.text();
    return {.reason = "the drawn model reads several fields (" + fields + "), and this one takes one",
            .remedy = "Join them into one field by join_features in front of the batch"};
  }

  /// Why what the drawn model reads is nothing for an estimator.
  [[nodiscard]] std::optional<Error> no_features() const {
    if (drawn_.features.size() != 1) return one_field_only();
    const TensorDesc record = record_of(features_);
    if (record.ragged() || record.dtype == DType::I64 || record.dtype == DType::I32)
      return Error{.reason = record.classes.known() || record.ragged()
                                 ? "it cannot take token ids or values that differ in length"
                                 : "it cannot take whole numbers that are names of things",
                   .remedy = "Make features of texts by tf_idf in front of the batch"};
    return std::nullopt;
  }

  /// The drawn net's, where it is a linear one: its width suits the loss.
  [[nodiscard]] ParamMap last_layer() const {
    const Link* into = document_.link_into({drawn_.learner, "prediction"});
    const Node* last = into != nullptr ? document_.find(into->from.node) : nullptr;
    if (last != nullptr && last->type == "linear") return last->params;
    if (drawn_.compares == TargetKind::Numbers) return {{"units", std::int64_t{1}}};
    return {};
  }

  /// With the drawn net's loss and optimiser, where it has one of its own.
  void link_loss(ModelPart& part, const PortRef& prediction, double column) const {
    const Node* loss = drawn_.network ? document_.find(drawn_.learner) : nullptr;
    const NodeSpec* loss_spec = loss != nullptr ? Registry::instance().find(loss->type) : nullptr;
    const bool own = loss_spec != nullptr && loss_spec->target != TargetKind::None;
    const std::string type = own ? loss->type : drawn_.compares == TargetKind::Numbers ? "mse" : "cross_entropy";
    const double y = corner_.y + kModelRow;
    put(part, "loss", type, own ? loss->params : ParamMap{}, {corner_.x + kModelColumn * (column - 1), y});
    link(part, prediction, {"loss", "prediction"});
    link(part, drawn_.target, {"loss", "target"});
    link(part, {"loss", "loss"}, {drawn_.trainer, kLossInput});
    const Link* into = document_.link_into({drawn_.trainer, kOptimizerInput});
    const Node* optimizer = into != nullptr ? document_.find(into->from.node) : nullptr;
    put(part, "optimizer", optimizer != nullptr ? optimizer->type : "adam",
        optimizer != nullptr ? optimizer->params : ParamMap{}, {corner_.x + kModelColumn * column, y});
    link(part, {"optimizer", "optimizer"}, {drawn_.trainer, kOptimizerInput});
  }

  /// A model that makes no sound graph is left out, with why.
  void check(BaselineModel& model) const {
    Document changed = document_;
    auto edit = replace_model(document_, model.part);
    if (edit) {
      if (auto undo = changed.apply(*edit); !undo) model.left_out = undo.error();
    } else {
      model.left_out = edit.error();
    }
    if (!model.left_out) model.left_out = first_problem(changed);
    if (model.left_out) model.part = {};
  }

  const Document& document_;
  const DrawnModel& drawn_;
  TensorDesc features_{};
  Position corner_{};
  bool corner_at_ = false;
};

}  // namespace

Result<std::vector<BaselineModel>> baseline_models(const Document& document) {
  const auto drawn = drawn_model(document);
  if (!drawn) return fail(drawn.error());
  if (auto problem = first_problem(document)) return fail(std::move(*problem));
  const ModelMaker maker(document, *drawn);
  const std::string& learns = document.find(drawn->learner)->type;
  std::vector<BaselineModel> models;
  for (const KnownLearner& known : kKnownLearners) {
    if (!(drawn->compares == TargetKind::Numbers ? known.numbers : known.classes)) continue;
    if (known.type != learns) models.push_back(maker.learner(known));  // what is drawn is tried as it is
  }
  models.push_back(maker.small_net());
  models.push_back(maker.as_drawn());
  return models;
}

}  // namespace feedline::inline tuning
