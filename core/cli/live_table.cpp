// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/live_table.h"

#include "cli/format.h"
#include "cli/terminal.h"
#include "telemetry/rank_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <string_view>

namespace feedline::cli {
namespace {

constexpr std::size_t kRateWidth = 9;
constexpr std::size_t kShareWidth = 6;
constexpr std::size_t kQueueBar = 8;
constexpr std::size_t kLevelWidth = 11;
constexpr std::size_t kLeastName = 8;
constexpr std::size_t kLeastBar = 8;
constexpr std::size_t kMostBar = 30;
/// What a line has besides name and bar.
constexpr std::size_t kRateColumn = kRateWidth + 4;
/// What stands beside the bar where there is room for it: a number, and the queue.
constexpr std::size_t kQueueColumn = kShareWidth + 2 + kQueueBar + 2 + kLevelWidth;
/// The colours' meanings in the head, in short words.
constexpr std::size_t kShortLegend = 16;
/// Lines that the table does not take: its head, the line of progress, and one for what is typed.
constexpr std::size_t kOtherLines = 3;

enum Part { Busy, Starved, Blocked, Rest };
constexpr std::array<std::string_view, 4> kBlocks = {"█", "░", "▒", " "};
constexpr std::array<std::string_view, 4> kLetters = {"#", ".", "=", " "};
/// Green, yellow, magenta.
constexpr std::array<std::string_view, 4> kSwitches = {"\x1b[32m", "\x1b[33m", "\x1b[35m", ""};

struct Row {
  std::string name{};
  double rate = 0;
  std::array<double, 3> parts{};  ///< shares of the workers' time
  double fill = std::nan("");
  std::string level{};  ///< "6 of 8"
};

/// Builds a line and counts its columns.
class LineMaker {
 public:
  explicit LineMaker(const TerminalLook& look) : look_(look) {}

  void left(std::string_view text, std::size_t width) {
    const std::string cut = fit(text, width);
    add(cut + std::string(width - columns(cut), ' '), width);
  }
  void right(std::string_view text, std::size_t width) {
    const std::string cut = fit(text, width);
    add(std::string(width - columns(cut), ' ') + cut, width);
  }
  void gap(std::size_t width = 2) { add(std::string(width, ' '), width); }
  void cells(Part part, std::size_t count) {
    if (count == 0) return;
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += (look_.unicode ? kBlocks : kLetters)[part];
    if (look_.color && part != Rest) text = std::string(kSwitches[part]) + text + "\x1b[0m";
    add(text, count);
  }
  /// The parts as a bar; cells are given out so that their number errs by less than one.
  void bar(const std::array<double, 3>& parts, std::size_t width) {
    double sum = 0;
    std::size_t drawn = 0;
    for (const Part part : {Busy, Starved, Blocked}) {
      sum += std::isfinite(parts[part]) ? std::max(parts[part], 0.0) : 0;
      const auto until = static_cast<std::size_t>(std::lround(std::min(sum, 1.0) * static_cast<double>(width)));
      cells(part, until - drawn);
      drawn = until;
    }
    cells(Rest, width - drawn);
  }
  [[nodiscard]] LiveLine line() && { return std::move(line_); }

 private:
  void add(std::string_view text, std::size_t width) {
    line_.text += text;
    line_.columns += width;
  }
  const TerminalLook& look_;
  LiveLine line_{};
};

std::vector<Row> rows_of(const Snapshot& earlier, const Snapshot& now, bool train) {
  const double wall = seconds(now.at - earlier.at);
  std::vector<Row> rows;
  for (std::size_t i = 0; i < now.stages.size(); ++i) {
    const StageSample& stage = now.stages[i];
    const bool same = i < earlier.stages.size() && earlier.stages[i].node == stage.node;
    const StageCounters done = same ? stage.total - earlier.stages[i].total : stage.total;
    const double available = wall * static_cast<double>(std::max<std::size_t>(stage.workers, 1));
    rows.push_back({.name = stage.node,
                    .rate = static_cast<double>(done.records) / wall,
                    .parts = {seconds(done.busy) / available, seconds(done.starved) / available,
                              seconds(done.blocked) / available},
                    .fill = stage.queue.fill,
                    .level = stage.queue.capacity > 0
                                 ? fmt::format("{} of {}", stage.queue.waiting, stage.queue.capacity)
                                 : "prefetch 0"});
  }
  const StepTimes times = now.trainer.times - earlier.trainer.times;
  const double total = seconds(times.total());
  if (!rows.empty() && total > 0)
    rows.push_back({.name = train ? "training" : "draining",
                    .rate = training_rate(earlier.trainer, now.trainer),
                    .parts = {seconds(times.step()) / total, seconds(times[Phase::Wait]) / total, 0}});
  return rows;
}

/// The least busy ones go, the trainer stays; returns how many went.
std::size_t drop_rows(std::vector<Row>& rows, std::size_t most) {
  std::size_t dropped = 0;
  while (rows.size() > most && rows.size() > 1) {
    const auto least = std::min_element(rows.begin(), rows.end() - 1,
                                        [](const Row& a, const Row& b) { return a.parts[Busy] < b.parts[Busy]; });
    rows.erase(least);
    ++dropped;
  }
  return dropped;
}

}  // namespace

TerminalLook look_of_terminal() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* locale = nullptr;
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"})
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') {
      locale = value;
      break;
    }
  const std::string_view text = locale == nullptr ? "" : locale;
  return {
      .width = width_of(stderr) - 1,  // the last column makes some terminals begin a line
      .height = height_of(stderr),
      .color = no_color == nullptr || *no_color == '\0',
      .unicode = text.find("UTF-8") != text.npos || text.find("utf8") != text.npos || text.find("UTF8") != text.npos};
}

