// SPDX-License-Identifier: GPL-3.0-or-later
// Learners that keep training records: support vectors and nearest neighbours.
#include "exporting/python_text.h"
#include "exporting/writers.h"

#include <fmt/format.h>

namespace feedline::inline exporting {
namespace {

constexpr std::string_view kKernelSvmModel = R"py(def couple_pairs(between):
    """One probability a class, of those between each two: between[:, a, b] is that of a where it is a or b.

    Wu, Lin and Weng, "Probability estimates for multi-class classification by pairwise coupling", 2004.
    """
    classes = between.shape[1]
    quadratic = -between * between.transpose(1, 2)
    squares = (between * (1 - torch.eye(classes, dtype=between.dtype))) ** 2
    quadratic.diagonal(dim1=1, dim2=2).copy_(squares.sum(1))
    shares = torch.full_like(between[:, 0], 1 / classes)
    for _ in range(100):
        products = (quadratic @ shares[:, :, None])[:, :, 0]
        whole = (shares * products).sum(1)
        open_rows = ((products - whole[:, None]).abs().amax(1) >= 0.005 / classes).double()
        if not open_rows.any():
            break
        for a in range(classes):
            own = quadratic[:, a, a]
            change = open_rows * (whole - products[:, a]) / own
            whole = (whole + change * (change * own + 2 * products[:, a])) / (1 + change) ** 2
            products = (products + change[:, None] * quadratic[:, a]) / (1 + change)[:, None]
            shares[:, a] += change
            shares = shares / (1 + change)[:, None]
    return shares


class KernelSvm(Learnt):
    """Support vectors, class by class, and how much each counts against every other class, as libsvm keeps them.

    Of classes (`count` of them) it gives the probabilities, or 1 for the one that wins most pairs; of a number that.
    """

    def __init__(self, count, kernel, offset=0.0, degree=3, probabilities=False):
        kept = ["counts", "gamma", "vectors", "coefficients", "rhos"]
        super().__init__(*kept, *["classes"] * (count > 0), *["sigmoids"] * probabilities)
        self.count, self.kernel, self.offset, self.degree = count, kernel, offset, degree

    def likeness(self, x):
        vectors = self.vectors.double()
        if self.kernel == "rbf":
            return torch.exp(-self.gamma * torch.cdist(x, vectors, compute_mode="donot_use_mm_for_euclid_dist") ** 2)
        product = x @ vectors.T
        if self.kernel == "linear":
            return product
        product = self.gamma * product + self.offset
        return product**self.degree if self.kernel == "polynomial" else torch.tanh(product)

