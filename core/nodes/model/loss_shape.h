// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/model/layer_shape.h"

#include <string_view>
#include <vector>

// Shape rules that several losses share. Their first input is `prediction`, their second `target`; their output is one
// number.

namespace feedline::inline nodes {

using LossShape = Result<std::vector<TensorDesc>>;

/// Prediction N×classes, target of N classes. Errors: a plain number as target, another number of columns than classes.
[[nodiscard]] LossShape infer_class_loss(DescInputs in);
/// Prediction N×1, target of N classes, two of them: the score of class 1. Errors: more classes, more columns.
[[nodiscard]] LossShape infer_two_class_loss(DescInputs in);
/// Prediction N×numbers, target of as many numbers a record; a class counts as its number. Errors: more or fewer.
[[nodiscard]] LossShape infer_number_loss(DescInputs in);

/// Are there as many items in a list with one for each class as the target has classes? None is right too. The error
/// names `parameter`.
[[nodiscard]] Status check_one_a_class(std::size_t items, DescInputs in, std::string_view parameter);

}  // namespace feedline::inline nodes
