// SPDX-License-Identifier: GPL-3.0-or-later
// Trees, one alone or XGBoost's.
#include "exporting/python_text.h"
#include "exporting/writers.h"

#include <fmt/format.h>

namespace feedline::inline exporting {
namespace {

constexpr std::string_view kDecisionTreeModel = R"py(class DecisionTree(Learnt):
    """Asks at each node whether a feature (-1: a leaf) is at most a threshold: then on at `next`, else behind it."""

    def __init__(self):
        super().__init__("features", "thresholds", "next", "leaves")

    def forward(self, features):
        x, node = rows_of(features), torch.zeros(len(features), dtype=torch.int64)
        while True:
            asked = self.features[node]
            if (asked < 0).all():
                return self.leaves[self.next[node]]
            numbers = x.gather(1, asked.clamp(min=0)[:, None])[:, 0].double()
            right = ~(numbers <= self.thresholds[node])
            node = torch.where(asked < 0, node, self.next[node] + right)
)py";

Result<WrittenEstimator> write_decision_tree(const EstimatorToWrite& estimator) {
  const ParamReader params(estimator.plan.params);
  const bool classes = estimator.plan.classes > 0;
  const std::int64_t depth = params.integer("depth");
  const std::string limits = fmt::format("max_depth={}, min_samples_split={}, min_samples_leaf={}, random_state=SEED",
                                         depth > 0 ? std::to_string(depth) : "None", params.integer("split_rows"),
                                         params.integer("leaf_rows"));
  const std::string type = classes ? "DecisionTreeClassifier" : "DecisionTreeRegressor";
  std::string fit = fmt::format(
      "    from sklearn.tree import {}\n"
      "\n"
      "    found = {}({}{}).fit(features, targets)\n"
      "    tree, order, after, leaves = found.tree_, [0], [], []\n"
      "    for node in order:  # children side by side\n"
      "        if tree.children_left[node] >= 0:\n"
      "            after.append(len(order))\n"
      "            order += [tree.children_left[node], tree.children_right[node]]\n"
      "            continue\n"
      "        after.append(len(leaves))\n",
      type, type, classes ? fmt::format("criterion=\"{}\", ", params.text("criterion")) : "", limits);
  if (classes)
    fit += fmt::format(
        "        counts = tree.value[node][0]\n"
        "        leaves.append(np.zeros({}, np.float32))\n"
        "        leaves[-1][found.classes_] = counts / counts.sum()\n",
        estimator.plan.classes);
  else
    fit += "        leaves.append(tree.value[node][0].astype(np.float32))\n";
  fit +=
      "    asked = np.where(tree.children_left[order] < 0, -1, tree.feature[order])\n"
      "    return {\"features\": asked, \"thresholds\": tree.threshold[order], \"next\": np.array(after),\n"
      "            \"leaves\": np.stack(leaves)}\n";
  return WrittenEstimator{.module = "DecisionTree()",
                          .helpers = {"Learnt", "DecisionTree"},
                          .tensors = {"features", "thresholds", "next", "leaves"},
                          .fit = std::move(fit)};
}

constexpr std::string_view kBoostedModel = R"py(def read_ubjson(data):
    """A value in Universal Binary JSON, the form in which XGBoost keeps its models."""
    numbers, at = {"U": "u1", "i": "i1", "I": ">i2", "l": ">i4", "L": ">i8", "d": ">f4", "D": ">f8"}, 0

    def take(count):
        nonlocal at
        at += count
        return data[at - count : at]

    def read(sign=None):
        sign = sign or take(1).decode()
        if sign in numbers:
            kind = np.dtype(numbers[sign])
            return np.frombuffer(take(kind.itemsize), kind)[0].item()
        if sign == "S":
            return take(read()).decode()
        if sign == "{":
            value = {}
            while data[at : at + 1] != b"}":
                key = take(read()).decode()
                value[key] = read()
            take(1)
            return value
        if sign == "[":
            kind = np.dtype(numbers[take(2)[1:].decode()]) if data[at : at + 1] == b"$" else None
            count = read(take(2)[1:].decode()) if data[at : at + 1] == b"#" else None
            if kind is not None:
                return np.frombuffer(take(count * kind.itemsize), kind).astype(kind.newbyteorder("="))
            value = []
            while len(value) < count if count is not None else data[at : at + 1] != b"]":
                value.append(read())
            if count is None:
                take(1)
            return value
        return {"T": True, "F": False}.get(sign)