    def forward(self, features):
        likeness = self.likeness(rows_of(features).double())
        if self.count == 0:
            return (likeness @ self.coefficients.T - self.rhos).float()
        sides = list(zip(likeness.split(self.counts.tolist(), 1), self.coefficients.split(self.counts.tolist(), 1)))
        pairs = [(a, b) for a in range(len(sides)) for b in range(a + 1, len(sides))]
        decisions = [sides[a][0] @ sides[a][1][b - 1] + sides[b][0] @ sides[b][1][a] for a, b in pairs]
        decisions = torch.stack(decisions, 1) - self.rhos
        if "sigmoids" not in self.kept:
            won = decisions.new_zeros(len(decisions), len(sides))
            for pair, (a, b) in enumerate(pairs):
                won[:, a] += decisions[:, pair] > 0
                won[:, b] += decisions[:, pair] <= 0
            return nn.functional.one_hot(self.classes[won.argmax(1)], self.count).float()
        slopes, offsets = self.sigmoids.reshape(-1, 2).T
        told = torch.sigmoid(-(decisions * slopes + offsets)).clamp(1e-7, 1 - 1e-7)
        between = decisions.new_zeros(len(decisions), len(sides), len(sides))
        for pair, (a, b) in enumerate(pairs):
            between[:, a, b], between[:, b, a] = told[:, pair], 1 - told[:, pair]
        shares = between[:, [0, 1], [1, 0]] if len(sides) == 2 else couple_pairs(between)
        return among_all(shares, self.classes, self.count)
)py";

Result<WrittenEstimator> write_kernel_svm(const EstimatorToWrite& estimator) {
  const ParamReader params(estimator.plan.params);
  const std::string kernel = params.text("kernel");
  const bool classes = estimator.plan.classes > 0;
  const bool probabilities = classes && params.flag("probabilities");
  std::string module = fmt::format("KernelSvm({}, \"{}\"", estimator.plan.classes, kernel);
  if (kernel == "polynomial" || kernel == "sigmoid") module += fmt::format(", offset={}", params.number("offset"));
  if (kernel == "polynomial") module += fmt::format(", degree={}", params.integer("degree"));
  if (probabilities) module += ", probabilities=True";

  const std::string gamma = params.text("gamma") == "number" ? params.number("gamma_value")
                            : params.text("gamma") == "auto" ? "1 / features.shape[1]"
                                                             : "1 / (features.shape[1] * (features.var() or 1.0))";
  std::string fit = fmt::format(
      "    from sklearn.svm import {}\n"
      "\n"
      "    features = features.astype(np.float64)\n"
      "    gamma = {}\n"
      "    found = {}(kernel=\"{}\", C={}, gamma=gamma, coef0={}, degree={}, tol={}, ",
      classes ? "SVC" : "SVR", gamma, classes ? "SVC" : "SVR", kernel == "polynomial" ? "poly" : kernel,
      params.number("c"), params.number("offset"), params.integer("degree"), params.number("tolerance"));
  if (classes)
    fit += fmt::format("class_weight={}, probability={}, random_state=SEED)\n",
                       params.flag("balanced") ? "\"balanced\"" : "None", python_bool(probabilities));
  else
    fit += fmt::format("epsilon={})\n", params.number("epsilon"));
  fit += fmt::format(
      "    found.fit(features, targets)\n"
      "    sign = {}\n"
      "    learnt = {{\"counts\": {}, \"gamma\": np.array([gamma], np.float64),\n"
      "              \"vectors\": found.support_vectors_.astype(np.float32),\n"
      "              \"coefficients\": sign * found.dual_coef_, \"rhos\": -sign * found.intercept_}}\n",
      classes ? "-1 if len(found.classes_) == 2 else 1  # which scikit-learn turns around" : "1",
      classes ? "found.n_support_.astype(np.int64)" : "np.array([len(found.support_)])");
  if (classes) fit += "    learnt[\"classes\"] = found.classes_\n";
  if (probabilities) fit += "    learnt[\"sigmoids\"] = np.stack((found.probA_, found.probB_), 1).ravel()\n";
  fit += "    return learnt\n";

  WrittenEstimator written{.module = module + ")",
                           .helpers = {"Learnt", "KernelSvm"},
                           .tensors = {"counts", "gamma", "vectors", "coefficients", "rhos"},
                           .fit = std::move(fit)};
  if (classes) written.tensors.emplace_back("classes");
  if (probabilities) written.tensors.emplace_back("sigmoids");
  return written;
}

constexpr std::string_view kNearestModel = R"py(class NearestNeighbours(Learnt):
    """What the most similar training records have: the shares of their classes (`count` of them), or their mean."""

    def __init__(self, count, k, by_distance=False):
        super().__init__("features", "labels" if count else "numbers")
        self.count, self.k, self.by_distance = count, k, by_distance

    def forward(self, features):
        x, known = rows_of(features).double(), self.features.double()
        apart, nearest = torch.cdist(x, known, compute_mode="donot_use_mm_for_euclid_dist").sort(1, stable=True)
        apart, nearest = apart[:, : self.k], nearest[:, : self.k]
        weights = torch.ones_like(apart)
        if self.by_distance:  # one at the very place outweighs all that are not
            weights = torch.where(apart[:, :1] > 0, apart[:, :1] / apart, (apart == 0).double())
        weights = weights / weights.sum(1, keepdim=True)
        if self.count == 0:
            return (weights * self.numbers[nearest]).sum(1, keepdim=True).float()
        labels = nn.functional.one_hot(self.labels[nearest], self.count).double()
        return (weights[:, :, None] * labels).sum(1).float()
)py";

Result<WrittenEstimator> write_nearest(const EstimatorToWrite& estimator) {
  const ParamReader params(estimator.plan.params);
  const bool classes = estimator.plan.classes > 0;
  return WrittenEstimator{
      .module = fmt::format("NearestNeighbours({}, k={}{})", estimator.plan.classes, params.integer("k"),
                            params.text("weights") == "distance" ? ", by_distance=True" : ""),
      .helpers = {"Learnt", "NearestNeighbours"},
      .tensors = {"features", classes ? "labels" : "numbers"},
      .fit = fmt::format("    return {{\"features\": features, {}}}\n",
                         classes ? "\"labels\": targets.astype(np.int64)" : "\"numbers\": targets.astype(np.float64)")};
}

void add_kernel_learners(Writers& writers) {
  writers.estimator("kernel_svm", write_kernel_svm);
  writers.estimator("nearest_neighbours", write_nearest);
  writers.helper("KernelSvm", kKernelSvmModel);
  writers.helper("NearestNeighbours", kNearestModel);
}

}  // namespace
}  // namespace feedline::inline exporting

FEEDLINE_WRITER(add_kernel_learners)
