// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/features/learnt_label.h"

#include <fmt/format.h>

namespace feedline::inline nodes {

std::optional<std::size_t> classes_of(DescInputs in) {
  if (in.size() < 2 || in[1] == nullptr || !in[1]->classes.known()) return std::nullopt;
  return static_cast<std::size_t>(in[1]->classes.size());
}

Status check_learnt_label(DescInputs in) {
  if (in.size() < 2 || in[1] == nullptr) return {};
  if (!in[1]->shape.empty())
    return fail(Error{.reason = "it takes one class or number a record, but " + in[1]->text() + " arrives",
                      .remedy = "Leave the node out where a record has several labels",
                      .port = "label"});
  const auto classes = classes_of(in);
  if (classes && *classes > kMostLabelClasses)
    return fail(
        Error{.reason = fmt::format("the label has {} classes; it compares {} at most", *classes, kMostLabelClasses),
              .remedy = "Use pca or variance_threshold, which do not look at it",
              .port = "label"});
  return {};
}

Error no_such_class(double label, std::size_t classes) {
  return {.reason = fmt::format("a label is {}, but there are {} classes", label, classes),
          .remedy = "Look at the labels of the source"};
}

}  // namespace feedline::inline nodes