std::vector<LiveLine> live_table(const Snapshot& earlier, const Snapshot& now, bool train, const TerminalLook& look) {
  if (now.at <= earlier.at || look.height <= kOtherLines + 1) return {};
  std::vector<Row> rows = rows_of(earlier, now, train);
  if (rows.empty()) return {};
  const std::size_t dropped = drop_rows(rows, look.height - kOtherLines - 1);

  std::size_t name = std::accumulate(rows.begin(), rows.end(), kLeastName, [](std::size_t most, const Row& row) {
    return std::max(most, columns(row.name));
  });
  // Queues give way to the names, which are cut only where even so there is no room.
  const bool wide = look.width >= name + kRateColumn + kLeastBar + kQueueColumn;
  const std::size_t others = kRateColumn + (wide ? kQueueColumn : 0);
  if (!wide) name = std::min(name, std::max(kLeastName, look.width - std::min(look.width, kRateColumn + kShortLegend)));
  const std::size_t fixed = name + others;
  const std::size_t bar = std::clamp(look.width > fixed ? look.width - fixed : 0, kLeastBar, kMostBar);

  std::vector<LiveLine> lines;
  LineMaker head(look);
  head.left(dropped > 0 ? fmt::format("+{} more", dropped) : "node", name);
  head.right("records/s", kRateWidth + 1);
  head.gap(3);
  for (const Part part : {Busy, Starved, Blocked}) {
    constexpr std::array<std::string_view, 3> kNames = {" busy ", " starved ", " blocked"};
    constexpr std::array<std::string_view, 3> kShort = {"busy", "wait", "block"};
    head.cells(part, 1);
    const std::string_view word = (wide ? kNames : kShort)[part];
    head.left(word, word.size());
  }
  lines.push_back(std::move(head).line());
  for (const Row& row : rows) {
    LineMaker line(look);
    line.left(row.name, name);
    line.right(rate(row.rate), kRateWidth + 1);
    line.gap(3);
    line.bar(row.parts, bar - 1);
    if (wide) {
      line.right(percent(row.parts[Busy]), kShareWidth);
      if (std::isfinite(row.fill)) {
        line.gap();
        line.left("[", 1);
        line.bar({row.fill, 0, 0}, kQueueBar);
        line.left("]", 1);
        line.right(row.level, kLevelWidth);
      }
    }
    lines.push_back(std::move(line).line());
  }
  return lines;
}

std::vector<LiveLine> rank_table(const Snapshot& earlier, const Snapshot& now, const TerminalLook& look) {
  std::vector<RankTimes> ranks = rank_times(earlier, now);
  if (ranks.empty() || look.height < 3) return {};
  const std::optional<Straggler> slow = find_straggler(ranks);
  const std::size_t all = ranks.size();
  const std::size_t most = look.height - 1;
  if (all > most) {  // the late ones, in the order of their numbers
    std::stable_sort(ranks.begin(), ranks.end(),
                     [](const RankTimes& a, const RankTimes& b) { return a.own() > b.own(); });
    const auto kept = [&](const RankTimes& rank) { return slow && rank.rank == slow->rank; };
    std::stable_partition(ranks.begin(), ranks.end(), kept);
    ranks.resize(most);
    std::sort(ranks.begin(), ranks.end(), [](const RankTimes& a, const RankTimes& b) { return a.rank < b.rank; });
  }
  constexpr std::size_t kNoteWidth = 12;
  const bool wide = look.width >= kLeastName + kRateColumn + kLeastBar + kShareWidth + kNoteWidth;
  const std::size_t others = kLeastName + kRateColumn + (wide ? kShareWidth + kNoteWidth : 0);
  const std::size_t bar = std::clamp(look.width > others ? look.width - others : 0, kLeastBar, kMostBar);
  std::vector<LiveLine> lines;
  LineMaker head(look);
  head.left(all > most ? fmt::format("+{} more", all - most) : "rank", kLeastName);
  head.right("samples/s", kRateWidth + 1);
  head.gap(3);
  for (const Part part : {Busy, Starved, Blocked}) {
    constexpr std::array<std::string_view, 3> kNames = {"step", "wait", "ranks"};
    head.cells(part, 1);
    head.left(kNames[part], kNames[part].size());
  }
  lines.push_back(std::move(head).line());
  for (const RankTimes& rank : ranks) {
    LineMaker line(look);
    line.left(fmt::format("rank {}", rank.rank), kLeastName);
    line.right(rate(rank.samples_per_s), kRateWidth + 1);
    line.gap(3);
    const double wait = rank.share(Phase::Wait);
    const double late = rank.share(Phase::Reduce);
    line.bar({rank.steps > 0 ? 1 - wait - late : 0, wait, late}, bar - 1);
    const std::string note = slow && slow->rank == rank.rank ? fmt::format("  <- {}", name(slow->part)) : "";
    if (wide) {
      line.right(percent(late), kShareWidth);
      line.left(note, kNoteWidth);
    }
    lines.push_back(std::move(line).line());
  }
  return lines;
}

}  // namespace feedline::cli
