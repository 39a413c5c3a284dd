// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tuning/model_part.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline tuning {

inline constexpr std::string_view kSmallNet = "small_net";
inline constexpr std::string_view kAsDrawn = "as_drawn";

/// One model that is held against the others.
struct BaselineModel {
  std::string name{};   ///< type of an estimator's node ("logistic_regression"), kSmallNet, kAsDrawn: one word
  std::string title{};  ///< for people: "Logistic regression"
  bool network = false;
  ModelPart part{};                 ///< what takes the place of what is drawn; empty where it is left out
  std::optional<Error> left_out{};  ///< why it cannot be tried
};

/// The models that what is drawn is held against, those first that usually cost least, and last what is drawn itself:
/// the most frequent class, linear models, trees, neighbours, boosted trees, a kernel SVM, a net with one hidden layer
/// of 64 units that has the loss and the optimiser of the drawn one. Estimators have their default parameters and read
/// what the drawn model reads: pictures as flat rows of numbers; token ids, values of differing length and several
/// fields are no features, which leaves them out with a remedy. So does a type that this program does not have.
/// Errors: as of drawn_model(); the graph has a problem.
[[nodiscard]] Result<std::vector<BaselineModel>> baseline_models(const Document& document);

}  // namespace feedline::inline tuning
