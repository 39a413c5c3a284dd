// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/estimator/boosted_bytes.h"

#include "nodes/estimator/ubjson.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline nodes {
namespace {

constexpr std::int64_t kMostBoostedClasses = 1'000'000;

tl::unexpected<Error> fail_forged(const std::string& what) {
  return fail("the kept trees are damaged: " + what, "Use another checkpoint, or train anew");
}

/// A number that XGBoost keeps as a text.
std::optional<std::int64_t> boosted_number(const UbjValue* object, std::string_view key) {
  const UbjValue* value = object != nullptr ? object->find(key) : nullptr;
  if (value == nullptr || value->kind != UbjValue::Kind::Text) return std::nullopt;
  std::int64_t number = 0;
  const char* end = value->text.data() + value->text.size();
  const auto [stop, fault] = std::from_chars(value->text.data(), end, number);
  if (fault != std::errc() || stop != end) return std::nullopt;
  return number;
}

/// Has the array exactly so many numbers?
bool has_numbers(const UbjValue& tree, std::string_view key, std::size_t count) {
  const UbjValue* value = tree.find(key);
  return value != nullptr && value->is_array() && value->size() == count && value->all_numbers();
}

bool is_empty_array(const UbjValue& tree, std::string_view key) {
  const UbjValue* value = tree.find(key);
  return value == nullptr || (value->is_array() && value->size() == 0);
}

/// Walks from the root: what is reached twice is no tree.
Status check_boosted_nodes(const UbjValue& tree, std::size_t nodes, std::size_t columns) {
  const UbjValue& left = *tree.find("left_children");
  const UbjValue& right = *tree.find("right_children");
  const UbjValue& parents = *tree.find("parents");
  const UbjValue& splits = *tree.find("split_indices");
  const auto count = static_cast<std::int64_t>(nodes);
  const auto within = [count](std::int64_t node) { return node >= 0 && node < count; };
  for (std::size_t node = 1; node < nodes; ++node)
    if (!within(parents.whole(node)))
      return fail_forged(fmt::format("a parent is {} of {} nodes", parents.whole(node), nodes));
  std::vector<bool> reached(nodes);
  std::vector<std::size_t> open = {0};
  reached[0] = true;
  while (!open.empty()) {
    const std::size_t node = open.back();
    open.pop_back();
    const std::array<std::int64_t, 2> children = {left.whole(node), right.whole(node)};
    if (children[0] == -1 && children[1] == -1) continue;
    const std::int64_t split = splits.whole(node);
    if (split < 0 || split >= static_cast<std::int64_t>(columns))
      return fail_forged(fmt::format("a tree asks for column {} of {}", split, columns));
    for (const std::int64_t child : children) {
      if (!within(child)) return fail_forged(fmt::format("a child is {} of {} nodes", child, nodes));
      const auto at = static_cast<std::size_t>(child);
      if (reached[at]) return fail_forged("two ways lead to one node of a tree");
      if (parents.whole(at) != static_cast<std::int64_t>(node)) return fail_forged("a node is under another parent");
      reached[at] = true;
      open.push_back(at);
    }
  }
  return {};
}

Status check_boosted_tree(const UbjValue& tree, std::size_t columns) {
  const UbjValue* params = tree.find("tree_param");
  const auto nodes = boosted_number(params, "num_nodes");
  const auto features = boosted_number(params, "num_feature");
  const auto leaf = boosted_number(params, "size_leaf_vector");
  if (!nodes || *nodes < 1 || !features || !leaf) return fail_forged("a tree does not say how large it is");
  if (*features != static_cast<std::int64_t>(columns))
    return fail_forged(fmt::format("a tree is of {} features, and there are {}", *features, columns));
  if (*leaf < 0 || *leaf > 1) return fail_forged("a leaf has several numbers");
  const auto count = static_cast<std::size_t>(*nodes);
  for (const char* key : {"left_children", "right_children", "parents", "split_indices", "split_conditions",
                          "default_left", "split_type", "base_weights", "loss_changes", "sum_hessian"})
    if (!has_numbers(tree, key, count)) return fail_forged(fmt::format("{} of a tree is not of {} nodes", key, count));
  for (const char* key : {"categories", "categories_nodes", "categories_segments", "categories_sizes"})
    if (!is_empty_array(tree, key)) return fail_forged("a tree asks for categories");
  const UbjValue& types = *tree.find("split_type");
  for (std::size_t node = 0; node < count; ++node)
    if (types.whole(node) != 0) return fail_forged("a tree asks for categories");
  return check_boosted_nodes(tree, count, columns);
}

/// By how many trees the rounds are long (XGBoost 2 and up).
Status check_boosted_rounds(const UbjValue& model, std::size_t trees) {
  const UbjValue* rounds = model.find("iteration_indptr");
  if (rounds == nullptr) return {};
  if (!rounds->is_array() || rounds->size() == 0 || !rounds->all_numbers()) return fail_forged("it has no rounds");
  std::int64_t before = 0;
  for (std::size_t i = 0; i < rounds->size(); ++i) {
    const std::int64_t at = rounds->whole(i);
    if (at < before || (i == 0 && at != 0)) return fail_forged("its rounds are in no order");
    before = at;
  }
  if (before != static_cast<std::int64_t>(trees)) return fail_forged("its rounds are of other trees");
  return {};
}

Status check_boosted_classes(const UbjValue& learner, std::int64_t classes) {
  const UbjValue* objective = learner.find("objective");
  const UbjValue* name = objective != nullptr ? objective->find("name") : nullptr;
  if (name == nullptr || name->kind != UbjValue::Kind::Text) return fail_forged("it has no objective");
  if (name->text == "multi:softprob") {
    const auto own = boosted_number(objective->find("softmax_multiclass_param"), "num_class");
    if (!own || *own < 1 || *own != classes) return fail_forged("its objective is of other classes");
    return {};
  }
  if (name->text != "binary:logistic" && name->text != "reg:squarederror")
    return fail_forged("it has another objective");
  if (classes > 1) return fail_forged("its objective is of other classes");
  return {};
}

}  // namespace

