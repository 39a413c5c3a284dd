// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/preview.h"

#include "engine/record_walk.h"
#include "training/model.h"
#include "training/tensors.h"

#include <algorithm>
#include <optional>

namespace feedline {
namespace {

/// The layers of a graph as far as one of them, with initial weights.
struct PreviewPart {
  std::unique_ptr<Model> model{};
  std::vector<PortRef> fields{};       ///< of the batch node
  std::optional<std::size_t> layer{};  ///< the wanted one; none: the loss
};

bool is_model(Role role) { return role == Role::Layer || role == Role::Loss; }

/// The whole model of the trainer if the node belongs to it, so that weights are drawn in the same order; else what
/// there is of it.
Result<LoweredModel> lower_part(const RecordWalk& walk) {
  for (const Node& node : walk.lowering().document().nodes()) {
    const NodeSpec* spec = Registry::instance().find(node.type);
    if (spec == nullptr || spec->role != Role::Trainer) continue;
    auto whole = lower_model(walk.lowering(), node);
    if (!whole) break;
    const auto& layers = whole->model.layers;
    const bool mine =
        whole->model.loss.node == walk.node().id ||
        std::any_of(layers.begin(), layers.end(), [&](const LayerPlan& layer) { return layer.node == walk.node().id; });
    if (mine) return whole;
  }
  return lower_layers(walk.lowering(), walk.node());
}

Result<PreviewPart> build_part(const RecordWalk& walk) {
  auto lowered = lower_part(walk);
  if (!lowered) return fail(std::move(lowered.error()));
  ModelPlan& plan = lowered->model;
  PreviewPart part;
  for (const std::string& field : lowered->fields) part.fields.push_back({lowered->batch->id, field});
  for (std::size_t i = 0; i < plan.layers.size() && !part.layer; ++i)
    if (plan.layers[i].node == walk.node().id) part.layer = i;
  if (part.layer) {
    plan.layers.resize(*part.layer + 1);
    plan.loss = {};
  }
  if (Status sized = check_sizes(plan); !sized) return fail(std::move(sized.error()));

  auto model = Model::build(plan, at::kCPU, walk.seed());
  if (!model) return fail(std::move(model.error()));
  part.model = std::move(*model);
  part.model->train(false);
  return part;
}

}  // namespace

class Previewer::Impl {
 public:
  explicit Impl(std::filesystem::path cache_folder)
      : cache_folder_(cache_folder.empty() ? default_cache_folder() : std::move(cache_folder)) {}

  Result<Preview> look(const Document& document, const PreviewRequest& request, const std::stop_token& stop) {
    if (walk_ == nullptr || request.node != node_ || document != document_) {
      forget();
      auto opened = RecordWalk::open(document, request.node, sources_,
                                     {.cache_folder = cache_folder_, .stop = stop, .progress = {}});
      if (!opened) return fail(std::move(opened.error()));
      walk_ = std::move(*opened);
      node_ = request.node;
      document_ = document;
    }
    if (Status walked = walk_->walk(request, stop); !walked) return fail(std::move(walked.error()));
    Preview preview;
    walk_->describe(preview);
    if (!is_model(walk_->spec().role)) {
      for (const auto& [port, from] : walk_->shown()) {
        if (walk_->at(from) == nullptr) continue;
        preview.values.push_back(walk_->value(from));
        preview.values.back().port = port;
      }
      return preview;
    }
    preview.untrained = true;
    auto value = model_value(stop);
    if (!value) return fail(std::move(value.error()));
    preview.values.push_back(std::move(*value));
    return preview;
  }

 private:
  void forget() {
    walk_.reset();
    part_.reset();
  }

  Result<PreviewValue> model_value(const std::stop_token& stop) {
    if (!part_) {
      auto built = build_part(*walk_);
      if (!built) return fail(std::move(built.error()));
      part_ = std::move(*built);
    }
    std::vector<at::Tensor> fields;
    for (const PortRef& port : part_->fields) fields.push_back(batch_of_one(walk_->value(port)));
    return catch_step_faults([&]() -> Result<PreviewValue> {
      const at::NoGradGuard no_gradients;
      const at::Tensor out = part_->layer ? part_->model->layer_output(fields, *part_->layer, stop).squeeze(0)
                                          : part_->model->forward(fields, stop).loss;
      PreviewValue value = to_value(out);
      value.port = walk_->shown().empty() ? std::string("loss") : walk_->shown().front().port;
      return value;
    });
  }

  std::filesystem::path cache_folder_;
  SourceKeeper sources_{};
  Document document_{};
  std::string node_{};
  std::unique_ptr<RecordWalk> walk_{};
  std::optional<PreviewPart> part_{};
};

Previewer::Previewer(std::filesystem::path cache_folder) : impl_(std::make_unique<Impl>(std::move(cache_folder))) {}
Previewer::~Previewer() = default;

Result<Preview> Previewer::look(const Document& document, const PreviewRequest& request, const std::stop_token& stop) {
  try {
    return impl_->look(document, request, stop);
  } catch (const std::exception& fault) {
    return fail(library_error(fault, request.node));
  }
}

}  // namespace feedline
