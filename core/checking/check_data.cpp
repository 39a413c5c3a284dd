// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled by -O3: runs over records.
#include "checking/check_data.h"

#include "base/clock.h"
#include "base/cores.h"
#include "base/machine_fault.h"
#include "checking/check_lane.h"
#include "checking/data_findings.h"
#include "checking/duplicates.h"
#include "checking/facts_file.h"
#include "checking/lane_tally.h"
#include "checking/record_check.h"
#include "engine/data_notices.h"
#include "plan/record_split.h"
#include "schema/own_files.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <deque>
#include <exception>
#include <optional>
#include <pthread.h>
#include <sys/stat.h>
#include <thread>

namespace feedline::inline checking {

std::string CheckProgress::what() const {
  const std::lock_guard lock(mutex_);
  return what_;
}

void CheckProgress::set_what(std::string_view text, double fraction) {
  const std::lock_guard lock(mutex_);
  what_ = text;
  opening = fraction;
}

namespace {

/// Records that one thread takes at a time, and that are kept at a time.
constexpr std::size_t kPiece = 64;

std::uint64_t hash_of(const std::string& text) { return XXH3_64bits(text.data(), text.size()); }

/// A lane while it is looked through.
struct LaneWork {
  explicit LaneWork(CheckLane opened) : lane(std::move(opened)), tally(lane.classes) {
    if (!lane.source) return;
    files = dynamic_cast<const OwnFiles*>(lane.source.get());
    records = lane.source->size();
    contents.resize(lane.picture_port ? records : 0);
    labels.resize((records + kPiece - 1) / kPiece, {-1, -1});
  }

  CheckLane lane;
  const OwnFiles* files = nullptr;
  std::optional<RecordSplit> split{};  ///< where the trainer sets records aside
  std::optional<Error> split_failure{};
  std::uint64_t records = 0;
  FaultList faults{};
  SizeTrials trials{};
  FactsFile kept{};
  std::vector<std::uint64_t> contents{};                        ///< hash of each record; 0: not known
  std::vector<std::pair<std::int64_t, std::int64_t>> labels{};  ///< first and last of each piece
  std::atomic<std::uint64_t> next_piece{0};
  std::mutex mutex{};
  LaneTally tally;  ///< guarded
};

class DataCheck {
 public:
  DataCheck(const CheckOptions& options, CheckProgress& progress) : options_(options), progress_(progress) {}

  Result<CheckReport> run(const Document& document, const Registry& registry) {
    const Nanos start = Clock::system().now();
    const auto cache = options_.cache_folder.empty() ? default_cache_folder() : options_.cache_folder;
    const SourceContext context{
        .cache_folder = cache, .stop = options_.stop, .progress = [this](std::string_view what, double fraction) {
          progress_.set_what(what, fraction);
        }};
    auto lanes = open_lanes(document, context, registry);
    if (!lanes) return fail(std::move(lanes.error()));
    if (lanes->empty()) return fail("the graph has no source", "Add one, such as image_folder");
    for (CheckLane& lane : *lanes) state_.emplace_back(std::move(lane));
    for (LaneWork& work : state_)
      if (Status divided = divide(work, context); !divided) return fail(std::move(divided.error()));
    if (!options_.afresh)
      for (LaneWork& work : state_) keep(work, cache / "check");
    std::uint64_t all = 0;
    for (const LaneWork& work : state_) all += work.records;
    progress_.set_what("Checking records", 0);
    progress_.records = all;
    {
      const std::stop_callback follow(options_.stop, [this] { halt_.request_stop(); });
      look_through();
    }
    if (fault_) return fail(std::move(*fault_));
    CheckReport report = collect();
    report.seconds = seconds(Clock::system().now() - start);
    return report;
  }

 private:
  /// As a run would; what hinders it is something to tell.
  static Status divide(LaneWork& work, const SourceContext& context) {
    const CheckLane& lane = work.lane;
    if (!lane.source || !lane.training || lane.validation || !lane.learning.sets_aside()) return {};
    auto split = split_records({*lane.source, lane.type, lane.params},
                               {.settings = lane.learning, .class_counts = true}, context);
    if (split) {
      work.split = std::move(*split);
      return {};
    }
    if (is_machine_fault(split.error()) || split.error().code == ErrorCode::Cancelled)
      return fail(std::move(split.error()).at_node(lane.node));
    work.split_failure = std::move(split.error());
    return {};
  }

  static void keep(LaneWork& work, const std::filesystem::path& folder) {
    if (work.files == nullptr || work.lane.decoders == 0) return;  // nothing that would take long
    const auto name_of = [&](std::uint64_t i) { return hash_of(work.files->file_of(i)); };
    (void)work.kept.open(folder, fmt::format("{:016x}", hash_of(FEEDLINE_VERSION "\n" + work.lane.key)), work.records,
                         name_of, work.faults);
  }

