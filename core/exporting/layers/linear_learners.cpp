// SPDX-License-Identifier: GPL-3.0-or-later
// Learners whose predictions are sums over the features: planes, lines, naive Bayes.
#include "exporting/python_text.h"
#include "exporting/writers.h"

#include <fmt/format.h>

namespace feedline::inline exporting {
namespace {

constexpr std::string_view kLearnt = R"py(class Learnt(nn.Module):
    """What a learner has learnt, as buffers that take the sizes of what is loaded."""

    def __init__(self, *kept):
        super().__init__()
        self.kept = kept
        for name in kept:
            self.register_buffer(name, torch.empty(0))

    def take(self, learnt):
        """In place of what it was exported with."""
        for name in self.kept:
            setattr(self, name, torch.as_tensor(learnt[name]))

    def _load_from_state_dict(self, state, prefix, *rest):
        for name in self.kept:
            if prefix + name in state:
                setattr(self, name, torch.empty_like(state[prefix + name]))
        super()._load_from_state_dict(state, prefix, *rest)


def rows_of(features):
    """A row of numbers a record."""
    return features.reshape(len(features), -1).float()


def among_all(shares, classes, count):
    """Of classes that were seen, among all: the others have none."""
    return shares.new_zeros(len(shares), count).index_copy(1, classes, shares).float()
)py";

constexpr std::string_view kLinearDecision = R"py(class LinearDecision(Learnt):
    """A plane a class, or one alone between two classes, whose positive side is the second."""

    def __init__(self, count):
        super().__init__("classes", "coefficients", "intercepts")
        self.count = count

    def scores(self, features):
        """One number for each class that was seen."""
        scores = rows_of(features).double() @ self.coefficients.T + self.intercepts
        return torch.cat((torch.zeros_like(scores), scores), 1) if scores.shape[1] == 1 else scores
)py";

constexpr std::string_view kLogisticModel = R"py(class LogisticRegression(LinearDecision):
    """The probability of each class."""

    def forward(self, features):
        return among_all(torch.softmax(self.scores(features), 1), self.classes, self.count)
)py";

constexpr std::string_view kLinearSvmModel = R"py(class LinearSvm(LinearDecision):
    """It only decides: 1 for the class that it chooses, 0 for the others."""

    def forward(self, features):
        chosen = self.classes[self.scores(features).argmax(1)]
        return nn.functional.one_hot(chosen, self.count).float()
)py";

std::string python_class_weight(const ParamReader& params) { return params.flag("balanced") ? "\"balanced\"" : "None"; }

Result<WrittenEstimator> write_logistic(const EstimatorToWrite& estimator) {
  const ParamReader params(estimator.plan.params);
  const std::string penalty = params.text("penalty");
  std::string given = penalty == "none" ? "penalty=None"
                                        : fmt::format("penalty=\"{}\", C={}{}", penalty, params.number("c"),
                                                      penalty == "l1" ? ", solver=\"saga\"" : "");
  given += fmt::format(", class_weight={}, tol={}, max_iter={}", python_class_weight(params),
                       params.number("tolerance"), params.integer("iterations"));
  return WrittenEstimator{
      .module = fmt::format("LogisticRegression({})", estimator.outputs()),
      .helpers = {"Learnt", "LinearDecision", "LogisticRegression"},
      .tensors = {"classes", "coefficients", "intercepts"},
      .fit = fmt::format("    from sklearn.linear_model import LogisticRegression\n"
                         "\n"
                         "    found = LogisticRegression({}).fit(features.astype(np.float64), targets)\n"
                         "    return {{\"classes\": found.classes_, \"coefficients\": found.coef_, "
                         "\"intercepts\": found.intercept_}}\n",
                         given)};
}

Result<WrittenEstimator> write_linear_svm(const EstimatorToWrite& estimator) {
  const ParamReader params(estimator.plan.params);
  const bool streams = params.text("solver") == "streaming";
  std::string given = fmt::format("C={}, loss=\"{}\", dual=True", params.number("c"), params.text("loss"));
  if (!streams)
    given += fmt::format(", class_weight={}, tol={}, max_iter={}", python_class_weight(params),
                         params.number("tolerance"), params.integer("iterations"));
  return WrittenEstimator{
      .module = fmt::format("LinearSvm({})", estimator.outputs()),
      .helpers = {"Learnt", "LinearDecision", "LinearSvm"},
      .tensors = {"classes", "coefficients", "intercepts"},
      .fit = fmt::format("    from sklearn.svm import LinearSVC\n"
                         "\n"
                         "{}"
                         "    found = LinearSVC({}, random_state=SEED).fit(features.astype(np.float64), targets)\n"
                         "    return {{\"classes\": found.classes_, \"coefficients\": found.coef_, "
                         "\"intercepts\": found.intercept_}}\n",
                         streams ? "    # Feedline learnt batch by batch and came near this minimum.\n" : "", given)};
}

