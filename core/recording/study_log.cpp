// SPDX-License-Identifier: GPL-3.0-or-later
#include "recording/study_log.h"

#include "runs/run_store.h"

#include <fmt/format.h>

#include <mutex>
#include <utility>

namespace feedline::inline recording {
namespace {

/// Told once, whichever trial it hits.
class OnceTold {
 public:
  explicit OnceTold(RunRecorder::OnFault tell) : tell_(std::move(tell)) {}
  void operator()(const Error& error) {
    const std::lock_guard lock(mutex_);
    if (tell_) std::exchange(tell_, {})(error);
  }

 private:
  std::mutex mutex_{};
  RunRecorder::OnFault tell_;
};

class RecordedTrial final : public TrialLog {
 public:
  RecordedTrial(const Study& study, const StudyTrial& trial, const RunOptions& options, const RunSource& source,
                std::shared_ptr<OnceTold> fault, std::filesystem::path file)
      : study_(study.name),
        note_(fmt::format("{}, seed {}", study.settings[trial.setting].name, trial.seed)),
        before_(trial.run),
        fault_(std::move(fault)),
        file_(std::move(file)),
        log_(
            study.settings[trial.setting].document, options, source,
            [told = fault_](const Error& error) { (*told)(error); }, file_) {}

  void take(const Fact& fact) override { log_.take(fact); }
  void take(const Snapshot& now) override { log_.take(now); }

  std::int64_t finish() override {
    const std::int64_t number = log_.close();
    if (number == 0) return 0;
    const auto mark = [&]() -> Status {
      auto database = Database::open(file_);
      if (!database) return fail(std::move(database.error()));
      if (!study_.empty())
        if (Status tagged = add_tag(*database, number, study_); !tagged) return tagged;
      if (Status noted = set_note(*database, number, note_); !noted) return noted;
      return before_ != 0 && before_ != number ? remove_run(*database, before_) : Status{};
    };
    if (const Status marked = mark(); !marked) (*fault_)(marked.error());
    return number;
  }

 private:
  std::string study_;
  std::string note_;
  std::int64_t before_;
  std::shared_ptr<OnceTold> fault_;
  std::filesystem::path file_;
  RunLog log_;
};

}  // namespace

std::function<std::unique_ptr<TrialLog>(const Study&, const StudyTrial&, const RunOptions&)> record_trials(
    RunSource source, RunRecorder::OnFault on_fault, std::filesystem::path file) {
  return [source = std::move(source), fault = std::make_shared<OnceTold>(std::move(on_fault)), file = std::move(file)](
             const Study& study, const StudyTrial& trial, const RunOptions& options) -> std::unique_ptr<TrialLog> {
    return std::make_unique<RecordedTrial>(study, trial, options, source, fault, file);
  };
}

}  // namespace feedline::inline recording
