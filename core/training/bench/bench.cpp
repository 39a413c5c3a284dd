// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/bench/bench.h"

#include "base/cores.h"
#include "training/bench/graphs.h"
#include "training/bench/measure.h"

#include <algorithm>
#include <utility>

namespace feedline::inline training {

double BenchFigure::median() const {
  if (values.empty()) return 0;
  std::vector<double> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

double BenchFigure::least() const { return values.empty() ? 0 : *std::min_element(values.begin(), values.end()); }
double BenchFigure::most() const { return values.empty() ? 0 : *std::max_element(values.begin(), values.end()); }

namespace bench {
namespace {

namespace fs = std::filesystem;

/// What takes turns. The names are for progress and for looking up.
constexpr const char* kPhotosNeeded = "photos";
constexpr const char* kPhotosExact = "photos, exact decode";
constexpr const char* kPhotosOneWorker = "photos, one worker";
constexpr const char* kPhotosCached = "photos, cached";
constexpr const char* kGrey = "small pictures";
constexpr const char* kMetering = "small pictures, with and without meters";
constexpr const char* kTraining = "training";
constexpr const char* kTrainingOne = "training, one replica";

struct Job {
  const char* name;
  std::function<Result<Rate>()> measure;
  std::vector<Rate> rates{};
};

class Bench {
 public:
  explicit Bench(const BenchOptions& options)
      : options_(options), cache_(options.cache_folder.empty() ? default_cache_folder() : options.cache_folder) {}

  Result<BenchReport> run() {
    if (auto ready = prepare(); !ready) return fail(std::move(ready.error()));
    const auto turns = static_cast<double>(options_.rounds * jobs_.size());
    std::size_t turn = 0;
    for (std::size_t round = 0; round < options_.rounds; ++round) {
      for (Job& job : jobs_) {
        tell(job.name, static_cast<double>(turn++) / turns);
        auto rate = job.measure();
        if (!rate) return fail(std::move(rate.error()));
        job.rates.push_back(*rate);
      }
    }
    return BenchReport{.workers = cores_, .figures = figures()};
  }

 private:
  void tell(std::string_view what, double fraction) const {
    if (options_.progress) options_.progress(what, fraction);
  }

  Result<std::shared_ptr<const Plan>> plan(Result<Document> document) const {
    if (!document) return fail(std::move(document.error()));
    PlanOptions plan;
    plan.sources = {.cache_folder = cache_, .stop = options_.stop, .progress = options_.progress};
    return make_plan(*document, plan);
  }

  using Measure = Result<Rate> (*)(DataJob, double, const std::stop_token&);

  Status add_data(const char* name, Result<Document> document, DataJob job, Measure measure = measure_data) {
    auto made = plan(std::move(document));
    if (!made) return fail(std::move(made.error()));
    job.plan = std::move(*made);
    job.cache_folder = cache_;
    jobs_.push_back({name, [this, job, measure] { return measure(job, options_.seconds, options_.stop); }});
    return {};
  }

  [[nodiscard]] Result<Document> photos(Decode decode) const { return photo_graph(decode, options_.photos); }

  Status add_training(const char* name, Result<Document> document) {
    if (!document) return fail(std::move(document.error()));
    jobs_.push_back({name, [this, graph = std::move(*document)] {
                       return measure_training(graph, options_.seconds, cache_, options_.stop);
                     }});
    return {};
  }

  Status prepare() {
    tell("making pictures", 0);
    auto files = grey_files(cache_ / "bench", options_.stop);
    if (!files) return fail(std::move(files.error()));
    Status status = add_data(kPhotosNeeded, photos(Decode::Needed), {.workers = cores_});
    if (status) status = add_data(kPhotosExact, photos(Decode::Exact), {.workers = cores_});
    if (status && cores_ > 1) status = add_data(kPhotosOneWorker, photos(Decode::Needed), {.workers = 1});
    if (status) status = add_data(kPhotosCached, photos(Decode::Cached), {.workers = cores_, .from_epoch = 2});
    if (status) status = add_data(kGrey, grey_graph(*files, 0), {.workers = cores_});
    if (status) status = add_data(kMetering, grey_graph(*files, 0), {.workers = cores_}, measure_metering);
    if (status) status = add_training(kTrainingOne, grey_graph(*files, 1));
    if (status) status = add_training(kTraining, grey_graph(*files, 0));
    return status;
  }

  [[nodiscard]] const std::vector<Rate>& rates(const char* name) const {
    static const std::vector<Rate> none;
    const auto found = std::find_if(jobs_.begin(), jobs_.end(), [name](const Job& job) { return job.name == name; });
    return found == jobs_.end() ? none : found->rates;
  }

  /// A figure of one value a round, computed from the rates of one job, or of two.
  template <class Value>
  static BenchFigure figure(std::string id, std::string text, std::string unit, const std::vector<Rate>& of,
                            const std::vector<Rate>& beside, const Value& value) {
    BenchFigure made{.id = std::move(id), .text = std::move(text), .unit = std::move(unit)};
    for (std::size_t i = 0; i < std::min(of.size(), beside.size()); ++i) made.values.push_back(value(of[i], beside[i]));
    return made;
  }

  [[nodiscard]] std::vector<BenchFigure> figures() const {
    const auto rate = [](const Rate& r, const Rate&) { return r.samples_per_s; };
    const auto ratio = [](const Rate& a, const Rate& b) { return a.samples_per_s / b.samples_per_s; };
    const auto megabytes = [](const Rate& r, const Rate&) { return r.samples_per_s * r.source_bytes * 1e-6; };
    const auto cost = [](const Rate& r, const Rate&) { return 100 * (1 - r.metering_ratio); };
    const auto plain = [&](const char* id, const char* text, const char* unit, const char* job) {
      return figure(id, text, unit, rates(job), rates(job), rate);
    };
    std::vector<BenchFigure> made;
    made.push_back(plain("photos", "JPEG photos of 512 px: decode what is needed, random crop to 224, flip, normalise",
                         "pictures/s", kPhotosNeeded));
    made.push_back(
        figure("photos_bytes", "the same, JPEG bytes", "MB/s", rates(kPhotosNeeded), rates(kPhotosNeeded), megabytes));
    made.push_back(plain("photos_exact", "the same, every pixel decoded", "pictures/s", kPhotosExact));
    made.push_back(plain("photos_cached", "the same from the cache of decoded pixels", "pictures/s", kPhotosCached));
    if (cores_ > 1)
      made.push_back(figure("scaling", "photos: all workers beside one", "x", rates(kPhotosNeeded),
                            rates(kPhotosOneWorker), ratio));
    made.push_back(plain("small_pictures", "28x28 grey pictures: pad and crop, flip, normalise", "pictures/s", kGrey));
    made.push_back(
        figure("metering", "what metering costs them, in CPU time", "%", rates(kMetering), rates(kMetering), cost));
    made.push_back(plain("training", "training a small CNN on them, end to end, on the CPU", "samples/s", kTraining));
    made.push_back(plain("training_one_replica", "the same with one replica", "samples/s", kTrainingOne));
    return made;
  }

  const BenchOptions& options_;
  fs::path cache_;
  std::size_t cores_ = usable_cores();
  std::vector<Job> jobs_{};
};

}  // namespace
}  // namespace bench

Result<BenchReport> run_bench(const BenchOptions& options) {
  auto report = bench::Bench(options).run();
  if (!report && options.stop.stop_requested()) return fail_cancelled();
  return report;
}

}  // namespace feedline::inline training