  void look_through() {
    const std::size_t count = options_.workers > 0 ? options_.workers : usable_cores();
    std::vector<std::jthread> threads;
    try {
      for (std::size_t i = 1; i < count; ++i) threads.emplace_back([this] { work(); });
    } catch (const std::system_error&) {  // fewer threads do as well
    }
    work();
  }

  void work() noexcept {
    pthread_setname_np(pthread_self(), "feedline-check");
    try {
      for (LaneWork& lane : state_) {
        if (!lane.lane.source) continue;
        RecordCheck check(lane.lane, lane.faults, lane.trials, halt_.get_token());
        LaneTally tally(lane.lane.classes);
        std::vector<RecordFacts> facts;
        for (std::uint64_t piece = next_piece(lane); piece < lane.labels.size(); piece = next_piece(lane))
          look_at(lane, piece, check, tally, facts);
        const std::lock_guard lock(lane.mutex);
        lane.tally.add(tally);
      }
    } catch (const std::exception&) {  // out of memory: what is lacking shows as not checked
    }
  }

  /// The machine's fault ends all of it: what is known so far is kept.
  void give_up(Error error) {
    const std::lock_guard lock(mutex_);
    if (error.code != ErrorCode::Cancelled && !fault_) fault_ = std::move(error);
    halt_.request_stop();
  }

  std::uint64_t next_piece(LaneWork& lane) const {
    if (halt_.stop_requested()) return lane.labels.size();
    return lane.next_piece.fetch_add(1);
  }

  /// What stands under this name now.
  static void stamp(const std::string& path, RecordFacts& facts) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return;
    facts.file_bytes = static_cast<std::uint64_t>(status.st_size);
    facts.modified_ns = static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec;
  }

