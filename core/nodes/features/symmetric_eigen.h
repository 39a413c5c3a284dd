// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/fitted.h"

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace feedline::inline nodes {

/// Eigenvalues of a symmetric matrix, the largest first, and the vectors of the first ones.
struct SymmetricEigen {
  std::vector<double> values{};   ///< all
  std::vector<double> vectors{};  ///< count × size, each of length 1, orthogonal to the others
  std::size_t count = 0;
};

/// All eigenvalues of a symmetric matrix of `size` rows, and as many vectors as wanted(values) asks for, once it sees
/// the values. The matrix is reduced to three diagonals by Householder reflections, which the implicit QL method makes
/// one of; its rotations are kept and applied, in reverse, to the wanted vectors alone, so that a few of many cost
/// little: 2 size^3 operations, 6 size^2 for each vector. Threads share the rows; what comes out does not depend on
/// their number.
/// Source: G. H. Golub, C. F. Van Loan, "Matrix computations", 8.3; tql2 of EISPACK.
/// Errors: stopped; it does not converge, which only a matrix with NaN does.
[[nodiscard]] Result<SymmetricEigen> symmetric_eigen(
    std::vector<double> matrix, std::size_t size,
    const std::function<std::size_t(std::span<const double> values)>& wanted, const FitHelp& help);

}  // namespace feedline::inline nodes
