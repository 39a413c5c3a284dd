// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/run_progress.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

namespace feedline::inline training {
namespace {

using PlainJson = nlohmann::json;

/// JSON knows no NaN: null.
PlainJson kept_number(double value) { return std::isfinite(value) ? PlainJson(value) : PlainJson(nullptr); }

double kept_number_of(const PlainJson& json) {
  return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

PlainJson times_json(const StepTimes& times) {
  PlainJson json = PlainJson::object();
  for (const PhaseInfo& info : kStepPhases)
    if (times[info.phase] != 0) json[std::string(info.key)] = times[info.phase];
  return json;
}

/// A phase that this program does not know counts nowhere.
StepTimes times_of(const PlainJson& json) {
  StepTimes times;
  for (const auto& [key, value] : json.items())
    if (const PhaseInfo* info = find_phase(key)) times[info->phase] = value.get<Nanos>();
  return times;
}

PlainJson meter_json(const TrainerSample& meter) {
  return {{"steps", meter.steps},
          {"samples", meter.samples},
          {"stepped", meter.stepped},
          {"border_wait", meter.border_wait},
          {"times", times_json(meter.times)},
          {"validation", times_json(meter.validation)}};
}

TrainerSample meter_of(const PlainJson& json) {
  TrainerSample meter;
  meter.steps = json.at("steps").get<std::uint64_t>();
  meter.samples = json.at("samples").get<std::uint64_t>();
  meter.stepped = json.at("stepped").get<Nanos>();
  meter.border_wait = json.at("border_wait").get<Nanos>();
  meter.times = times_of(json.at("times"));
  meter.validation = times_of(json.at("validation"));
  return meter;
}

PlainJson kept_epoch_json(const EpochResult& epoch) {
  PlainJson metrics = PlainJson::array();
  for (const MetricValue& metric : epoch.metrics)
    metrics.push_back({{"name", metric.name},
                       {"split", metric.split},
                       {"value", kept_number(metric.value)},
                       {"unit", metric.unit},
                       {"higher_is_better", metric.higher_is_better}});
  return {{"epoch", epoch.epoch},
          {"metrics", std::move(metrics)},
          {"learning_rate", kept_number(epoch.learning_rate)},
          {"samples", epoch.samples},
          {"step", epoch.step},
          {"samples_per_s", kept_number(epoch.samples_per_s)},
          {"wall_s", kept_number(epoch.wall_s)},
          {"first_wait_s", kept_number(epoch.first_wait_s)},
          {"median_wait_s", kept_number(epoch.median_wait_s)}};
}

EpochResult kept_epoch_of(const PlainJson& json) {
  EpochResult epoch{.epoch = json.at("epoch").get<std::uint32_t>()};
  for (const PlainJson& metric : json.at("metrics"))
    epoch.metrics.push_back({.name = metric.at("name").get<std::string>(),
                             .split = metric.at("split").get<std::string>(),
                             .value = kept_number_of(metric.at("value")),
                             .unit = metric.at("unit").get<std::string>(),
                             .higher_is_better = metric.at("higher_is_better").get<bool>()});
  epoch.learning_rate = kept_number_of(json.at("learning_rate"));
  epoch.samples = json.at("samples").get<std::uint64_t>();
  epoch.step = json.value("step", std::uint64_t{0});  // earlier programs did not say
  epoch.samples_per_s = kept_number_of(json.at("samples_per_s"));
  epoch.wall_s = kept_number_of(json.at("wall_s"));
  epoch.first_wait_s = kept_number_of(json.at("first_wait_s"));
  epoch.median_wait_s = kept_number_of(json.at("median_wait_s"));
  return epoch;
}

PlainJson point_json(const Point& point) { return {kept_number(point.x), kept_number(point.y)}; }

Point point_of(const PlainJson& json) { return {kept_number_of(json.at(0)), kept_number_of(json.at(1))}; }

PlainJson curve_json(const Series::State& curve) {
  PlainJson points = PlainJson::array();
  for (const Point& point : curve.points) points.push_back(point_json(point));
  return {{"stride", curve.stride}, {"pending", curve.pending}, {"sum", point_json(curve.sum)}, {"points", points}};
}

Series::State curve_of(const PlainJson& json) {
  Series::State curve{.stride = json.at("stride").get<std::size_t>(),
                      .pending = json.at("pending").get<std::size_t>(),
                      .sum = point_of(json.at("sum"))};
  for (const PlainJson& point : json.at("points")) curve.points.push_back(point_of(point));
  return curve;
}

PlainJson stages_json(const std::vector<StageSample>& stages) {
  PlainJson list = PlainJson::array();
  for (const StageSample& stage : stages)
    list.push_back({{"node", stage.node},
                    {"type", stage.type},
                    {"records", stage.total.records},
                    {"bytes", stage.total.bytes},
                    {"cpu", stage.total.cpu},
                    {"busy", stage.total.busy},
                    {"delayed", stage.total.delayed},
                    {"starved", stage.total.starved},
                    {"blocked", stage.total.blocked}});
  return list;
}

std::vector<StageSample> stages_of(const PlainJson& json) {
  std::vector<StageSample> stages;
  for (const PlainJson& stage : json)
    stages.push_back({.node = stage.at("node").get<std::string>(),
                      .type = stage.at("type").get<std::string>(),
                      .total = {.records = stage.at("records").get<std::uint64_t>(),
                                .bytes = stage.at("bytes").get<std::uint64_t>(),
                                .cpu = stage.at("cpu").get<Nanos>(),
                                .busy = stage.at("busy").get<Nanos>(),
                                .delayed = stage.at("delayed").get<Nanos>(),
                                .starved = stage.at("starved").get<Nanos>(),
                                .blocked = stage.at("blocked").get<Nanos>()}});
  return stages;
}

/// Of the counts those that are none: a good model's matrix is nearly empty beside its diagonal.
PlainJson evaluation_text_json(const Evaluation& found) {
  PlainJson cells = PlainJson::array();
  for (std::size_t i = 0; i < found.counts.size(); ++i)
    if (found.counts[i] != 0) cells.push_back({i, found.counts[i]});
  PlainJson worst = PlainJson::array();
  for (const WorstSample& sample : found.worst)
    worst.push_back({{"record", sample.record},
                     {"file", sample.file},
                     {"label", sample.label},
                     {"predicted", sample.predicted},
                     {"truth", kept_number(sample.truth)},
                     {"confidence", kept_number(sample.confidence)},
                     {"missed", sample.missed},
                     {"extra", sample.extra}});
  return {{"epoch", found.epoch},
          {"classes", found.classes},
          {"names", found.class_names},
          {"cells", std::move(cells)},
          {"worst", std::move(worst)},
          {"node", found.node},
          {"several_labels", found.several_labels}};
}

/// Null where it cannot be right: what is shown of it is not worth refusing a checkpoint.
std::shared_ptr<const Evaluation> evaluation_of(const PlainJson& json) {
  auto found = std::make_shared<Evaluation>();
  found->epoch = json.at("epoch").get<std::uint32_t>();
  found->classes = json.at("classes").get<std::size_t>();
  if (found->classes > Evaluation::kMostClasses) return nullptr;
  found->class_names = json.at("names").get<std::vector<std::string>>();
  found->counts.assign(found->classes * found->classes, 0);
  for (const PlainJson& cell : json.at("cells")) {
    const auto at = cell.at(0).get<std::size_t>();
    if (at >= found->counts.size()) return nullptr;
    found->counts[at] = cell.at(1).get<std::uint64_t>();
  }
  for (const PlainJson& sample : json.at("worst")) {
    if (found->worst.size() == Evaluation::kMostWorst) return nullptr;
    found->worst.push_back({.record = sample.at("record").get<std::uint64_t>(),
                            .file = sample.at("file").get<std::string>(),
                            .label = sample.at("label").get<std::int64_t>(),
                            .predicted = sample.at("predicted").get<std::int64_t>(),
                            .truth = kept_number_of(sample.at("truth")),
                            .confidence = kept_number_of(sample.at("confidence")),
                            .missed = sample.value("missed", std::vector<std::int64_t>{}),
                            .extra = sample.value("extra", std::vector<std::int64_t>{})});
  }
  found->node = json.at("node").get<std::string>();
  found->several_labels = json.value("several_labels", false);
  return found;
}

/// What earlier programs did not keep.
void read_later_parts(const PlainJson& json, RunProgress& progress) {
  progress.recorded.started_at = json.value("run_started_at", 0.0);
  progress.wall_s = json.value("wall_s", 0.0);
  progress.cpu_s = json.value("cpu_s", 0.0);
  if (json.contains("stages")) progress.stages = stages_of(json.at("stages"));
  if (!json.contains("evaluation")) return;
  const auto evaluation = evaluation_of(json.at("evaluation"));
  for (EpochResult& epoch : progress.epochs)
    if (evaluation && epoch.epoch == evaluation->epoch) epoch.evaluation = evaluation;
}

}  // namespace

std::string to_text(const RunProgress& progress) {
  PlainJson json = {{"meter", meter_json(progress.meter)},
                    {"epoch_start", meter_json(progress.epoch_start)},
                    {"curve", curve_json(progress.curve)},
                    {"stop",
                     {{"best", kept_number(progress.stop.best)},
                      {"best_epoch", progress.stop.best_epoch},
                      {"waited", progress.stop.waited}}},
                    {"records", progress.records},
                    {"replicas", progress.replicas},
                    {"run", progress.recorded.run},
                    {"run_started_at", progress.recorded.started_at},
                    {"wall_s", progress.wall_s},
                    {"cpu_s", progress.cpu_s},
                    {"stages", stages_json(progress.stages)},
                    {"epochs", PlainJson::array()}};
  for (const EpochResult& epoch : progress.epochs) json["epochs"].push_back(kept_epoch_json(epoch));
  const auto judged = std::find_if(progress.epochs.rbegin(), progress.epochs.rend(),
                                   [](const EpochResult& epoch) { return epoch.evaluation != nullptr; });
  if (judged != progress.epochs.rend()) json["evaluation"] = evaluation_text_json(*judged->evaluation);
  if (progress.pending) json["pending"] = kept_epoch_json(*progress.pending);
  if (progress.best) json["best"] = kept_number(*progress.best);
  return json.dump(-1, ' ', false, PlainJson::error_handler_t::replace);
}

Result<RunProgress> run_progress_of(std::string_view text) {
  try {
    const PlainJson json = PlainJson::parse(text);
    RunProgress progress{.meter = meter_of(json.at("meter")),
                         .epoch_start = meter_of(json.at("epoch_start")),
                         .curve = curve_of(json.at("curve")),
                         .stop = {.best = kept_number_of(json.at("stop").at("best")),
                                  .best_epoch = json.at("stop").at("best_epoch").get<std::uint32_t>(),
                                  .waited = json.at("stop").at("waited").get<std::int64_t>()},
                         .records = json.at("records").get<std::uint64_t>(),
                         .replicas = json.at("replicas").get<std::size_t>(),
                         .recorded = {.run = json.at("run").get<std::int64_t>()}};
    for (const PlainJson& epoch : json.at("epochs")) progress.epochs.push_back(kept_epoch_of(epoch));
    if (json.contains("pending")) progress.pending = kept_epoch_of(json.at("pending"));
    if (json.contains("best")) progress.best = kept_number_of(json.at("best"));
    read_later_parts(json, progress);
    return progress;
  } catch (const PlainJson::exception&) {
    return fail("what the checkpoint says of the run's progress is damaged");
  }
}

}  // namespace feedline::inline training
