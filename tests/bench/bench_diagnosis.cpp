// SPDX-License-Identifier: GPL-3.0-or-later

// How good the diagnosis is, on pipelines whose truth is known: verdicts, ceilings beside an exhaustive search, tuning
// beside an exhaustive search. Prints Markdown tables. Not part of the tests: it takes minutes.
//
//   bench_diagnosis verdicts|ceilings|tune [PIPELINES [FIRST]]
//   bench_diagnosis graph FILE [NODE.PARAM=VALUE...]    tunes a graph, and searches its settings exhaustively

#include "diagnosis/fixes/insert_cache.h"
#include "graph/json.h"
#include "graph/override.h"
#include "support/synthetic.h"
#include "tuning/prove.h"
#include "tuning/tune.h"

#include <QTemporaryDir>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace feedline;
using namespace feedline::test;

namespace {

constexpr std::size_t kMostWorkers = 6;
std::uint64_t first_pipeline = 0;

/// The loads only wait, so many pipelines run at once without being in each other's way.
void side_by_side(std::uint64_t count, int threads, const std::function<void(std::uint64_t)>& work) {
  std::atomic<std::uint64_t> next{0};
  std::vector<std::jthread> worker_pool;
  for (int t = 0; t < threads; ++t)
    worker_pool.emplace_back([&] {
      for (std::uint64_t i = next++; i < count; i = next++) work(i);
    });
}

double quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
}

MeasureOptions measuring() {
  MeasureOptions options;
  options.most_workers = kMostWorkers;
  return options;
}

void verdicts(const QString& folder, std::uint64_t count) {
  std::mutex mutex;
  std::map<std::string, int> kinds;
  std::uint64_t right = 0;
  side_by_side(count, 10, [&](std::uint64_t i) {
    const SyntheticPipeline pipeline = random_pipeline(first_pipeline + i);
    const auto found = examine(synthetic_graph(folder, pipeline), measuring(), 1.0);
    const std::lock_guard lock(mutex);
    if (!found) {
      std::printf("pipeline %llu: %s\n", static_cast<unsigned long long>(i), found.error().line().c_str());
      return;
    }
    const Verdict& verdict = found->diagnosis.verdict;
    ++kinds[std::string(name(verdict.kind))];
    if (verdict.node == pipeline.slowest()) {
      ++right;
    } else {
      std::printf("pipeline %llu (margin %.2f): it is %s; said: %s\n", static_cast<unsigned long long>(i),
                  pipeline.margin(), pipeline.slowest().c_str(), verdict.text().c_str());
    }
  });
  std::printf("\n| pipelines | right node named |\n|---|---|\n| %llu | %llu (%.1f %%) |\n",
              static_cast<unsigned long long>(count), static_cast<unsigned long long>(right),
              100.0 * static_cast<double>(right) / static_cast<double>(count));
  for (const auto& [kind, times] : kinds) std::printf("%s: %d\n", kind.c_str(), times);
}

/// Best rate over all numbers of workers, measured.
double search(const QString& folder, SyntheticPipeline pipeline) {
  double best = 0;
  for (std::size_t workers = 1; workers <= kMostWorkers; ++workers) {
    pipeline.workers = static_cast<std::int64_t>(workers);
    pipeline.prefetch = 8;
    LiveRun run(synthetic_graph(folder, pipeline), measuring());
    if (!run.warm_up(2)) continue;
    if (const auto slice = run.measure(1.0)) best = std::max(best, slice->samples_per_s());
  }
  return best;
}

void ceilings(const QString& folder, std::uint64_t count) {
  std::mutex mutex;
  std::vector<double> errors;
  side_by_side(count, 10, [&](std::uint64_t i) {
    const SyntheticPipeline pipeline = random_pipeline(first_pipeline + i);
    const auto found = examine(synthetic_graph(folder, pipeline), measuring(), 1.0);
    const double best = search(folder, pipeline);
    if (!found || best <= 0) return;
    const double error = found->diagnosis.ceiling.samples_per_s / best - 1;
    const std::lock_guard lock(mutex);
    errors.push_back(std::abs(error));
    if (std::abs(error) > 0.1) {
      for (const SyntheticStage& stage : pipeline.stages)
        std::printf("%.2f ms%s%s, ", stage.wait_ms, stage.spread > 0 ? " spread" : "",
                    stage.sequential ? " sequential" : "");
      std::printf("%d workers; ", static_cast<int>(pipeline.workers));
      for (const NodeCost& node : found->diagnosis.profile.nodes)
        std::printf("%s %.2f+%.2f ms, ", node.node.c_str(), 1e3 * node.cpu, 1e3 * node.wait);
      for (const Limit& limit : found->diagnosis.ceiling.limits)
        std::printf("%s %.0f, ", std::string(name(limit.kind)).c_str(), limit.samples_per_s);
      std::printf("pipeline %llu: ceiling %.0f, best found %.0f (%+.1f %%)%s\n", static_cast<unsigned long long>(i),
                  found->diagnosis.ceiling.samples_per_s, best, 100 * error, pipeline.staged ? ", staged" : "");
    }
  });
  std::printf(
      "\n| pipelines | median error of the ceiling | nine in ten within |\n|---|---|---|\n| %zu | %.1f %% | %.1f %% "
      "|\n",
      errors.size(), 100 * quantile(errors, 0.5), 100 * quantile(errors, 0.9));
}

