// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/fitted.h"
#include "schema/row.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace feedline::inline nodes {

/// A row as a learner sees it.
struct ShownRow {
  RowView cells;
  std::span<const std::byte> bytes{};  ///< all of it
  double label = 0;                    ///< that of the record as a number; 0 where the node takes none
};

/// What a node of tables finds out: it is shown all rows, one by one, in the order of the sampler.
class RowLearner {
 public:
  RowLearner() = default;
  RowLearner(const RowLearner&) = delete;
  RowLearner& operator=(const RowLearner&) = delete;
  virtual ~RowLearner() = default;
  /// Errors end the fit.
  virtual Status take(const ShownRow& row) = 0;
  [[nodiscard]] virtual Result<NamedTensors> finish() const = 0;
};

/// Worked out once a node; shared by all its fitters.
struct RowFitterPlan {
  std::size_t columns = 0;            ///< cells of a row
  std::vector<std::size_t> finite{};  ///< columns whose numbers must be finite, or missing
  std::vector<std::string> names{};   ///< of those, for errors
  bool labelled = false;              ///< the second input is the record's label
  std::function<std::unique_ptr<RowLearner>()> learner{};
};

/// Keeps the rows that it is shown as they are, which costs no more than copying them on the workers' threads; the one
/// that they are merged into shows them to its learner. So what is learnt depends on the order of the rows alone, not
/// on how they were divided among fitters.
class RowFitter final : public Fitter {
 public:
  explicit RowFitter(std::shared_ptr<const RowFitterPlan> plan);
  Status add(std::span<const Datum* const> in) override;
  Status merge(const Fitter& next) override;
  [[nodiscard]] Result<NamedTensors> finish() const override;
  bool reset() override;

 private:
  Status show(const RowFitter& rows);

  std::shared_ptr<const RowFitterPlan> plan_;
  std::vector<std::byte> kept_{};          ///< rows that nobody has learnt from: label, length, bytes
  std::unique_ptr<RowLearner> learner_{};  ///< once something was merged into this one
};

/// The label of a record as a number. Errors (for the record): it is none, or not finite.
[[nodiscard]] Result<double> label_number(const Datum& label);

/// A fitter of a node whose columns are not known yet; it is asked for only to see that there is one, never used.
[[nodiscard]] std::unique_ptr<Fitter> unknown_fitter();

/// Of finish(): there was nothing to learn from.
[[nodiscard]] Error no_rows();

}  // namespace feedline::inline nodes