    return read()


class BoostedTrees(Learnt):
    """XGBoost's trees: the probability of each class (`count` of them), or a number."""

    def __init__(self, count):
        super().__init__("xgboost")
        self.count, self.learner, self.read_from = count, None, None

    def leaves(self, tree, x):
        """What the leaf of each row adds. A number that is missing goes where the tree says."""
        names = ("left_children", "right_children", "split_indices", "split_conditions", "default_left")
        left, right, asked, value, missing = (torch.as_tensor(np.array(tree[name])) for name in names)
        left, right, asked = left.long(), right.long(), asked.long().clamp(0, x.shape[1] - 1)
        node = torch.zeros(len(x), dtype=torch.int64)
        while (left[node] >= 0).any():
            numbers = x.gather(1, asked[node][:, None])[:, 0]
            goes_left = torch.where(numbers.isnan(), missing[node] != 0, numbers < value[node])
            node = torch.where(left[node] < 0, node, torch.where(goes_left, left[node], right[node]))
        return value[node]

    def forward(self, features):
        if self.read_from is not self.xgboost:
            self.read_from, self.learner = self.xgboost, read_ubjson(self.xgboost.numpy().tobytes())["learner"]
        x, told = rows_of(features), self.learner["learner_model_param"]
        start = torch.tensor([float(part) for part in told["base_score"].strip("[]").split(",")], dtype=torch.float64)
        if self.count == 2:
            start = torch.logit(start)
        sums = start + torch.zeros(len(x), max(int(told["num_class"]), 1), dtype=torch.float64)
        model = self.learner["gradient_booster"]["model"]
        for tree, group in zip(model["trees"], model["tree_info"]):
            sums[:, int(group)] += self.leaves(tree, x)
        if self.count == 2:
            second = torch.sigmoid(sums)
            return torch.cat((1 - second, second), 1).float()
        return torch.softmax(sums, 1).float() if self.count else sums.float()
)py";

Result<WrittenEstimator> write_boosted_trees(const EstimatorToWrite& estimator) {
  const ParamReader params(estimator.plan.params);
  const std::int64_t classes = estimator.plan.classes;
  const std::string objective = classes == 0   ? std::string("\"reg:squarederror\"")
                                : classes == 2 ? std::string("\"binary:logistic\"")
                                               : fmt::format("\"multi:softprob\", \"num_class\": {}", classes);
  return WrittenEstimator{
      .module = fmt::format("BoostedTrees({})", classes),
      .helpers = {"Learnt", "BoostedTrees"},
      .tensors = {"xgboost"},
      .fit =
          fmt::format("    import xgboost\n"
                      "\n"
                      "    settings = {{\"objective\": {}, \"tree_method\": \"{}\", \"max_depth\": {}, \"eta\": {},\n"
                      "                \"subsample\": {}, \"colsample_bytree\": {}, \"lambda\": {},\n"
                      "                \"min_child_weight\": {}, \"seed\": SEED}}\n"
                      "    found = xgboost.train(settings, xgboost.DMatrix(features, targets), {})\n"
                      "    return {{\"xgboost\": np.array(found.save_raw(\"ubj\"))}}\n",
                      objective, params.text("method"), params.integer("depth"), params.number("learning_rate"),
                      params.number("subsample"), params.number("column_share"), params.number("l2"),
                      params.number("leaf_weight"), params.integer("rounds"))};
}

void add_tree_learners(Writers& writers) {
  writers.estimator("decision_tree", write_decision_tree);
  writers.estimator("boosted_trees", write_boosted_trees);
  writers.helper("DecisionTree", kDecisionTreeModel);
  writers.helper("BoostedTrees", kBoostedModel);
}

}  // namespace
}  // namespace feedline::inline exporting

FEEDLINE_WRITER(add_tree_learners)
