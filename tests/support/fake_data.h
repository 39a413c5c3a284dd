// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/pipeline.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace feedline::test {

/// A source in memory: record i is `pixels` bytes that follow from i alone (its own memory, not a copy) and
/// label i % 10.
class MemorySource final : public Source {
 public:
  MemorySource(std::uint64_t size, std::size_t pixels);
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  [[nodiscard]] const std::vector<TensorDesc>& outputs() const override { return outputs_; }
  Status read(std::uint64_t index, std::span<Datum* const> out) const override;
  [[nodiscard]] std::string locate(std::uint64_t index) const override { return "memory#" + std::to_string(index); }
  [[nodiscard]] std::uint8_t pixel(std::uint64_t index, std::size_t i) const;

  /// Called before each read; may fail, throw or wait.
  std::function<Status(std::uint64_t)> before{};
  /// How often pixels were asked for; a read of the label alone does not count.
  mutable std::atomic<std::uint64_t> pixel_reads{0};

 private:
  std::uint64_t size_;
  std::size_t pixels_;
  std::vector<TensorDesc> outputs_;
  std::vector<std::uint8_t> memory_;
};

using OpBody = std::function<Status(std::span<const Datum* const>, std::span<Datum* const>, OpContext&)>;
[[nodiscard]] std::shared_ptr<const SampleOp> op(OpBody body);

/// Ops: u8 pixels -> f32 pixels in own or batch memory; the same plus noise from the record's Rng; a view of
/// the input.
[[nodiscard]] std::shared_ptr<const SampleOp> to_float();
[[nodiscard]] std::shared_ptr<const SampleOp> add_noise();
[[nodiscard]] std::shared_ptr<const SampleOp> pass_view();

/// Builds a DataPlan by hand: "data" -> steps -> "batch".
class PlanBuilder {
 public:
  PlanBuilder(std::uint64_t records, std::size_t pixels, std::int64_t batch);
  PlanBuilder& step(const std::string& node, std::shared_ptr<const SampleOp> work, std::vector<SlotIndex> in,
                    std::vector<SlotIndex> out);
  /// A cache node.
  PlanBuilder& cache(const std::string& node, SlotIndex in, SlotIndex out, CacheSettings settings = {});
  PlanBuilder& field(const std::string& name, SlotIndex slot, DType dtype, std::vector<Dim> shape);
  PlanBuilder& drop_last();
  PlanBuilder& shuffle();
  [[nodiscard]] std::shared_ptr<MemorySource> source() const { return source_; }
  /// The plan, owned by a Plan as in a real run.
  [[nodiscard]] std::shared_ptr<const Plan> build() const;

  static constexpr SlotIndex kPixels = 0;  ///< slots of the source
  static constexpr SlotIndex kLabel = 1;

 private:
  std::shared_ptr<MemorySource> source_;
  DataPlan data_{};
};

/// Pixels -> float -> noise -> batch of f32 pixels and i64 labels: the plan of most tests.
[[nodiscard]] PlanBuilder noisy_plan(std::uint64_t records, std::size_t pixels, std::int64_t batch);

/// A batch with its bytes copied out.
struct BatchCopy {
  std::uint32_t epoch = 0;
  std::uint64_t index = 0;
  bool last_of_epoch = false;
  std::vector<std::uint64_t> record_ids{};
  std::vector<std::string> fields{};  ///< bytes of the filled rows; of a ragged field then their lengths
  bool operator==(const BatchCopy&) const = default;
};
[[nodiscard]] BatchCopy copy(const DataPlan& plan, const Batch& batch);

/// All batches of a pipeline, or those before the error.
struct Drained {
  std::vector<BatchCopy> batches{};
  std::optional<Error> error{};
};
[[nodiscard]] Drained drain(Pipeline& pipeline, const DataPlan& plan);
[[nodiscard]] Drained drain(const std::shared_ptr<const Plan>& plan, const PipelineOptions& options);

/// What an engine must give for a plan, computed record by record in one thread. Records in `bad` are left
/// out.
[[nodiscard]] std::vector<BatchCopy> expected(const DataPlan& plan, std::uint32_t epochs,
                                              const std::function<bool(std::uint64_t)>& bad = {});

/// Host memory that counts.
class CountingAllocator final : public BufferAllocator {
 public:
  std::byte* allocate(std::size_t bytes) override;
  void release(std::byte* data, std::size_t bytes) noexcept override;
  std::atomic<int> allocated{0};
  std::atomic<int> live{0};
  int limit = 1 << 30;  ///< throws std::bad_alloc beyond this many allocations
};

}  // namespace feedline::test
