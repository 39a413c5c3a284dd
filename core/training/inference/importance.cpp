// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/inference/importance.h"

#include "base/clock.h"
#include "base/numbers.h"
#include "base/random.h"
#include "training/inference/session.h"
#include "training/step_fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

namespace feedline::inline training {
namespace {

constexpr std::uint64_t kMostImportanceBytes = std::uint64_t{1} << 30U;

/// A copy of a batch, to be changed and evaluated again and again: the pipeline's own memory goes back to it.
class HeldBatch {
 public:
  HeldBatch(const Batch& batch, const std::vector<BatchField>& fields) : batch_(batch) {
    auto buffer = std::make_shared<BatchBuffer>();
    buffer->lengths = batch.buffer->lengths;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      // As a pool's buffer is: room for whole vectors behind the last row, and aligned.
      const std::size_t bytes = batch.records * fields[i].record_bytes();
      const std::shared_ptr<BufferAllocator> memory = BufferAllocator::host();
      std::shared_ptr<std::byte> held(
          memory->allocate(std::max<std::size_t>(bytes, 64)),
          [memory, size = std::max<std::size_t>(bytes, 64)](std::byte* data) { memory->release(data, size); });
      if (bytes != 0) std::memcpy(held.get(), batch.buffer->fields[i], bytes);
      buffer->fields.push_back(held.get());
      memory_.push_back(std::move(held));
    }
    batch_.buffer = std::move(buffer);
  }

  [[nodiscard]] const Batch& batch() const { return batch_; }
  /// The number of a row in a field of floats.
  [[nodiscard]] std::byte* at(std::size_t field, std::size_t row, std::size_t width, std::size_t column) const {
    return memory_[field].get() + (row * width + column) * sizeof(float);
  }

 private:
  Batch batch_;
  std::vector<std::shared_ptr<std::byte>> memory_{};
};

/// A feature: a column of a field.
struct ImportanceColumn {
  std::size_t field = 0;
  std::size_t width = 1;
  std::size_t column = 0;
  std::string name{};
};

std::vector<ImportanceColumn> columns_of(const std::vector<BatchField>& fields) {
  std::vector<ImportanceColumn> columns;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const TensorDesc& record = fields[i].record;
    if (record.kind != Kind::Features || record.dtype != DType::F32 || !record.static_shape()) continue;
    const auto width = static_cast<std::size_t>(record.elements());
    for (std::size_t c = 0; c < width; ++c)
      columns.push_back(
          {i, width, c,
           record.columns.size() == width ? record.columns[c].name : fmt::format("{}[{}]", fields[i].name, c)});
  }
  return columns;
}

/// All metrics of the learner on these batches, the loss first. Throws StepCancelled.
Metrics measured(Learner& learner, const std::vector<HeldBatch>& batches, const std::stop_token& stop) {
  for (const HeldBatch& held : batches) {
    if (stop.stop_requested()) throw StepCancelled();
    learner.evaluate(held.batch());
  }
  const Learner::Progress progress = learner.finish_validation();
  (void)learner.evaluate();  // what was counted class by class would pile up
  (void)learner.take_residuals();
  Metrics all;
  add_known(all, {loss_metric(kValSplit, progress.loss)});
  add_known(all, progress.metrics);
  return all;
}

Result<MetricValue> chosen_metric(const Metrics& all, const std::string& key) {
  if (all.empty()) return fail("nothing could be measured", "Look at the list of bad records");
  if (key.empty()) {
    const MetricValue* best = headline(all, kValSplit);
    return best != nullptr ? *best : all.front();
  }
  std::vector<std::string> known;
  for (const MetricValue& metric : all) {
    known.push_back(metric_key(metric.name));
    if (known.back() == key) return metric;
  }
  return fail(Error{.reason = "'" + key + "' is not measured of this model",
                    .remedy = "Choose one of: " + numbers::listed(known, known.size()),
                    .parameter = "metric"});
}

class ImportancePass {
 public:
  ImportancePass(InferenceSession& session, const ImportanceOptions& wanted, std::stop_token stop)
      : session_(session), wanted_(wanted), stop_(std::move(stop)) {}