  void look_at(LaneWork& lane, std::uint64_t piece, RecordCheck& check, LaneTally& tally,
               std::vector<RecordFacts>& facts) {
    const std::uint64_t first = piece * kPiece;
    facts.assign(static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, lane.records - first)), {});
    lane.kept.read(first, facts);
    tally.begin_piece();
    std::size_t done = 0;
    bool changed = false;
    for (; done < facts.size() && !halt_.stop_requested(); ++done) {
      RecordFacts& known = facts[done];
      const std::uint64_t record = first + done;
      RecordFacts file;
      if (lane.files != nullptr) {
        const std::string path = lane.files->file_of(record);
        file.name = hash_of(path);
        if (known.known != 0) stamp(path, file);
      }
      auto behind = known.is_of(file.name, file.file_bytes, file.modified_ns) &&
                            (known.fault == 0 || lane.faults.has(known.fault))
                        ? check.fault_behind(known)
                        : std::nullopt;
      const bool reused = behind.has_value();
      if (!reused) {
        auto found = check.examine(record);
        if (!found) {
          give_up(std::move(found.error()));
          break;
        }
        known = *found;
        known.name = file.name;
        behind = check.fault_behind(known);
        if (known.fault == 0 && behind == 0) check.note_through(known);
        changed |= known.known != 0;
        progress_.bytes.fetch_add(known.file_bytes, std::memory_order_relaxed);
      }
      const std::uint32_t fault = known.fault != 0 ? known.fault : behind.value_or(0);
      if (!lane.contents.empty()) lane.contents[record] = known.content;
      tally.add(record, known, fault, check.label(record), reused);
      progress_.checked.fetch_add(1, std::memory_order_relaxed);
      if (reused) progress_.reused.fetch_add(1, std::memory_order_relaxed);
      if (fault != 0) progress_.bad.fetch_add(1, std::memory_order_relaxed);
    }
    if (changed) lane.kept.write(first, facts);
    lane.labels[piece] = {tally.first_label(), tally.last_label()};
  }

  CheckReport collect() {
    CheckReport report;
    std::vector<LaneContents> contents;
    std::vector<std::vector<std::string>> names;
    for (LaneWork& work : state_) {
      report.sources.push_back(result_of(work, report.faults));
      SourceCheck& source = report.sources.back();
      report.records += source.records;
      report.checked += source.checked;
      report.reused += source.reused;
      names.push_back(work.lane.class_names);
      contents.push_back(contents_of(work));
    }
    report.complete = report.checked == report.records;
    report.duplicates = find_duplicates(contents, names);
    report.findings = data_findings(report);
    return report;
  }

  static SourceCheck result_of(const LaneWork& work, std::vector<Error>& faults) {
    const CheckLane& lane = work.lane;
    SourceCheck check{.node = lane.node,
                      .type = lane.type,
                      .failure = lane.failure,
                      .unchecked = lane.unchecked,
                      .training = lane.training,
                      .validation = lane.validation,
                      .shuffled = lane.shuffled,
                      .validation_split = lane.learning.validation_split,
                      .held_out = work.split ? work.split->validation.count : 0,
                      .split_failure = work.split_failure,
                      .max_bad_fraction = lane.max_bad_fraction,
                      .records = work.records,
                      .source = lane.source};
    if (!lane.source) return check;
    if (work.split)
      check.lost_classes = lost_classes(work.split->training_classes, work.split->validation_classes, lane.class_names,
                                        lane.learning.split_by);
    for (std::size_t i = 0; i < lane.classes; ++i)
      check.classes.push_back({.name = i < lane.class_names.size() ? lane.class_names[i] : std::to_string(i)});
    if (const SourceReport* report = report_of(*lane.source)) {
      check.ignored = report->ignored;
      check.passed_over = source_notices(*report);
    }
    work.tally.put_into(check);
    std::int64_t last = -1;
    for (const auto& [first, end] : work.labels) {
      if (last >= 0 && first >= 0 && first != last) ++check.class_changes;
      if (end >= 0) last = end;
    }
    std::map<std::uint32_t, std::uint32_t> numbers;  // by that in the lane
    for (BadRef& bad : check.bad) {
      const auto [known, fresh] = numbers.try_emplace(bad.fault);
      if (fresh) known->second = number_in(faults, work.faults.at(bad.fault));
      bad.fault = known->second;
    }
    check.fits = fits_of(lane, check.sizes);
    return check;
  }

  /// Kinds are few; the same one of several sources is told once.
  static std::uint32_t number_in(std::vector<Error>& faults, const Error& fault) {
    const auto same = std::find_if(faults.rbegin(), faults.rend(), [&](const Error& e) {
      return e.node == fault.node && e.reason == fault.reason && e.remedy == fault.remedy;
    });
    if (same != faults.rend()) return static_cast<std::uint32_t>(faults.rend() - same);
    faults.push_back(fault);
    return static_cast<std::uint32_t>(faults.size());
  }

  /// Asks the nodes that read the picture first what they would cut out of each size.
  static std::vector<FitCount> fits_of(const CheckLane& lane, const std::vector<SizeCount>& sizes) {
    std::vector<FitCount> fits;
    if (!lane.picture_port) return fits;
    std::vector<SlotIndex> pictures;
    if (!lane.encoded) pictures.push_back(*lane.picture_port);
    for (std::size_t i = 0; i < lane.decoders; ++i)
      pictures.insert(pictures.end(), lane.steps[i].outputs.begin(), lane.steps[i].outputs.end());
    for (std::size_t i = lane.decoders; i < lane.steps.size(); ++i) {
      const PlanStep& step = lane.steps[i];
      if (step.inputs.empty() || !step.inputs[0] ||
          std::find(pictures.begin(), pictures.end(), *step.inputs[0]) == pictures.end())
        continue;
      FitCount fit{.node = step.node};
      for (const SizeCount& size : sizes) count_fit(*step.op, size, fit);
      if (fit.cut + fit.enlarged + fit.stretched > 0) fits.push_back(fit);
    }
    return fits;
  }

  static void count_fit(const SampleOp& op, const SizeCount& size, FitCount& fit) {
    OpContext context{.rng = Rng(0, 0, 0, 0), .training = false};
    const auto demand = op.demand(size.width, size.height, context);
    if (!demand || demand->width <= 0 || demand->height <= 0) return;
    const auto width = static_cast<double>(demand->width);
    const auto height = static_cast<double>(demand->height);
    if (width * height < 0.5 * size.width * size.height) fit.cut += size.count;
    if (demand->scaled_width <= 0 || demand->scaled_height <= 0) return;
    const double across = static_cast<double>(demand->scaled_width) / width;
    const double down = static_cast<double>(demand->scaled_height) / height;
    if (std::min(across, down) > 2) fit.enlarged += size.count;
    if (std::max(across, down) > 4.0 / 3 * std::min(across, down)) fit.stretched += size.count;
  }

  static LaneContents contents_of(LaneWork& work) {
    const CheckLane& lane = work.lane;
    LaneContents contents{.hashes = std::move(work.contents), .training = lane.training, .validation = lane.validation};
    if (lane.source && lane.label_port) {
      auto check = std::make_shared<RecordCheck>(lane, work.faults, work.trials);
      contents.label = [check](std::uint64_t record) { return check->label(record); };
    }
    if (!work.split) return contents;
    const SamplerPlan& validation = work.split->validation;
    contents.held_out.resize(work.records);
    for (std::uint64_t i = 0; i < validation.count; ++i) contents.held_out[validation.record(0, i)] = true;
    const auto& training = work.split->training.chosen;
    for (std::uint64_t i = 0; training && i < work.records; ++i)
      contents.left_out.push_back(!contents.held_out[i] && !training->contains(i));
    return contents;
  }

  const CheckOptions& options_;
  CheckProgress& progress_;
  std::deque<LaneWork> state_{};
  std::stop_source halt_{};
  std::mutex mutex_{};
  std::optional<Error> fault_{};
};

}  // namespace

Result<CheckReport> check_data(const Document& document, const CheckOptions& options, CheckProgress& progress,
                               const Registry& registry) {
  try {
    return DataCheck(options, progress).run(document, registry);
  } catch (const std::exception& fault) {
    return fail(Error{.code = ErrorCode::Failed, .reason = std::string("the data cannot be checked: ") + fault.what()});
  }
}

}  // namespace feedline::inline checking
