// SPDX-License-Identifier: GPL-3.0-or-later

// The parts of the engine, one by one. Compare figures of one run on one machine only:
//   bench_parts --benchmark_filter=Decode --benchmark_repetitions=5 --benchmark_report_aggregates_only=true

#include "bench_node.h"
#include "engine/chunk_queue.h"
#include "engine/collate.h"
#include "engine/pipeline.h"
#include "engine/step_timer.h"
#include "nodes/preprocess/codec/codec.h"
#include "nodes/source/picture_painter.h"
#include "support/fake_data.h"
#include "telemetry/stage_meter.h"

#include <benchmark/benchmark.h>
#include <cstring>
#include <deque>
#include <string_view>

namespace feedline::bench {
namespace {

constexpr std::int64_t kPhotoSide = 640;

void count_records(benchmark::State& state, std::size_t records = 1) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(records));
}

// Random numbers.

void Philox(benchmark::State& state) {
  std::array<std::uint32_t, 4> counter{};
  for (auto _ : state) {
    ++counter[0];
    benchmark::DoNotOptimize(philox(counter, {1, 2}));
  }
  count_records(state);
}
BENCHMARK(Philox);

void RngForOneRecord(benchmark::State& state) {
  std::uint64_t record = 0;
  for (auto _ : state) {
    Rng rng(kSeed, 1, ++record, 3);
    benchmark::DoNotOptimize(rng.uniform());
  }
  count_records(state);
}
BENCHMARK(RngForOneRecord);

void Permute(benchmark::State& state) {
  const auto size = static_cast<std::uint64_t>(state.range(0));
  const Permutation permutation(size, kSeed, 1);
  std::uint64_t at = 0;
  for (auto _ : state) benchmark::DoNotOptimize(permutation(at = at + 1 == size ? 0 : at + 1));
  count_records(state);
}
BENCHMARK(Permute)->Arg(1'000)->Arg(60'000)->Arg(10'000'000);

// Values and hand-over.

void DatumReuse(benchmark::State& state) {
  Datum value;
  for (auto _ : state) benchmark::DoNotOptimize(value.allocate(DType::U8, {224, 224, 3}, Layout::HWC));
}
BENCHMARK(DatumReuse);

void DatumView(benchmark::State& state) {
  const Datum source = noise_picture(28, 28, 1);
  Datum value;
  for (auto _ : state) {
    value.view(source);
    benchmark::DoNotOptimize(value.data());
  }
}
BENCHMARK(DatumView);

void QueuePutAndPop(benchmark::State& state) {
  ChunkQueue queue(8, std::size_t{64} << 20U);
  Chunk chunk;
  chunk.count = 64;
  for (auto _ : state) {
    queue.put(&chunk);
    benchmark::DoNotOptimize(queue.pop());
    ++chunk.sequence;
  }
  count_records(state);
}
BENCHMARK(QueuePutAndPop);

/// What the engine adds to a record: one byte, one node that shows it, a batch of 128. Workers, staged.
void HandOver(benchmark::State& state) {
  const auto plan = test::PlanBuilder(1'000'000, 1, 128)
                        .step("pass", test::pass_view(), {test::PlanBuilder::kPixels}, {2})
                        .field("pixels", 2, DType::U8, {1})
                        .build();
  PipelineOptions options;
  options.workers = static_cast<std::size_t>(state.range(0));
  options.staged = state.range(1) != 0;
  options.epochs = 0;
  Pipeline pipeline(plan, plan->train, options);
  std::int64_t records = 0;
  for (auto _ : state) {
    const auto batch = pipeline.next();
    if (!batch || !*batch) {
      state.SkipWithError("the pipeline ended");
      break;
    }
    records += static_cast<std::int64_t>((*batch)->records);
  }
  state.SetItemsProcessed(records);
}
BENCHMARK(HandOver)->ArgNames({"workers", "staged"})->ArgsProduct({{1, 2}, {0, 1}})->UseRealTime();

// Per-record nodes.

