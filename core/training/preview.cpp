// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/preview.h"

#include "engine/background_fit.h"
#include "engine/record_walk.h"
#include "training/load_weights.h"
#include "training/model.h"
#include "training/tensors.h"

#include <memory>
#include <string>
#include <utility>

namespace feedline::inline training {
namespace {

/// The layers as far as the wanted node, with the weights that a run begins with.
Result<std::unique_ptr<Model>> build_part(const RecordPlan::Model& part, std::uint64_t seed,
                                          const std::stop_token& stop) {
  auto model = Model::build(part.plan, at::kCPU, seed);
  if (!model) return model;
  if (auto loaded = load_weights(**model, stop, true); !loaded) return fail(std::move(loaded.error()));
  (*model)->train(false);
  return model;
}

}  // namespace

class Previewer::Impl {
 public:
  explicit Impl(std::filesystem::path cache_folder)
      : cache_folder_(cache_folder.empty() ? default_cache_folder() : std::move(cache_folder)), fits_(cache_folder_) {}

  [[nodiscard]] std::string doing() const { return fits_.doing(); }

  Result<Preview> look(const Document& document, const PreviewRequest& request, const std::stop_token& stop) {
    if (Status opened = open(document, request, stop); !opened) return fail(std::move(opened.error()));
    if (Status walked = walk_->walk(request.record, request.epoch, stop); !walked)
      return fail(std::move(walked.error()));
    Preview preview;
    walk_->describe(preview);
    if (!walk_->plan().model) {
      for (std::size_t i = 0; i < walk_->plan().values.size(); ++i) preview.values.push_back(walk_->value(i));
      return preview;
    }
    preview.untrained = true;
    auto value = model_value(*walk_->plan().model, stop);
    if (!value) return fail(std::move(value.error()));
    preview.values.push_back(std::move(*value));
    return preview;
  }

 private:
  /// What the last look left is of use for the next one; what layers hold does not depend on `training`.
  Status open(const Document& document, const PreviewRequest& request, const std::stop_token& stop) {
    const bool same = walk_ != nullptr && request.node == node_ && document == document_;
    if (same && request.training == training_) return {};
    walk_.reset();
    if (!same) model_.reset();
    auto plan = make_record_plan(document, {.node = request.node, .training = request.training}, sources_,
                                 {.cache_folder = cache_folder_, .stop = stop, .progress = {}},
                                 [&] { return fits_.learnt(document, stop); });
    if (!plan) return fail(std::move(plan.error()));
    walk_ = std::make_unique<RecordWalk>(std::move(*plan));
    node_ = request.node;
    training_ = request.training;
    document_ = document;
    return {};
  }

  Result<PreviewValue> model_value(const RecordPlan::Model& part, const std::stop_token& stop) {
    if (model_ == nullptr) {
      auto built = build_part(part, walk_->seed(), stop);
      if (!built) return fail(std::move(built.error()));
      model_ = std::move(*built);
    }
    std::vector<at::Tensor> fields;
    for (std::size_t i = 0; i < walk_->plan().values.size(); ++i) fields.push_back(batch_of_one(walk_->value(i)));
    return catch_step_faults([&]() -> Result<PreviewValue> {
      const at::NoGradGuard no_gradients;
      const at::Tensor out =
          part.layer ? model_->layer_output(fields, *part.layer, stop).squeeze(0) : model_->forward(fields, stop).loss;
      PreviewValue value = to_value(out);
      value.port = part.port;
      return value;
    });
  }

  std::filesystem::path cache_folder_;
  BackgroundFit fits_;
  SourceKeeper sources_{};
  Document document_{};
  std::string node_{};
  bool training_ = true;
  std::unique_ptr<RecordWalk> walk_{};
  std::unique_ptr<Model> model_{};  ///< of the same node, if it is a layer or the loss
};

Previewer::Previewer(std::filesystem::path cache_folder) : impl_(std::make_unique<Impl>(std::move(cache_folder))) {}
Previewer::~Previewer() = default;
std::string Previewer::doing() const { return impl_->doing(); }

Result<Preview> Previewer::look(const Document& document, const PreviewRequest& request, const std::stop_token& stop) {
  try {
    return impl_->look(document, request, stop);
  } catch (const std::exception& fault) {
    return fail(library_error(fault, request.node));
  }
}

}  // namespace feedline::inline training