Status check_boosted_bytes(std::span<const std::uint8_t> bytes, std::size_t columns) {
  const auto each_tree = [columns](const UbjValue& tree) { return check_boosted_tree(tree, columns); };
  const auto read = read_ubjson(bytes, {.key = "trees", .found = each_tree});
  if (!read && read.error().remedy.empty()) return fail_forged(read.error().reason);
  if (!read) return fail(read.error());
  const UbjValue* learner = read->find("learner");
  const UbjValue* params = learner != nullptr ? learner->find("learner_model_param") : nullptr;
  const UbjValue* booster = learner != nullptr ? learner->find("gradient_booster") : nullptr;
  const UbjValue* model = booster != nullptr ? booster->find("model") : nullptr;
  const UbjValue* name = booster != nullptr ? booster->find("name") : nullptr;
  const UbjValue* version = read->find("version");
  if (params == nullptr || model == nullptr || name == nullptr || name->text != "gbtree")
    return fail_forged("it is no model of trees");
  if (version == nullptr || !version->is_array() || version->size() != 3 || !version->all_numbers() ||
      version->whole(0) < 1)
    return fail_forged("it is of no version");
  const auto features = boosted_number(params, "num_feature");
  const auto classes = boosted_number(params, "num_class");
  if (!features || !classes || *classes < 0 || *classes > kMostBoostedClasses)
    return fail_forged("it does not say what it is of");
  if (*features != static_cast<std::int64_t>(columns))
    return fail(fmt::format("the kept trees are of {} features, and there are {}", *features, columns),
                "Use the checkpoint with the graph that it was trained with");
  if (params->find("num_target") != nullptr && boosted_number(params, "num_target") != 1)
    return fail_forged("it has several targets");
  for (const char* key : {"feature_names", "feature_types"})
    if (!is_empty_array(*learner, key)) return fail_forged("it names its features");
  const UbjValue* trees = model->find("trees");
  const UbjValue* of = model->find("tree_info");
  const UbjValue* all = model->find("gbtree_model_param");
  if (trees == nullptr || trees->kind != UbjValue::Kind::Streamed || of == nullptr || !of->is_array() ||
      of->size() != trees->count || !of->all_numbers() ||
      boosted_number(all, "num_trees") != static_cast<std::int64_t>(trees->count))
    return fail_forged("it has another number of trees than it says");
  if (boosted_number(all, "num_parallel_tree") != 1) return fail_forged("its rounds have several trees of a class");
  const std::int64_t groups = std::max<std::int64_t>(*classes, 1);
  for (std::size_t i = 0; i < of->size(); ++i)
    if (of->whole(i) < 0 || of->whole(i) >= groups) return fail_forged("a tree is of a class that there is not");
  if (Status rounds = check_boosted_rounds(*model, trees->count); !rounds) return rounds;
  return check_boosted_classes(*learner, *classes);
}

}  // namespace feedline::inline nodes
