// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/features/feature_rows.h"

#include "base/memory.h"
#include "base/numbers.h"
#include "nodes/table/row_fitter.h"
#include "nodes/table/table_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace feedline::inline nodes {
namespace {

/// Worked out once a node; shared by all its fitters.
struct FeatureFitterPlan {
  std::size_t width = 0;
  bool labelled = false;
  MakeFeatureLearner learner{};
};

class FeatureFitter final : public Fitter {
 public:
  explicit FeatureFitter(std::shared_ptr<const FeatureFitterPlan> plan) : plan_(std::move(plan)) {}

  Status add(std::span<const Datum* const> in) override {
    const Datum& value = *in[0];
    const std::size_t width = plan_->width;
    if (value.dtype() != DType::F32 || value.bytes() != width * sizeof(float))
      return fail(wrong_width(value.bytes() / sizeof(float), width));
    const std::span<const float> row(value.as<float>(), width);
    float check = 0;
    for (const float number : row) check += number * 0;  // NaN of what is not finite
    if (check != 0 || std::isnan(check))
      return fail_record("a feature is not finite", "Put an impute node in front, which fills missing values in");
    double label = 0;
    if (plan_->labelled) {
      if (in.size() < 2 || in[1] == nullptr) return fail_record("it has no label");
      auto number = label_number(*in[1]);
      if (!number) return fail(std::move(number.error()));
      label = *number;
    }
    if (learner_ != nullptr) return learner_->take(row, label);
    kept_.insert(kept_.end(), row.begin(), row.end());
    labels_.push_back(label);
    return {};
  }

  Status merge(const Fitter& next) override {
    const auto& rows = static_cast<const FeatureFitter&>(next);
    if (rows.learner_ != nullptr)
      return fail("a fitter that others were merged into cannot be merged into another one");
    if (learner_ == nullptr) {
      auto made = plan_->learner();
      if (!made) return fail(std::move(made.error()));
      learner_ = std::move(*made);
      learner_->equip(help_);
      if (Status shown = show(*this); !shown) return shown;
      kept_.clear();
      labels_.clear();
    }
    return show(rows);
  }

  bool reset() override {
    kept_.clear();
    labels_.clear();
    learner_.reset();
    return true;
  }

  void equip(const FitHelp& help) override { help_ = help; }

  [[nodiscard]] Result<NamedTensors> finish() const override {
    if (learner_ != nullptr) return learner_->finish();
    if (labels_.empty()) return fail(no_rows());
    FeatureFitter all(plan_);
    if (Status merged = all.merge(*this); !merged) return fail(std::move(merged.error()));
    return all.learner_->finish();
  }

 private:
  Status show(const FeatureFitter& rows) {
    for (std::size_t i = 0; i < rows.labels_.size(); ++i) {
      const std::span<const float> row(rows.kept_.data() + i * plan_->width, plan_->width);
      if (Status taken = learner_->take(row, rows.labels_[i]); !taken) return taken;
    }
    return {};
  }

  std::shared_ptr<const FeatureFitterPlan> plan_;
  FitHelp help_{};
  std::vector<float> kept_{};     ///< rows that nobody has learnt from
  std::vector<double> labels_{};  ///< one a row
  std::unique_ptr<FeatureLearner> learner_{};
};

class KeepFeaturesOp final : public SampleOp {
 public:
  KeepFeaturesOp(std::size_t width, std::vector<std::size_t> places) : width_(width), places_(std::move(places)) {}

  Status run(std::span<const Datum* const> in, std::span<Datum* const> out, OpContext&) const override {
    if (in[0]->dtype() != DType::F32 || in[0]->bytes() != width_ * sizeof(float))
      return fail(wrong_width(in[0]->bytes() / sizeof(float), width_));
    auto* to = reinterpret_cast<float*>(out[0]->allocate(DType::F32, {static_cast<std::int64_t>(places_.size())}));
    const float* from = in[0]->as<float>();
    for (std::size_t i = 0; i < places_.size(); ++i) to[i] = from[places_[i]];
    return {};
  }

 private:
  std::size_t width_;
  std::vector<std::size_t> places_;
};

}  // namespace

std::unique_ptr<Fitter> feature_fitter(std::size_t width, bool labelled, MakeFeatureLearner learner) {
  return std::make_unique<FeatureFitter>(
      std::make_shared<const FeatureFitterPlan>(FeatureFitterPlan{width, labelled, std::move(learner)}));
}

