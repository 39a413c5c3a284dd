// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/synthetic.h"

#include "base/random.h"
#include "support/fake_nodes.h"
#include "support/fixtures.h"
#include "support/small_data.h"

#include <QFile>

#include <algorithm>
#include <cmath>

namespace feedline::test {
namespace {

constexpr int kRecords = 4096;

double self(const SyntheticStage& stage) { return (stage.wait_ms + stage.cpu_ms) * 1e-3; }

/// What each load alone would allow: of those that share the workers, as a part of their common time.
struct Bound {
  std::size_t stage = 0;
  double samples_per_s = 0;
};

std::vector<Bound> bounds(const SyntheticPipeline& pipeline, std::int64_t workers) {
  double together = 0;
  std::size_t longest = 0;
  std::vector<Bound> found;
  for (std::size_t i = 0; i < pipeline.stages.size(); ++i) {
    const SyntheticStage& stage = pipeline.stages[i];
    together += self(stage);
    if (self(stage) > self(pipeline.stages[longest])) longest = i;
    if (stage.sequential) found.push_back({i, 1 / self(stage)});
    if (pipeline.staged) found.push_back({i, (stage.sequential ? 1.0 : static_cast<double>(workers)) / self(stage)});
  }
  if (!pipeline.staged) found.push_back({longest, static_cast<double>(workers) / together});
  std::sort(found.begin(), found.end(),
            [](const Bound& a, const Bound& b) { return a.samples_per_s < b.samples_per_s; });
  return found;
}

}  // namespace

double SyntheticPipeline::best_rate(std::int64_t with_workers) const {
  return bounds(*this, with_workers).front().samples_per_s;
}

std::string SyntheticPipeline::slowest() const {
  return "load" + std::to_string(bounds(*this, workers).front().stage + 1);
}

double SyntheticPipeline::margin() const {
  const std::vector<Bound> all = bounds(*this, workers);
  double least = 1e9;
  for (const Bound& bound : all)
    if (bound.stage != all.front().stage) least = std::min(least, bound.samples_per_s / all.front().samples_per_s);
  const SyntheticStage& slow = stages[all.front().stage];
  if (!staged && !slow.sequential)
    for (std::size_t i = 0; i < stages.size(); ++i)
      if (i != all.front().stage) least = std::min(least, self(slow) / self(stages[i]));
  return least;
}

SyntheticPipeline random_pipeline(std::uint64_t number, double least_margin) {
  Rng rng(20261125, 0, number, 6);
  for (;;) {
    SyntheticPipeline pipeline;
    const std::uint32_t stages = 2 + rng.below(4);
    for (std::uint32_t i = 0; i < stages; ++i)
      pipeline.stages.push_back({.wait_ms = std::exp(rng.uniform(std::log(0.5), std::log(6.0))),
                                 .spread = rng.chance(0.5) ? rng.uniform(0.1, 0.6) : 0,
                                 .sequential = rng.chance(0.2)});
    pipeline.workers = 1 + rng.below(4);
    pipeline.staged = rng.chance(0.3);
    if (pipeline.margin() >= least_margin) return pipeline;
  }
}

Document synthetic_graph(const QString& folder, const SyntheticPipeline& pipeline) {
  const QString images = folder + "/images";
  const QString labels = folder + "/labels";
  if (!QFile::exists(labels)) {
    write_file(images, idx_images(kRecords));
    write_file(labels, idx_labels(kRecords));
  }
  std::string loads;
  std::string wires;
  std::string last = "shuffle.sample";
  if (pipeline.random) {
    loads += "flip:horizontal_flip ";
    wires += last + ">flip.image ";
    last = "flip.image";
  }
  for (std::size_t i = 0; i < pipeline.stages.size(); ++i) {
    const std::string id = "load" + std::to_string(i + 1);
    loads += id + ":synthetic_load ";
    wires += last + ">" + id + ".sample ";
    last = id + ".sample";
  }
  Graph graph("source:idx shuffle:shuffle " + loads +
              "normalise:normalise batch:batch flatten:flatten last:linear loss:cross_entropy sgd:sgd trainer:trainer "
              "source.image>shuffle.sample source.label>shuffle.label " +
              wires + last +
              ">normalise.image normalise.image>batch.image shuffle.label>batch.label batch.image>flatten.x "
              "flatten.y>last.x last.y>loss.prediction batch.label>loss.target loss.loss>trainer.loss "
              "sgd.optimizer>trainer.optimizer");
  for (std::size_t i = 0; i < pipeline.stages.size(); ++i) {
    const SyntheticStage& stage = pipeline.stages[i];
    const std::string id = "load" + std::to_string(i + 1);
    graph.set(id, "cpu_ms", stage.cpu_ms).set(id, "wait_ms", stage.wait_ms).set(id, "spread", stage.spread);
    graph.set(id, "sequential", stage.sequential);
  }
  graph.set("source", "images", images.toStdString())
      .set("source", "labels", labels.toStdString())
      .set("batch", "size", pipeline.batch)
      .set("trainer", "workers", pipeline.workers)
      .set("trainer", "prefetch", pipeline.prefetch)
      .set("trainer", "staged", pipeline.staged)
      .set("trainer", "replicas", std::int64_t{1})
      .set("trainer", "intra_op_threads", std::int64_t{1})
      .set("trainer", "device", std::string("cpu"))
      .set("trainer", "epochs", std::int64_t{10});
  return graph.document();
}

}  // namespace feedline::test