void tuning(const QString& folder, std::uint64_t count) {
  std::mutex mutex;
  std::vector<double> reached;
  side_by_side(count, 4, [&](std::uint64_t i) {
    SyntheticPipeline pipeline = random_pipeline(1000 + i);
    pipeline.staged = false;
    pipeline.prefetch = i % 3 == 0 ? 0 : 4;
    pipeline.random = true;  // else caches would make all of them as fast as the step
    TuneOptions options{.measure = measuring()};
    const auto tuned = tune(synthetic_graph(folder, pipeline), options);
    const double best = search(folder, pipeline);
    double rate = 0;
    if (tuned) {
      LiveRun run(tuned->document, options.measure);
      if (run.warm_up(2))
        if (const auto slice = run.measure(1.5)) rate = slice->samples_per_s();
    }
    const std::lock_guard lock(mutex);
    reached.push_back(rate / best);
    std::printf("| %llu | %.0f | %.0f | %.1f %% |", static_cast<unsigned long long>(i), rate, best, 100 * rate / best);
    for (const TuneStep& step : tuned ? tuned->steps : std::vector<TuneStep>{})
      std::printf(" %c %s (%.2f, %.2f)", step.kept ? '+' : '-', step.title.c_str(), step.predicted, step.measured);
    std::printf("\n");
  });
  std::printf("least %.1f %%, median %.1f %%\n", 100 * quantile(reached, 0), 100 * quantile(reached, 0.5));
}

/// The rate of a graph with these settings; 0: it does not run.
double rate_of(Document document, const MeasureOptions& options, const std::vector<Edit>& edits) {
  for (const Edit& edit : edits)
    if (!document.apply(edit)) return 0;
  LiveRun run(document, options);
  if (!run.warm_up(3)) return 0;
  const auto slice = run.measure(1.5);
  return slice ? slice->samples_per_s() : 0;
}

/// Every number of workers, prefetch and place of a cache: nothing that may change accuracy. What was the fastest of
/// them then takes turns with the tuned graph: the fastest of many short measurements is partly the luckiest.
int graph(int argc, char** argv) {
  auto loaded = load_document(argv[2]);
  if (!loaded) {
    std::fprintf(stderr, "%s\n", loaded.error().line().c_str());
    return 2;
  }
  Document document = std::move(loaded->document);
  for (int i = 3; i < argc; ++i) {
    const auto edit = parse_override(document, argv[i]);
    if (!edit || !document.apply(*edit)) return 2;
  }
  const Nanos start = Clock::system().now();
  const auto tuned = tune(document, {});
  const double took = seconds(Clock::system().now() - start);
  if (!tuned) {
    std::fprintf(stderr, "%s\n", tuned.error().line().c_str());
    return 3;
  }
  for (const TuneStep& step : tuned->steps)
    std::printf("%s %s: predicted %.2f, measured %.2f\n", step.kept ? "+" : "-", step.title.c_str(), step.predicted,
                step.measured);
  MeasureOptions options;
  const auto found = examine(document, options, 1);
  if (!found) return 3;
  shorten_epochs(options, found->facts, found->diagnosis.measured());
  const auto set = [&](const char* param, std::int64_t value) {
    return Edit{SetParam{.node = found->facts.trainer_node, .param = param, .value = value}};
  };
  std::vector<std::vector<Edit>> caches{{}};
  for (const DataNode& node : found->facts.nodes)
    if (!node.random && (node.role == Role::Source || node.role == Role::Sample))
      if (const auto edit = insert_cache(document, Registry::instance(), node.id, {})) caches.push_back({*edit});
  double best = 0;
  Document best_document = document;
  for (const std::int64_t workers : {1, 2, 3})
    for (const std::int64_t prefetch : {1, 4, 8})
      for (std::vector<Edit> edits : caches) {
        edits.push_back(set("workers", workers));
        edits.push_back(set("prefetch", prefetch));
        const double rate = rate_of(document, options, edits);
        if (rate <= best) continue;
        std::printf("%.0f samples/s: %lld workers, prefetch %lld%s\n", rate, static_cast<long long>(workers),
                    static_cast<long long>(prefetch), edits.size() > 2 ? ", a cache" : "");
        best = rate;
        best_document = document;
        for (const Edit& edit : edits)
          if (!best_document.apply(edit)) return 3;
      }
  const auto proof = prove(best_document, tuned->document, {.measure = options, .least_pairs = 10});
  if (!proof) {
    std::fprintf(stderr, "%s\n", proof.error().line().c_str());
    return 3;
  }
  const RatioEstimate& ratio = proof->rate;
  std::printf("| %s | tuned in %.1f s | %.0f | best %.0f | %.1f %% (%.1f to %.1f, %zu pairs) |\n", argv[2], took,
              proof->b.samples_per_s, proof->a.samples_per_s, 100 * ratio.ratio, 100 * ratio.low, 100 * ratio.high,
              ratio.pairs);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "graph" && argc > 2) return graph(argc, argv);
  const std::uint64_t count = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 0;
  first_pipeline = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 0;
  QTemporaryDir folder;
  (void)synthetic_graph(folder.path(), random_pipeline(0));  // writes the files
  if (what == "verdicts") {
    verdicts(folder.path(), count > 0 ? count : 200);
  } else if (what == "ceilings") {
    ceilings(folder.path(), count > 0 ? count : 200);
  } else if (what == "tune") {
    tuning(folder.path(), count > 0 ? count : 20);
  } else {
    std::fputs("bench_diagnosis verdicts|ceilings|tune [PIPELINES [FIRST]], or graph FILE\n", stderr);
    return 2;
  }
  return 0;
}