Status check_learner_memory(double bytes, std::string_view remedy) {
  constexpr double kMostLearnerBytes = 9e18;
  constexpr double kFreeForLearners = 0.9;
  const std::uint64_t free = free_memory();
  if (free == 0 || bytes <= kFreeForLearners * static_cast<double>(free)) return {};
  return fail(
      Error{.code = ErrorCode::Failed,
            .reason = fmt::format("learning from so many features takes {} of memory, and {} are free",
                                  numbers::bytes(static_cast<std::uint64_t>(std::min(bytes, kMostLearnerBytes))),
                                  numbers::bytes(free)),
            .remedy = std::string(remedy)});
}

Status check_feature_vector(const TensorDesc& in) {
  if (in.kind == Kind::Features && in.dtype == DType::F32 && in.shape.size() == 1 && !in.ragged()) return {};
  return fail(Error{.reason = "it takes a vector of f32 of one length, but " + in.text() + " arrives",
                    .remedy = "Put a features node behind the table, or a pixels node behind the picture",
                    .port = "features"});
}

std::optional<std::size_t> width_of(DescInputs in) {
  if (in.empty() || in[0] == nullptr || in[0]->shape.size() != 1 || !in[0]->shape.front().known()) return std::nullopt;
  return static_cast<std::size_t>(in[0]->shape.front().size());
}

TensorDesc features_of_unknown_width() {
  return {.kind = Kind::Features, .dtype = DType::F32, .shape = {Dim::symbol("features")}};
}

std::vector<std::string> feature_names(const TensorDesc& in) {
  std::vector<std::string> names;
  const auto width = static_cast<std::size_t>(in.shape.front().size());
  for (std::size_t i = 0; i < width; ++i)
    names.push_back(in.columns.size() == width ? in.columns[i].name : std::to_string(i));
  return names;
}

void put_kept(NamedTensors& state, const std::vector<std::string>& names, std::span<const std::size_t> places) {
  std::vector<std::int64_t> kept;
  std::vector<std::string> kept_names;
  std::vector<std::string> removed_names;
  for (std::size_t i = 0, next = 0; i < names.size(); ++i) {
    const bool stays = next < places.size() && places[next] == i;
    (stays ? kept_names : removed_names).push_back(names[i]);
    if (!stays) continue;
    kept.push_back(static_cast<std::int64_t>(i));
    ++next;
  }
  state.insert_or_assign("kept_places", TensorValue::of(kept));
  put_texts(state, "kept", kept_names);
  put_texts(state, "removed", removed_names);
}

Result<std::vector<std::size_t>> kept_places(const NamedTensors& state, std::size_t width) {
  const auto counts = kept_counts(state, "kept_places");
  if (!counts || counts->empty()) return fail(wrong_state());
  std::vector<std::size_t> places;
  for (const std::int64_t place : *counts) {
    const bool ascends = places.empty() || place > static_cast<std::int64_t>(places.back());
    if (place < 0 || place >= static_cast<std::int64_t>(width) || !ascends) return fail(wrong_state());
    places.push_back(static_cast<std::size_t>(place));
  }
  return places;
}

Result<TensorDesc> kept_features(DescInputs in, const NamedTensors& state) {
  const auto width = width_of(in);
  if (!width) return features_of_unknown_width();
  const auto places = kept_places(state, *width);
  if (!places) return fail(places.error());
  TensorDesc out = *in[0];
  out.shape = {static_cast<std::int64_t>(places->size())};
  out.columns.clear();
  if (in[0]->columns.size() == *width)
    for (const std::size_t place : *places) out.columns.push_back(in[0]->columns[place]);
  return out;
}

Result<std::unique_ptr<SampleOp>> keep_features(DescInputs in, const NamedTensors& state) {
  const auto width = width_of(in);
  if (!width) return fail("the length of its features is not known");
  auto places = kept_places(state, *width);
  if (!places) return fail(std::move(places.error()));
  return std::make_unique<KeepFeaturesOp>(*width, std::move(*places));
}

Error wrong_width(std::size_t found, std::size_t expected) {
  return {.code = ErrorCode::BadRecord,
          .reason = fmt::format("a vector of {} numbers where {} are expected", found, expected)};
}

}  // namespace feedline::inline nodes
