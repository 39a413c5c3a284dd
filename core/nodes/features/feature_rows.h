// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What the nodes that make a vector of features shorter share: how they see the training records, what is kept of the
// columns, and the op that keeps them.

#include "schema/behaviour.h"
#include "schema/fitted.h"
#include "schema/node_spec.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline nodes {

/// What learns from vectors of features: it is shown those of all training records, one by one, in the order of the
/// sampler.
class FeatureLearner {
 public:
  FeatureLearner() = default;
  FeatureLearner(const FeatureLearner&) = delete;
  FeatureLearner& operator=(const FeatureLearner&) = delete;
  virtual ~FeatureLearner() = default;
  /// See Fitter::equip().
  virtual void equip(const FitHelp& /*help*/) {}
  /// `label`: of the record, as a number; 0 where the node takes none. Errors end the fit.
  virtual Status take(std::span<const float> features, double label) = 0;
  [[nodiscard]] virtual Result<NamedTensors> finish() const = 0;
};

/// Makes one before the first record. Error: memory cannot hold it, see check_learner_memory().
using MakeFeatureLearner = std::function<Result<std::unique_ptr<FeatureLearner>>()>;

/// A fitter that keeps the vectors it is shown, a copy on the workers' threads; the one that they are merged into shows
/// them to its learner. Records of another width, with numbers that are not finite, or without a label are bad ones.
/// `labelled`: the second input is the record's label.
[[nodiscard]] std::unique_ptr<Fitter> feature_fitter(std::size_t width, bool labelled, MakeFeatureLearner learner);

/// Refuses a learner that would take more memory than is free.
[[nodiscard]] Status check_learner_memory(double bytes, std::string_view remedy);

/// Refuses what is no vector of f32 of one length. Port `features`.
[[nodiscard]] Status check_feature_vector(const TensorDesc& in);
/// How many numbers they have; none before what stands in front has learnt.
[[nodiscard]] std::optional<std::size_t> width_of(DescInputs in);
/// What a node gives before it has learnt: a vector of unknown length.
[[nodiscard]] TensorDesc features_of_unknown_width();
/// The name of each feature: of its column, else its place, "0", "1", ...
[[nodiscard]] std::vector<std::string> feature_names(const TensorDesc& in);

/// Puts down which features are kept: "kept_places", ascending, and the texts "kept" and "removed", their names.
void put_kept(NamedTensors& state, const std::vector<std::string>& names, std::span<const std::size_t> places);
/// The same from a state, for vectors of this width. Errors: wrong_state().
[[nodiscard]] Result<std::vector<std::size_t>> kept_places(const NamedTensors& state, std::size_t width);
/// The description of the kept features: shape and columns. Errors: wrong_state().
[[nodiscard]] Result<TensorDesc> kept_features(DescInputs in, const NamedTensors& state);
/// What gives the kept features, in their order. Errors: wrong_state(), a width that is not known.
[[nodiscard]] Result<std::unique_ptr<SampleOp>> keep_features(DescInputs in, const NamedTensors& state);

/// A record whose vector has not as many numbers as were learnt from.
[[nodiscard]] Error wrong_width(std::size_t found, std::size_t expected);

}  // namespace feedline::inline nodes