constexpr std::string_view kLeastSquares = R"py(class LeastSquares(Learnt):
    """A weighted sum of the features."""

    def __init__(self):
        super().__init__("coefficients", "intercept")

    def forward(self, features):
        return (rows_of(features).double() @ self.coefficients + self.intercept)[:, None].float()
)py";

Result<WrittenEstimator> write_least_squares(const EstimatorToWrite& estimator) {
  const bool ridge = estimator.plan.type == "ridge_regression";
  const std::string solved =
      ridge ? fmt::format("np.linalg.solve(x.T @ x + {} * np.eye(x.shape[1]), x.T @ (targets - middle))",
                          ParamReader(estimator.plan.params).number("alpha"))
            : std::string("np.linalg.lstsq(x, targets - middle, rcond=None)[0]");
  return WrittenEstimator{
      .module = "LeastSquares()",
      .helpers = {"Learnt", "LeastSquares"},
      .tensors = {"coefficients", "intercept"},
      .fit =
          fmt::format("    features, targets = features.astype(np.float64), targets.astype(np.float64)\n"
                      "    mean, middle = features.mean(0), targets.mean()\n"
                      "    x = features - mean\n"
                      "    weights = {}\n"
                      "    return {{\"coefficients\": weights, \"intercept\": np.array([middle - mean @ weights])}}\n",
                      solved)};
}

constexpr std::string_view kGaussianBayes = R"py(class GaussianBayes(Learnt):
    """The probability of each class, as if features were independent normal distributions."""

    def __init__(self, smoothing):
        super().__init__("counts", "means", "squares")
        self.smoothing = smoothing

    def forward(self, features):
        x, counts = rows_of(features).double(), self.counts[:, None]
        mean = (counts * self.means).sum(0) / counts.sum()
        whole = (self.squares + counts * (self.means - mean) ** 2).sum(0) / counts.sum()
        variances = self.squares / counts.clamp(min=1) + self.smoothing * whole.max()
        variances = variances.clamp(min=torch.finfo(torch.float64).tiny)
        logs = [
            torch.log(count / counts.sum())
            - 0.5 * ((x - middle) ** 2 / variance + torch.log(2 * math.pi * variance)).sum(1)
            for count, middle, variance in zip(self.counts, self.means, variances)
        ]
        return torch.softmax(torch.stack(logs, 1), 1).float()
)py";

constexpr std::string_view kMultinomialBayes = R"py(class MultinomialBayes(Learnt):
    """The probability of each class, as if features were independent counts."""

    def __init__(self, alpha):
        super().__init__("counts", "sums")
        self.alpha = alpha

    def forward(self, features):
        sums = self.sums + self.alpha
        logs = rows_of(features).double() @ torch.log(sums / sums.sum(1, keepdim=True)).T
        return torch.softmax(logs + torch.log(self.counts / self.counts.sum()), 1).float()
)py";

Result<WrittenEstimator> write_naive_bayes(const EstimatorToWrite& estimator) {
  const ParamReader params(estimator.plan.params);
  const std::string by_class = fmt::format(
      "    features = features.astype(np.float64)\n"
      "    sides = [features[targets == label] for label in range({})]\n"
      "    counts = np.array([len(side) for side in sides], np.float64)\n",
      estimator.outputs());
  if (params.text("model") == "multinomial")
    return WrittenEstimator{
        .module = fmt::format("MultinomialBayes({})", params.number("alpha")),
        .helpers = {"Learnt", "MultinomialBayes"},
        .tensors = {"counts", "sums"},
        .fit = by_class + "    return {\"counts\": counts, \"sums\": np.stack([side.sum(0) for side in sides])}\n"};
  return WrittenEstimator{
      .module = fmt::format("GaussianBayes({})", params.number("smoothing")),
      .helpers = {"Learnt", "GaussianBayes"},
      .tensors = {"counts", "means", "squares"},
      .fit = by_class +
             "    means = np.stack([side.sum(0) / max(len(side), 1) for side in sides])\n"
             "    squares = np.stack([((side - mean) ** 2).sum(0) for side, mean in zip(sides, means)])\n"
             "    return {\"counts\": counts, \"means\": means, \"squares\": squares}\n"};
}

void add_linear_learners(Writers& writers) {
  writers.estimator("logistic_regression", write_logistic);
  writers.estimator("linear_svm", write_linear_svm);
  writers.estimator("linear_regression", write_least_squares);
  writers.estimator("ridge_regression", write_least_squares);
  writers.estimator("naive_bayes", write_naive_bayes);
  writers.leave_out("majority_class", "it predicts the same for every record, and looks at none");
  writers.helper("Learnt", kLearnt);
  writers.helper("LinearDecision", kLinearDecision);
  writers.helper("LogisticRegression", kLogisticModel);
  writers.helper("LinearSvm", kLinearSvmModel);
  writers.helper("LeastSquares", kLeastSquares);
  writers.helper("GaussianBayes", kGaussianBayes);
  writers.helper("MultinomialBayes", kMultinomialBayes);
}

}  // namespace
}  // namespace feedline::inline exporting

FEEDLINE_WRITER(add_linear_learners)