  Status collect() {
    const std::vector<BatchField>& fields = session_.plan().validation->fields;
    bool enough = false;
    std::uint64_t bytes = 0;
    Status done = session_.each_batch([&](const Batch& batch) -> Status {
      for (const BatchField& field : fields) bytes += batch.records * field.record_bytes();
      if (bytes > kMostImportanceBytes)
        return fail(Error{.reason = "the records take more than " + numbers::bytes(kMostImportanceBytes),
                          .remedy = fmt::format("Look at fewer of them: {} fit", rows_),
                          .parameter = "records"});
      batches_.emplace_back(batch, fields);
      rows_ += batch.records;
      enough = rows_ >= wanted_.records;
      return enough ? Status(fail_cancelled()) : Status();
    });
    if (enough) return {};
    return done;
  }

  Result<ImportanceReport> run(const std::vector<ImportanceColumn>& columns) {
    ImportanceReport report{.records = rows_};
    const auto metric = chosen_metric(measured(session_.learner(), batches_, stop_), wanted_.metric);
    if (!metric) return fail(metric.error());
    report.metric = *metric;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      auto found = shuffled(columns[i], i, *metric);
      if (!found) return fail(std::move(found.error()));
      report.features.push_back(std::move(*found));
    }
    std::stable_sort(report.features.begin(), report.features.end(),
                     [](const FeatureImportance& a, const FeatureImportance& b) { return a.loss > b.loss; });
    return report;
  }

 private:
  /// Calls each(number's place) for the column's number of each row, in order.
  template <class Each>
  void each_number(const ImportanceColumn& column, const Each& each) {
    for (const HeldBatch& held : batches_)
      for (std::size_t row = 0; row < held.batch().records; ++row)
        each(held.at(column.field, row, column.width, column.column));
  }

  void put(const ImportanceColumn& column, const std::vector<float>& numbers) {
    std::size_t next = 0;
    each_number(column, [&](std::byte* place) { std::memcpy(place, &numbers[next++], sizeof(float)); });
  }

  Result<FeatureImportance> shuffled(const ImportanceColumn& column, std::size_t index, const MetricValue& base) {
    std::vector<float> numbers;
    each_number(column, [&](const std::byte* place) { std::memcpy(&numbers.emplace_back(), place, sizeof(float)); });
    std::vector<float> dealt(numbers.size());
    std::vector<double> losses;
    for (std::int64_t repeat = 0; repeat < wanted_.repeats; ++repeat) {
      if (stop_.stop_requested()) return fail_cancelled();
      const auto stream = static_cast<std::uint32_t>(index * static_cast<std::size_t>(wanted_.repeats)) +
                          static_cast<std::uint32_t>(repeat);
      const Permutation order(numbers.size(), wanted_.seed, stream);
      for (std::size_t i = 0; i < numbers.size(); ++i) dealt[i] = numbers[order(i)];
      put(column, dealt);
      const double value = value_of(measured(session_.learner(), batches_, stop_), base.name, kValSplit);
      losses.push_back(base.higher_is_better ? base.value - value : value - base.value);
    }
    put(column, numbers);
    FeatureImportance found{.name = column.name};
    for (const double loss : losses) found.loss += loss / static_cast<double>(losses.size());
    for (const double loss : losses)
      found.deviation += (loss - found.loss) * (loss - found.loss) / static_cast<double>(losses.size());
    found.deviation = std::sqrt(found.deviation);
    return found;
  }

  InferenceSession& session_;
  const ImportanceOptions& wanted_;
  std::stop_token stop_;
  std::vector<HeldBatch> batches_{};
  std::uint64_t rows_ = 0;
};

}  // namespace

Result<ImportanceReport> feature_importance(const TrainingState& state, const Document& document, bool all,
                                            const ImportanceOptions& wanted, const InferenceOptions& options) {
  const Nanos start = Clock::system().now();
  auto plan = plan_to_judge(state, document, all, options);
  if (!plan) return fail(std::move(plan.error()));
  auto session = InferenceSession::open(std::move(*plan), state, options);
  if (!session) return fail(std::move(session.error()));
  const std::vector<ImportanceColumn> columns = columns_of((*session)->plan().validation->fields);
  if (columns.empty())
    return fail(Error{.reason = "no vector of features enters the model",
                      .remedy = "Of pictures, the window shows where a prediction looks: open the panel Try it",
                      .node = (*session)->plan().validation->batch_node});
  ImportancePass pass(**session, wanted, options.stop);
  if (Status done = pass.collect(); !done) return fail(std::move(done.error()));
  auto report = catch_step_faults([&] { return pass.run(columns); });
  if (!report) return report;
  report->bad = (*session)->pipeline().bad_records();
  report->wall_s = seconds(Clock::system().now() - start);
  return report;
}

}  // namespace feedline::inline training
