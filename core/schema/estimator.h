// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What learns from batches in its own way, without layers, loss and optimiser: counts, nearest neighbours, trees,
// support vectors. An estimator knows rows of numbers and nothing else: no LibTorch, no threads of the engine.

#include "base/error.h"
#include "schema/named_tensors.h"
#include "schema/tensor_desc.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace feedline::inline schema {

/// The DType that a C++ type has in a batch.
template <class T>
[[nodiscard]] constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, std::uint8_t>) {
    return DType::U8;
  } else if constexpr (std::is_same_v<T, std::int32_t>) {
    return DType::I32;
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    return DType::I64;
  } else if constexpr (std::is_same_v<T, double>) {
    return DType::F64;
  } else {
    static_assert(std::is_same_v<T, float>, "no field of a batch holds this type");
    return DType::F32;
  }
}

/// What one input of an estimator brings for some rows: rows × record.elements() numbers, row by row, dense.
struct EstimatorInput {
  TensorDesc record{};              ///< of one row; static
  const std::byte* data = nullptr;  ///< null: nothing is wired to the input
  std::size_t rows = 0;

  [[nodiscard]] bool wired() const { return data != nullptr; }
  [[nodiscard]] std::size_t columns() const { return static_cast<std::size_t>(record.elements()); }
  /// All numbers, where they are of this type; else none.
  template <class T>
  [[nodiscard]] std::span<const T> values() const {
    if (data == nullptr || record.dtype != dtype_of<T>()) return {};
    return {reinterpret_cast<const T*>(data), rows * columns()};
  }
  /// The numbers of whatever type as floats, into rows × columns() places: a row of a feature matrix.
  void copy_to(std::span<float> out) const;
  /// The rows [first, first + count).
  [[nodiscard]] EstimatorInput slice(std::size_t first, std::size_t count) const;
};

/// A batch or a part of one, as an estimator sees them. The memory is the batch's: what is to be kept must be copied.
struct EstimatorRows {
  std::size_t count = 0;
  std::uint32_t pass = 1;                    ///< over the training data, in this fit
  std::span<const std::uint64_t> records{};  ///< number of each row in its source
  std::span<const EstimatorInput> inputs{};  ///< one an input port of the node, in order
};

/// What an estimator may know before the first row.
struct EstimatorSetup {
  std::vector<TensorDesc> inputs{};        ///< of one row, one an input port; kind Any where nothing is wired
  std::size_t target = 0;                  ///< the input that holds what is to be predicted
  std::int64_t classes = 0;                ///< of the target; 0: it is a number
  std::vector<std::string> class_names{};  ///< as many, or none
  std::uint64_t rows = 0;                  ///< that a pass has, where no record is bad
  std::uint64_t seed = 0;
  std::uint32_t stream = 0;  ///< keys what the node draws: Rng(seed, pass, row, stream)
  int threads = 1;           ///< that fit() and predict() may keep busy

  /// Numbers that predict() gives a row: a probability a class, or the number.
  [[nodiscard]] std::size_t outputs() const { return classes > 0 ? static_cast<std::size_t>(classes) : 1; }
};

/// How good a fit is on the rows that it was made from, where that is known without more work. NaN: it is not.
struct FitScore {
  double loss = std::numeric_limits<double>::quiet_NaN();      ///< mean over the rows
  double accuracy = std::numeric_limits<double>::quiet_NaN();  ///< 0..1
};

/// What comes of the end of a pass.
struct Fit : FitScore {
  bool fitted = true;  ///< false: more passes are needed before anything can be predicted
};

/// By which a fit that takes long obeys and tells of itself.
class FitControl {
 public:
  virtual ~FitControl() = default;
  /// Call it every 50 ms or oftener, on the thread of fit(); it costs nothing. False: a stop was asked for, return
  /// fail_cancelled() now. It does not come back while the run is paused. `fraction`: done so far, 0 to 1; `loss`:
  /// newest, for the curve; NaN: none.
  [[nodiscard]] virtual bool go_on(double fraction, double loss = std::numeric_limits<double>::quiet_NaN()) = 0;
};

/// A node that learns from all of the training data. One lives for one fit: add() for every batch of a pass, fit() at
/// its end, then perhaps another pass; predict() from then on, while a later pass may be under way.
///
/// What needs its features in memory copies them in add() and works in fit(); what learns from mini-batches works in
/// add(). Both are called from the run's thread. Batches whose rows are so wide that their products with each other
/// take long come in parts: a stop waits for one call. Exceptions are caught and end the run with the node's name.
class Estimator {
 public:
  virtual ~Estimator() = default;
  /// Rows of training data, in the order of the sampler. Labels are inside [0, classes). Errors: rows that it cannot
  /// learn from.
  [[nodiscard]] virtual Result<FitScore> add(const EstimatorRows& rows) = 0;
  /// The end of a pass that had at least one row. Errors: Cancelled when control.go_on() said so; what prevents a fit.
  [[nodiscard]] virtual Result<Fit> fit(FitControl& control) = 0;
  /// After a fit: rows.count × setup.outputs() numbers, row by row: what each class is likely to be (0 to 1, together
  /// 1), or the predicted number. Targets must not be looked at. Thread-safe.
  [[nodiscard]] virtual Status predict(const EstimatorRows& rows, std::span<float> out) const = 0;
  /// Are these probabilities? False: it only decides, and gives 1 to the class that it chose; then there is no loss.
  [[nodiscard]] virtual bool gives_probabilities() const { return true; }

  /// After a fit: what the run is to be told besides, each with its remedy: columns that differ in scale, a solver that
  /// was not done.
  [[nodiscard]] virtual std::vector<Error> notices() const { return {}; }

  /// Can what it has learnt be kept, so that checkpoints of it predict? Then it overrides the two below.
  [[nodiscard]] virtual bool keeps_state() const { return false; }
  /// After a fit: all that predict() needs, and what add() goes on from where more passes follow.
  [[nodiscard]] virtual NamedTensors state() const { return {}; }
  /// In place of a fit, on one that has the same parameters and setup: afterwards it predicts the same. It trusts
  /// nothing: tensors come from files. Errors: one is missing, of another type or shape, or holds what cannot be.
  [[nodiscard]] virtual Status load(const NamedTensors& state);
};

}  // namespace feedline::inline schema