/// A painted photo as JPEG.
const Datum& photo() {
  static const Datum file = [] {
    Rng rng(kSeed, 0, 0, 0);
    const auto pixels = paint_picture(0, {.size = kPhotoSide, .difficulty = 0.7}, rng);
    const auto bytes = codec::encode_jpeg(pixels.data(), kPhotoSide, kPhotoSide, 3, 90);
    Datum made;
    made.set_bytes({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
    return made;
  }();
  return file;
}

TensorDesc file_desc() { return {.kind = Kind::Encoded, .dtype = DType::U8, .shape = {Dim::symbol("bytes")}}; }

void DecodeExact(benchmark::State& state) {
  const OneNode decode("decode", {{"exact", true}}, file_desc());
  Datum out;
  std::uint64_t record = 0;
  for (auto _ : state) decode.run(photo(), out, ++record);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(photo().bytes()));
  count_records(state);
}
BENCHMARK(DecodeExact)->Unit(benchmark::kMicrosecond);

/// Decode and the random crop behind it, which tells what it will look at.
void DecodeAndCrop(benchmark::State& state) {
  const bool exact = state.range(0) != 0;
  const OneNode decode("decode", {{"exact", exact}}, file_desc());
  const OneNode crop("random_resized_crop", {}, picture_desc(kPhotoSide, kPhotoSide, 3));
  Datum pixels;
  Datum out;
  std::uint64_t record = 0;
  for (auto _ : state) {
    ++record;
    const NextNode next(crop.op(), OpContext{.rng = Rng(kSeed, 1, record, 1), .record = record});
    decode.run(photo(), pixels, record, exact ? nullptr : &next);
    crop.run(pixels, out, record);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(photo().bytes()));
  count_records(state);
}
BENCHMARK(DecodeAndCrop)->ArgName("exact")->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

void run_node(benchmark::State& state, const std::string& type, const ParamMap& params, const Datum& in) {
  const OneNode node(type, params, picture_desc(in.dim(0), in.dim(1), in.dim(2)));
  Datum out;
  std::uint64_t record = 0;
  for (auto _ : state) node.run(in, out, ++record);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(in.bytes()));
  count_records(state);
}

void Resize(benchmark::State& state) {
  run_node(state, "resize", {{"width", std::int64_t{224}}, {"height", std::int64_t{224}}}, noise_picture(480, 640, 3));
}
BENCHMARK(Resize);

void RandomResizedCrop(benchmark::State& state) {
  run_node(state, "random_resized_crop", {}, noise_picture(480, 640, 3));
}
BENCHMARK(RandomResizedCrop);

void PadRandomCrop(benchmark::State& state) {
  run_node(state, "pad_random_crop", {{"padding", std::int64_t{2}}, {"size", std::int64_t{28}}},
           noise_picture(28, 28, 1));
}
BENCHMARK(PadRandomCrop);

void Flip(benchmark::State& state) {
  const std::int64_t side = state.range(0);
  run_node(state, "horizontal_flip", {{"probability", 1.0}}, noise_picture(side, side, state.range(1)));
}
BENCHMARK(Flip)->ArgNames({"side", "channels"})->Args({28, 1})->Args({224, 3});

void Normalise(benchmark::State& state) {
  const std::int64_t side = state.range(0);
  const bool grey = state.range(1) == 1;
  run_node(state, "normalise", {{"preset", std::string(grey ? "fashion_mnist" : "imagenet")}},
           noise_picture(side, side, state.range(1)));
}
BENCHMARK(Normalise)->ArgNames({"side", "channels"})->Args({28, 1})->Args({224, 3});

// Batches.

/// One record that was not written into its row by its node.
void CollateCopy(benchmark::State& state) {
  const std::int64_t side = state.range(0);
  const std::int64_t channels = state.range(1);
  const Datum value = noise_picture(side, side, channels);
  BatchField field{.name = "image", .record = picture_desc(side, side, channels)};
  std::vector<std::byte> row(field.record_bytes());
  for (auto _ : state) {
    if (!collate(value, field, row.data())) state.SkipWithError("the value does not fit");
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(row.size()));
}
BENCHMARK(CollateCopy)->ArgNames({"side", "channels"})->Args({28, 1})->Args({224, 3});

// Meters.

void MeterAddWork(benchmark::State& state) {
  WorkerMeter meter;
  for (auto _ : state) meter.add_work(1, 784, 100, 100);
  benchmark::DoNotOptimize(meter.read(0));
}
BENCHMARK(MeterAddWork);

void MeterWait(benchmark::State& state) {
  WorkerMeter meter;
  Nanos now = 0;
  for (auto _ : state) {
    meter.enter_wait(WorkerState::Starved, ++now);
    meter.leave_wait(++now);
  }
  benchmark::DoNotOptimize(meter.read(now));
}
BENCHMARK(MeterWait);

/// What one node costs in metering for one tile of records.
void StepTimerLap(benchmark::State& state) {
  std::deque<WorkerMeter> meters(4);
  std::vector<WorkerMeter*> nodes;
  for (WorkerMeter& meter : meters) nodes.push_back(&meter);
  StepTimer timer(Clock::system(), nodes);
  timer.start();
  std::size_t node = 0;
  for (auto _ : state) {
    timer.lap(node, 8, 8 * 784);
    node = node + 1 == nodes.size() ? 0 : node + 1;
  }
  benchmark::DoNotOptimize(timer.stop());
}
BENCHMARK(StepTimerLap);

}  // namespace
}  // namespace feedline::bench

BENCHMARK_MAIN();
