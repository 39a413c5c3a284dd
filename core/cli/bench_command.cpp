// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/help.h"
#include "cli/interrupts.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "training/bench/bench.h"
#include "training/report.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

namespace feedline::cli {
namespace {

constexpr std::chrono::milliseconds kPeriod{200};

struct BenchArguments {
  double seconds = 1;
  std::size_t rounds = 3;
  std::int64_t photos = 192;
  std::string json{};
};

struct Doing {
  std::string what{};
  double fraction = 0;
};

/// The measuring on a thread of its own, and what it is about.
class Measuring {
 public:
  Measuring(const BenchArguments& arguments, Interrupts& interrupts) : interrupts_(interrupts) {
    options_.seconds = arguments.seconds;
    options_.rounds = arguments.rounds;
    options_.photos = arguments.photos;
    options_.stop = stop_.get_token();
    options_.progress = [this](std::string_view what, double fraction) { tell(what, fraction); };
    thread_ = std::jthread([this] { work(); });
  }
  ~Measuring() { stop(); }
  Measuring(const Measuring&) = delete;
  Measuring& operator=(const Measuring&) = delete;

  void stop() { stop_.request_stop(); }
  [[nodiscard]] Doing doing() {
    const std::lock_guard lock(mutex_);
    return doing_;
  }
  /// None while it goes on.
  [[nodiscard]] std::optional<Result<BenchReport>> result() {
    const std::lock_guard lock(mutex_);
    return result_;
  }

 private:
  void tell(std::string_view what, double fraction) {
    const std::lock_guard lock(mutex_);
    doing_ = {std::string(what), fraction};
  }

  void work() {
    Result<BenchReport> result = fail(Error{.code = ErrorCode::Failed, .reason = "the measurement was interrupted"});
    try {
      result = run_bench(options_);
    } catch (const std::exception& fault) {
      result.error().reason += std::string(": ") + fault.what();
    }
    const std::lock_guard lock(mutex_);
    result_ = std::move(result);
    interrupts_.wake();
  }

  Interrupts& interrupts_;
  BenchOptions options_{};
  std::stop_source stop_{};
  std::mutex mutex_{};
  Doing doing_{};
  std::optional<Result<BenchReport>> result_{};
  std::jthread thread_{};  // last: ends before what it uses
};

/// One line that is redrawn on a terminal, a line for each new thing elsewhere.
class Ticker {
 public:
  void show(const Doing& doing) {
    if (doing.what.empty() || (!terminal_ && doing.what == shown_)) return;
    shown_ = doing.what;
    const std::string line = fmt::format("{:>4}  {}", percent(doing.fraction), doing.what);
    put(stderr, terminal_ ? "\r\x1b[K" + fit(line, width_of(stderr) - 1) : doing.what + '\n');
  }
  void clear() const {
    if (terminal_ && !shown_.empty()) put(stderr, "\r\x1b[K");
  }

 private:
  bool terminal_ = is_terminal(stderr);
  std::string shown_{};
};

Result<BenchReport> watch(Measuring& measuring, Interrupts& interrupts) {
  Ticker ticker;
  bool stopping = false;
  for (;;) {
    if (auto result = measuring.result()) {
      ticker.clear();
      return std::move(*result);
    }
    if (interrupts.requested() && !stopping) {
      stopping = true;
      measuring.stop();
      ticker.clear();
      put_line(stderr, "stopping; Ctrl-C again ends at once");
    }
    if (!stopping) ticker.show(measuring.doing());
    interrupts.wait(kPeriod);
  }
}

std::string value_text(double value, const std::string& unit) {
  if (unit == "x") return fmt::format("{:.2f}", value);
  if (unit == "%") return fmt::format("{:.1f}", value);
  return rate(value);
}

std::string to_text(const BenchReport& report, const BenchArguments& arguments, std::size_t width) {
  Table table({"figure", "median", "minimum", "maximum", "unit"});
  for (const BenchFigure& figure : report.figures)
    table.row({figure.text, value_text(figure.median(), figure.unit), value_text(figure.least(), figure.unit),
               value_text(figure.most(), figure.unit), figure.unit == "x" ? "times" : figure.unit});
  return fmt::format("{}, {} of {} each, interleaved\n\n{}", plural(report.workers, "data worker"),
                     plural(arguments.rounds, "measurement"), duration(arguments.seconds), table.text(width));
}

std::string to_json(const BenchReport& report, const BenchArguments& arguments) {
  nlohmann::ordered_json json;
  json["workers"] = report.workers;
  json["rounds"] = arguments.rounds;
  json["seconds"] = arguments.seconds;
  json["figures"] = nlohmann::ordered_json::array();
  for (const BenchFigure& figure : report.figures)
    json["figures"].push_back({{"id", figure.id},
                               {"text", figure.text},
                               {"unit", figure.unit},
                               {"median", figure.median()},
                               {"least", figure.least()},
                               {"most", figure.most()},
                               {"values", figure.values}});
  for (const auto& [library, version] : library_versions()) json["versions"][library] = version;
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

ExitCode bench(const BenchArguments& arguments) {
  if (!arguments.json.empty())
    if (const auto writable = check_writable(arguments.json); !writable) return refuse(writable.error());
  Interrupts interrupts;
  Measuring measuring(arguments, interrupts);
  const Result<BenchReport> report = watch(measuring, interrupts);
  if (!report && interrupts.requested()) {
    put_line(stderr, "interrupted: stopped cleanly");
    return kInterrupted;
  }
  if (!report) return refuse(report.error());
  std::FILE* const people = is_standard_output(arguments.json) ? stderr : stdout;
  put(people, to_text(*report, arguments, width_of(people)));
  if (!arguments.json.empty())
    if (const auto written = write_result(arguments.json, to_json(*report, arguments)); !written)
      return refuse(written.error());
  return kOk;
}

}  // namespace

void add_bench(CLI::App& app, ExitCode& code) {
  CLI::App* command = app.add_subcommand("bench", "Benchmark Feedline on this machine");
  explain(
      *command,
      "Measures throughput on generated pictures (kept in the cache folder): decoding and augmenting JPEG photos, the "
      "same from the cache, small pictures, training steps, the overhead of metering, and scaling with the number of "
      "workers. Jobs are interleaved; the median of all rounds is shown with minimum and maximum, which lie far apart "
      "if the machine is busy. Takes about half a minute. Ctrl-C stops cleanly.");
  command->footer(
      "Examples:\n"
      "  feedline-cli bench\n"
      "  feedline-cli bench --rounds 7 --json bench.json   on a busy machine\n");
  auto arguments = std::make_shared<BenchArguments>();
  command->add_option("--seconds", arguments->seconds, "Duration of one measurement")
      ->type_name("S")
      ->capture_default_str()
      ->check(CLI::Range(0.01, 3600.0));
  command->add_option("--rounds", arguments->rounds, "Number of measurements per job")
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::Range(std::size_t{1}, std::size_t{1000}));
  command->add_option("--photos", arguments->photos, "Number of JPEG photos to generate")
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{100'000}));
  add_result_option(*command, "--json", arguments->json,
                    "Write the figures as JSON to this file, or to standard output; the table then goes to standard "
                    "error");
  command->callback([arguments, &code] { code = bench(*arguments); });
}

}  // namespace feedline::cli
