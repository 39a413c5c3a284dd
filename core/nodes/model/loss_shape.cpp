// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/loss_shape.h"

#include <fmt/format.h>

namespace feedline::inline nodes {
namespace {

LossShape one_number() { return std::vector<TensorDesc>{TensorDesc{.kind = Kind::Loss, .dtype = DType::F32}}; }

struct Pair {
  TensorDesc prediction{};
  TensorDesc target{};
};

Result<Pair> pair_of(DescInputs in) {
  auto prediction = input_desc(in, 0, "prediction");
  if (!prediction) return fail(std::move(prediction.error()));
  if (auto status = check_features(*prediction, "prediction"); !status) return fail(std::move(status.error()));
  auto target = input_desc(in, 1, "target");
  if (!target) return fail(std::move(target.error()));
  return Pair{std::move(*prediction), std::move(*target)};
}

/// A width that the data are to decide: as many as they have classes.
bool as_classes(const Dim& columns) { return !columns.known() && columns.symbol_name() == "classes"; }

Status check_classes_known(const TensorDesc& target) {
  if (!target.classes.known() || target.classes.size() != 0) return {};
  if (target.shape.size() == 2)
    return fail(Error{.reason = "its target is several labels a record, not one class",
                      .remedy = "Use multi_label_cross_entropy, or set label_kind of the source to class",
                      .port = "target"});
  return fail(Error{
      .reason = "its target is a plain number, not a class",
      .remedy =
          "Connect a label that has classes (label_kind of the source), or use a loss for numbers such as mse and "
          "set units of the last linear to 1",
      .port = "target"});
}

}  // namespace

LossShape infer_class_loss(DescInputs in) {
  const auto pair = pair_of(in);
  if (!pair) return fail(pair.error());
  if (Status classes = check_classes_known(pair->target); !classes) return fail(std::move(classes.error()));
  const Dim& columns = pair->prediction.shape[1];
  if (!columns.agrees_with(pair->target.classes))
    return fail(Error{.reason = fmt::format("the prediction has {} values per record, but the data has {} classes",
                                            columns.text(), pair->target.classes.text()),
                      .remedy = "Set units of the linear node before it to 0 (as many as the data has classes), or put "
                                "such a linear node in between",
                      .port = "prediction"});
  return one_number();
}

LossShape infer_two_class_loss(DescInputs in) {
  const auto pair = pair_of(in);
  if (!pair) return fail(pair.error());
  if (Status classes = check_classes_known(pair->target); !classes) return fail(std::move(classes.error()));
  if (!pair->target.classes.agrees_with(2))
    return fail(
        Error{.reason = fmt::format("it tells two classes apart, but the data has {}", pair->target.classes.text()),
              .remedy = "Use a loss for any number of classes, such as cross_entropy",
              .port = "target"});
  const Dim& columns = pair->prediction.shape[1];
  if (as_classes(columns) || !columns.agrees_with(1))
    return fail(Error{.reason = fmt::format("the prediction has {} values per record, but it takes one: how likely "
                                            "class 1 is",
                                            columns.text()),
                      .remedy = "Set units of the linear node before it to 1",
                      .port = "prediction"});
  return one_number();
}

LossShape infer_number_loss(DescInputs in) {
  const auto pair = pair_of(in);
  if (!pair) return fail(pair.error());
  const Dim numbers = product(pair->target, 1);
  const Dim& columns = pair->prediction.shape[1];
  if (as_classes(columns) || !columns.agrees_with(numbers))
    return fail(Error{.reason = fmt::format("the prediction has {} values per record, but the target has {}",
                                            columns.text(), numbers.text()),
                      .remedy = fmt::format("Set units of the linear node before it to {}", numbers.text()),
                      .port = "prediction"});
  return one_number();
}

Status check_one_a_class(std::size_t items, DescInputs in, std::string_view parameter) {
  if (items == 0 || in.size() < 2 || in[1] == nullptr) return {};
  const Dim& classes = in[1]->classes;
  if (!classes.known() || classes.size() == 0 || classes.size() == static_cast<std::int64_t>(items)) return {};
  return fail(
      Error{.reason = fmt::format("{} has {} numbers, but the data has {} classes", parameter, items, classes.size()),
            .remedy = "Give one for each class, in their order, or none",
            .parameter = std::string(parameter)});
}

}  // namespace feedline::inline nodes
