// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/clock.h"
#include "checking/check_data.h"
#include "cli/check_report_text.h"
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/graph_arguments.h"
#include "cli/graph_file.h"
#include "cli/help.h"
#include "cli/interrupts.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "graph/node_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

namespace feedline::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct CheckArguments {
  std::string file{};
  std::vector<std::string> set{};
  std::string json{};
  std::string csv{};
  std::size_t workers = 0;
  bool afresh = false;
};

/// How far the check is, on standard error: a line in its place on a terminal, else one every few seconds.
class CheckLine {
 public:
  explicit CheckLine(const CheckProgress& progress) : progress_(progress), terminal_(is_terminal(stderr)) {}

  void tick() {
    const auto now = steady_clock::now();
    if (now - last_ < (terminal_ ? milliseconds(200) : milliseconds(5000))) return;
    last_ = now;
    const std::uint64_t records = progress_.records;
    std::string text = progress_.what();
    if (text.empty()) return;
    if (records == 0) {
      text += ": " + percent(progress_.opening);
    } else {
      const std::uint64_t checked = progress_.checked;
      const std::uint64_t anew = checked - std::min<std::uint64_t>(checked, progress_.reused);
      if (since_ == 0) since_ = Clock::system().now();
      const double lasted = seconds(Clock::system().now() - since_);
      text = fmt::format("{} of {} checked ({}), {} bad", count(checked), plural(records, "record"),
                         percent(static_cast<double>(checked) / static_cast<double>(records)), count(progress_.bad));
      if (lasted > 1) text += fmt::format("  {} files/s", rate(static_cast<double>(anew) / lasted));
      if (lasted > 1 && checked > 0)
        text += "  ETA " + countdown(lasted * static_cast<double>(records - checked) / static_cast<double>(checked));
    }
    if (terminal_) {
      put(stderr, "\r" + fit(text, width_of(stderr) - 1) + "\x1b[K");
    } else {
      put_line(stderr, text);
    }
    shown_ = terminal_;
  }
  void clear() {
    if (shown_) put(stderr, "\r\x1b[K");
    shown_ = false;
  }

 private:
  const CheckProgress& progress_;
  bool terminal_;
  bool shown_ = false;
  steady_clock::time_point last_ = steady_clock::now();
  Nanos since_ = 0;  ///< the first record
};

ExitCode conclude(const CheckArguments& arguments, const CheckReport& report, bool interrupted) {
  if (!is_standard_output(arguments.json) && !is_standard_output(arguments.csv))
    put(stdout, check_text(report, std::min<std::size_t>(width_of(stdout), 110)));
  ExitCode code = interrupted ? kInterrupted : report.wrong() ? kBadInput : kOk;
  const auto write = [&](const std::string& path, const std::string& text) {
    if (const auto written = write_result(path, text); !written) {
      complain(written.error());
      if (code == kOk) code = kBadInput;
    }
  };
  if (!arguments.json.empty()) write(arguments.json, check_json(report) + '\n');
  if (!arguments.csv.empty()) write(arguments.csv, check_csv(report));
  const std::string work = fmt::format("{} in {}", plural(report.checked, "record"), duration(report.seconds));
  if (interrupted) {
    put_line(stderr, fmt::format("interrupted: {} of {} checked; the next check goes on from there",
                                 count(report.checked), plural(report.records, "record")));
  } else if (report.findings.empty()) {
    put_line(stderr, "checked: " + work + ", nothing to complain of");
  } else {
    put_line(stderr, fmt::format("checked: {}, {}{}", work, plural(report.findings.size(), "finding"),
                                 report.wrong() ? "; a run would be wrong" : ""));
  }
  if (arguments.csv.empty() && arguments.json.empty() && report.bad() + report.duplicates.extra > 0)
    put_line(stderr, "--csv PATH writes all bad and repeated files as a table");
  return code;
}

ExitCode check(const CheckArguments& arguments) {
  auto loaded = load_graph(arguments.file);
  if (!loaded) return refuse(loaded.error());
  for (const Problem& note : loaded->notes) warn(note.error);
  for (const OriginLook& look : look_at_origins(loaded->document, node_folder(arguments.file)))
    if (const auto note = origin_note(look)) warn(*note);
  if (const auto applied = apply_overrides(loaded->document, arguments.set); !applied) return refuse(applied.error());
  if (is_standard_output(arguments.json) && is_standard_output(arguments.csv))
    return refuse(
        {.reason = "--json and --csv cannot both go to standard output", .remedy = "Give one of them a file"});
  for (const std::string* path : {&arguments.json, &arguments.csv})
    if (!path->empty())
      if (const auto writable = check_writable(*path); !writable) return refuse(writable.error());

  Interrupts interrupts;
  CheckProgress progress;
  std::stop_source stop;
  std::atomic<bool> done{false};
  Result<CheckReport> report = fail("it did not begin");
  const CheckOptions options{.workers = arguments.workers, .afresh = arguments.afresh, .stop = stop.get_token()};
  {
    const std::jthread worker([&] {
      report = check_data(loaded->document, options, progress);
      done = true;
      interrupts.wake();
    });
    CheckLine line(progress);
    while (!done) {
      interrupts.wait(milliseconds(200));
      if (interrupts.requested()) stop.request_stop();
      line.tick();
    }
    line.clear();
  }
  if (report) return conclude(arguments, *report, interrupts.requested() && !report->complete);
  if (report.error().code != ErrorCode::Cancelled) return refuse(report.error());
  put_line(stderr, "interrupted before a record was checked");
  return kInterrupted;
}

}  // namespace

void add_check(CLI::App& app, ExitCode& code) {
  CLI::App* command = app.add_subcommand("check", "Look at every record of a graph's data");
  explain(*command,
          "Reads and decodes every record of every source once, training and validation, with the decoders of a run: "
          "what is bad here is what a run leaves out. It also tells what was ignored, sizes, modes, classes, "
          "duplicates within and across training and validation, odd value ranges, and what would be cut off, each "
          "with a remedy. Nothing is trained, and the graph need not be finished. What was found out is kept in the "
          "cache folder by name, size and time of each file: a check that was interrupted goes on where it was, and "
          "the next one is quick.\n\n"
          "Exit code 2 where a run would be refused, would break off, or would give results that mean nothing; 0 "
          "otherwise, also where single records are bad; 130 when interrupted.");
  command->footer(
      "Examples:\n"
      "  feedline-cli check my.feedline\n"
      "  feedline-cli check my.feedline --set source.folder=PHOTOS --csv bad.csv\n"
      "  feedline-cli check my.feedline --json - | jq .findings\n");
  auto arguments = std::make_shared<CheckArguments>();
  add_file(*command, arguments->file);
  add_set(*command, arguments->set);
  add_result_option(*command, "--json", arguments->json,
                    "Write everything as JSON to this file, or to standard output");
  add_result_option(*command, "--csv", arguments->csv,
                    "Write bad and repeated files, one a row with its reason, to this file, or to standard output");
  command->add_option("--workers", arguments->workers, "Threads that read and decode; 0: as many as cores")
      ->type_name("N")
      ->check(CLI::Range(0U, 1024U));
  command->add_flag("--afresh", arguments->afresh, "Neither use results of earlier checks nor keep any");
  command->callback([arguments, &code] { code = check(*arguments); });
}

}  // namespace feedline::cli
