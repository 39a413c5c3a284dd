// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/features/symmetric_eigen.h"

#include "nodes/features/share_work.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace feedline::inline nodes {
namespace {

constexpr int kMostSweeps = 60;
/// Rows of a step that one thread takes at a time, and from how many numbers on a second thread is worth its start.
constexpr std::size_t kRowsAPiece = 64;
constexpr std::size_t kSharedNumbers = 1'000'000;

/// Sums of eight numbers side by side, always in this order.
double eigen_dot(const double* a, const double* b, std::size_t count) {
  double sums[8] = {};
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (std::size_t lane = 0; lane < 8; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  for (; i < count; ++i) sums[i % 8] += a[i] * b[i];
  return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

/// A = Q T Q^T. Reflections stay in the rows of the matrix, right of the diagonal.
class Tridiagonal {
 public:
  Tridiagonal(std::vector<double> matrix, std::size_t size)
      : a_(std::move(matrix)), n_(size), diagonal_(size), off_(size, 0.0), factor_(size, 0.0) {}

  Status reduce(const FitHelp& help) {
    std::vector<double> p(n_);
    for (std::size_t k = 0; k + 2 < n_; ++k) {
      if (help.stop.stop_requested()) return fail_cancelled();
      const std::size_t first = k + 1;
      const std::size_t count = n_ - first;
      double* v = a_.data() + k * n_ + first;
      if (!reflect(k, v, count)) continue;
      const std::size_t threads = count * count < kSharedNumbers ? 1 : help.threads;
      const auto each_row = [&](const auto& work) {
        share_work(threads, (count + kRowsAPiece - 1) / kRowsAPiece, [&](std::size_t piece) {
          for (std::size_t i = piece * kRowsAPiece; i < std::min(count, (piece + 1) * kRowsAPiece); ++i) work(i);
        });
      };
      // A - v w^T - w v^T with w = p - (factor / 2) (p v) v, p = factor A v.
      each_row([&](std::size_t i) { p[i] = factor_[k] * eigen_dot(row(first + i, first), v, count); });
      const double half = factor_[k] / 2 * eigen_dot(p.data(), v, count);
      for (std::size_t i = 0; i < count; ++i) p[i] -= half * v[i];
      each_row([&](std::size_t i) {
        double* to = row(first + i, first);
        const double of_p = v[i];
        const double of_v = p[i];
        for (std::size_t j = 0; j < count; ++j) to[j] -= of_p * p[j] + of_v * v[j];
      });
    }
    for (std::size_t i = 0; i < n_; ++i) diagonal_[i] = a_[i * n_ + i];
    if (n_ > 1) off_[n_ - 2] = a_[(n_ - 2) * n_ + n_ - 1];
    return {};
  }

  /// vectors (size × count, a row a coordinate) = Q vectors.
  Status apply(std::vector<double>& vectors, std::size_t count, const FitHelp& help) const {
    std::vector<double> sums(count);
    for (std::size_t k = n_ < 2 ? 0 : n_ - 2; k-- > 0;) {
      if (factor_[k] == 0) continue;
      if (help.stop.stop_requested()) return fail_cancelled();
      const double* v = a_.data() + k * n_ + k + 1;
      std::fill(sums.begin(), sums.end(), 0.0);
      for (std::size_t i = k + 1; i < n_; ++i)
        for (std::size_t j = 0; j < count; ++j) sums[j] += v[i - k - 1] * vectors[i * count + j];
      for (std::size_t i = k + 1; i < n_; ++i) {
        const double weight = factor_[k] * v[i - k - 1];
        for (std::size_t j = 0; j < count; ++j) vectors[i * count + j] -= weight * sums[j];
      }
    }
    return {};
  }

  [[nodiscard]] std::vector<double>& diagonal() { return diagonal_; }
  [[nodiscard]] std::vector<double>& off() { return off_; }

 private:
  [[nodiscard]] double* row(std::size_t i, std::size_t j) { return a_.data() + i * n_ + j; }

  /// Makes of the rest of row k the reflection that leaves its first number alone; false: there is nothing to do.
  bool reflect(std::size_t k, double* v, std::size_t count) {
    const double tail = eigen_dot(v + 1, v + 1, count - 1);
    if (tail == 0) {
      off_[k] = v[0];
      return false;
    }
    const double length = std::sqrt(v[0] * v[0] + tail);
    off_[k] = v[0] > 0 ? -length : length;
    v[0] -= off_[k];
    factor_[k] = 2 / (v[0] * v[0] + tail);
    return true;
  }

  std::vector<double> a_;
  std::size_t n_;
  std::vector<double> diagonal_;
  std::vector<double> off_;     ///< off_[i] between i and i + 1
  std::vector<double> factor_;  ///< of reflection k: I - factor v v^T; 0: none
};

/// A rotation of the coordinates `at` and at + 1.
struct EigenRotation {
  std::size_t at = 0;
  double cosine = 1;
  double sine = 0;
};

/// The implicit QL method: d becomes the eigenvalues, e is used up. False: it does not converge, or a stop was asked
/// for.
bool diagonalise(std::vector<double>& d, std::vector<double>& e, std::vector<EigenRotation>& done,
                 const std::stop_token& stop) {
  const std::size_t n = d.size();
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  double scale = 0;  // where most eigenvalues are 0, what is left of them by rounding is never small beside itself
  for (std::size_t i = 0; i < n; ++i) scale = std::max(scale, std::abs(d[i]) + std::abs(e[i]));
  for (std::size_t l = 0; l < n; ++l)
    for (int sweep = 0;; ++sweep) {
      std::size_t m = l;
      while (m + 1 < n && !(std::abs(e[m]) <= kEpsilon * std::max(std::abs(d[m]) + std::abs(d[m + 1]), scale))) ++m;
      if (m == l) break;
      if (sweep == kMostSweeps || stop.stop_requested()) return false;
      double g = (d[l + 1] - d[l]) / (2 * e[l]);
      double r = std::hypot(g, 1.0);
      g = d[m] - d[l] + e[l] / (g + std::copysign(r, g));
      double s = 1;
      double c = 1;
      double p = 0;
      bool split = false;
      for (std::size_t i = m; i-- > l;) {
        const double f = s * e[i];
        const double b = c * e[i];
        r = std::hypot(f, g);
        e[i + 1] = r;
        if (r == 0) {
          d[i + 1] -= p;
          e[m] = 0;
          split = true;
          break;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        done.push_back({i, c, s});
      }
      if (split) continue;
      d[l] -= p;
      e[l] = g;
      e[m] = 0;
    }
  return true;
}

}  // namespace

Result<SymmetricEigen> symmetric_eigen(std::vector<double> matrix, std::size_t size,
                                       const std::function<std::size_t(std::span<const double>)>& wanted,
                                       const FitHelp& help) {
  Tridiagonal reduced(std::move(matrix), size);
  if (Status done = reduced.reduce(help); !done) return fail(std::move(done.error()));
  std::vector<EigenRotation> rotations;
  const std::vector<double>& found = reduced.diagonal();
  const bool converged = diagonalise(reduced.diagonal(), reduced.off(), rotations, help.stop);
  if (help.stop.stop_requested()) return fail_cancelled();
  if (!converged)
    return fail("its eigenvalues cannot be computed", "Look for numbers that are not finite, or too large");

  std::vector<std::size_t> order(size);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return found[a] > found[b]; });
  SymmetricEigen eigen;
  for (const std::size_t place : order) eigen.values.push_back(found[place]);
  const std::size_t count = eigen.count = std::min(size, wanted(eigen.values));

  std::vector<double> columns(size * count, 0.0);
  for (std::size_t j = 0; j < count; ++j) columns[order[j] * count + j] = 1;
  std::size_t until_look = 0;
  for (auto rotation = rotations.rbegin(); rotation != rotations.rend(); ++rotation) {
    if (until_look-- == 0) {
      if (help.stop.stop_requested()) return fail_cancelled();
      until_look = 4096;
    }
    double* one = columns.data() + rotation->at * count;
    double* other = one + count;
    const double c = rotation->cosine;
    const double s = rotation->sine;
    for (std::size_t j = 0; j < count; ++j) {
      const double a = one[j];
      const double b = other[j];
      one[j] = c * a + s * b;
      other[j] = c * b - s * a;
    }
  }
  if (Status done = reduced.apply(columns, count, help); !done) return fail(std::move(done.error()));
  eigen.vectors.resize(count * size);
  for (std::size_t i = 0; i < size; ++i)
    for (std::size_t j = 0; j < count; ++j) eigen.vectors[j * size + i] = columns[i * count + j];
  return eigen;
}

}  // namespace feedline::inline nodes
