// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "schema/behaviour.h"
#include "schema/source_report.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace feedline::inline checking {

/// Something that a check has to say about the data.
struct DataFinding {
  enum class Level {
    Note,     ///< worth knowing
    Warning,  ///< training works, but less well than it could
    Wrong     ///< a run would be refused, break off, or give results that mean nothing
  };
  Level level = Level::Note;
  std::string kind{};  ///< a fixed word for programs: "bad-files", "duplicates-across", ...
  std::string node{};
  std::string text{};
  std::string remedy{};
  std::uint64_t count = 0;              ///< of records or files
  std::vector<std::string> examples{};  ///< some of them by name
};
[[nodiscard]] std::string_view name(DataFinding::Level level);

/// A record that cannot be used.
struct BadRef {
  std::uint64_t record = 0;
  std::uint32_t fault = 0;  ///< CheckReport::faults[fault - 1]
};

struct ClassCount {
  std::string name{};
  std::uint64_t records = 0;
  std::uint64_t bad = 0;
};

struct SizeCount {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint64_t count = 0;
};

/// What becomes of pictures in a node that cuts out and scales (in its fixed form, as in validation).
struct FitCount {
  std::string node{};
  std::uint64_t cut = 0;        ///< pictures that lose over half of their area
  std::uint64_t enlarged = 0;   ///< ... are scaled up, to over twice their size
  std::uint64_t stretched = 0;  ///< ... change their proportions by over a third
};

/// What was found out about one source of the graph.
struct SourceCheck {
  std::string node{};
  std::string type{};
  std::optional<Error> failure{};    ///< it could not be opened: all else is empty
  std::optional<Error> unchecked{};  ///< a node behind it that could not be looked through, and why
  bool training = false;
  bool validation = false;
  bool shuffled = false;
  double validation_split = 0;
  std::uint64_t held_out = 0;            ///< records that the trainer sets aside for validation
  std::optional<Error> split_failure{};  ///< why it cannot: a run would be refused
  std::vector<Error> lost_classes{};     ///< classes that this leaves without records (plan/record_split.h)
  double max_bad_fraction = 1;

  std::uint64_t records = 0;
  std::uint64_t checked = 0;
  std::uint64_t reused = 0;  ///< of them, known from an earlier check
  std::uint64_t bytes = 0;
  std::vector<ClassCount> classes{};
  std::vector<std::pair<std::string, std::uint64_t>> modes{};  ///< "JPEG, RGB"; most frequent first
  std::vector<SizeCount> sizes{};                              ///< most frequent first
  bool sizes_complete = true;
  std::vector<FitCount> fits{};
  std::uint8_t low = 255;  ///< least and greatest value of all pixels, of 255
  std::uint8_t high = 0;
  std::uint64_t blank = 0;   ///< pictures of one colour
  std::uint64_t narrow = 0;  ///< 16-bit pictures whose values fill less than a quarter of the range
  std::uint8_t narrow_low = 255;
  std::uint8_t narrow_high = 0;
  std::vector<std::uint64_t> blank_examples{};
  std::vector<std::uint64_t> narrow_examples{};
  std::uint64_t class_changes = 0;     ///< between neighbouring records
  std::vector<PassedFiles> ignored{};  ///< files that are no records
  std::vector<Error> passed_over{};    ///< the same, and folders, as sentences with remedies (engine/data_notices.h)
  std::vector<BadRef> bad{};           ///< in the order of the source
  std::shared_ptr<const Source> source{};

  [[nodiscard]] std::uint64_t good() const { return checked - bad.size(); }
  [[nodiscard]] std::string name_of(std::uint64_t record) const;
  /// Name of the record's class; empty where there is none.
  [[nodiscard]] std::string class_of(std::uint64_t record) const;
};

/// Records whose bytes are the same.
struct DuplicateGroup {
  struct Place {
    std::size_t source = 0;
    std::uint64_t record = 0;
  };
  std::vector<Place> places{};
  bool across = false;       ///< in training and in validation
  bool conflicting = false;  ///< in two classes
};

struct Duplicates {
  static constexpr std::size_t kMostGroups = 10'000;
  std::vector<DuplicateGroup> groups{};  ///< kMostGroups at most; across splits first, then in several classes
  std::uint64_t extra = 0;               ///< records that repeat an earlier one
  std::uint64_t across = 0;              ///< validation records that are in training too
  std::uint64_t conflicting = 0;         ///< groups
};

/// All that a check found out.
struct CheckReport {
  bool complete = true;  ///< false: it was stopped
  double seconds = 0;
  std::uint64_t records = 0;
  std::uint64_t checked = 0;
  std::uint64_t reused = 0;
  std::vector<SourceCheck> sources{};
  std::vector<Error> faults{};  ///< kinds; BadRef points here
  Duplicates duplicates{};
  std::vector<DataFinding> findings{};  ///< worst first

  [[nodiscard]] std::uint64_t bad() const;
  /// Would a run be wrong?
  [[nodiscard]] bool wrong() const;
};

/// The JSON of `feedline-cli check --json`, described in resources/help/check.md.
[[nodiscard]] std::string check_json(const CheckReport& report);
/// One row a bad record or repeated file: problem, file, class, node, record, reason, remedy.
[[nodiscard]] std::string check_csv(const CheckReport& report);

}  // namespace feedline::inline checking
