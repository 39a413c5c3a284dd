// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "schema/tensor_desc.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace feedline::inline schema {

class Source;

/// Files of one kind in one class that are no records.
struct PassedFiles {
  std::string ending{};      ///< ".tif", lower case; empty: none
  std::string class_name{};  ///< of the class folder; empty: they lie outside of all class folders
  std::uint64_t count = 0;
  std::string example{};  ///< path of the first one
  bool picture = false;   ///< a picture, readable or not, to judge by its ending
};

/// A sub-folder that is no class.
struct PassedFolder {
  enum class Why {
    NoPictures,
    System
  };  ///< System: kept by an operating system or a NAS (__MACOSX, @eaDir, lost+found)
  std::string path{};
  Why why = Why::NoPictures;
};

/// The parts of a data set where it has been divided already; paths, empty where there is no such part.
struct DataParts {
  std::string training{};
  std::string validation{};  ///< the one for validation; where there is only one for tests, that
};

/// What a source found out while it was opened, besides its records: plain data, for whoever tells it (a run, the
/// window, `feedline-cli check`). Names and paths are as shown (escape_name()); user_path() finds the files again.
///
///   const SourceReport* report = report_of(source);   // null: this source has nothing to tell
///   for (const PassedFiles& files : report->ignored) ...
struct SourceReport {
  std::vector<std::string> class_names{};     ///< as outputs() has them
  std::vector<std::uint64_t> class_counts{};  ///< records of each class
  bool unlabelled = false;                    ///< nobody has said what its records are: they are of one class in name
  /// The same where a record may have several labels or none, of which nothing above tells then.
  std::vector<std::string> label_names{};
  std::vector<std::uint64_t> label_counts{};   ///< records with each
  std::vector<Column> columns{};               ///< of a table: all of them, those that do not stream too
  std::uint64_t label_runs = 0;                ///< stretches of one class, in the order of the records
  std::vector<PassedFiles> ignored{};          ///< most files first; what systems leave everywhere is not counted
  std::vector<PassedFolder> passed_folders{};  ///< sub-folders that became no class, or were not entered
  /// Folders whose names are equal up to Unicode normalisation and make one class: shown names, in pairs.
  std::vector<std::pair<std::string, std::string>> merged{};
  std::optional<DataParts> split{};  ///< the folder is the parent of train and val
  std::string deeper{};              ///< the only class, where its sub-folders look like the real classes
  /// Why no run may use it although it can be opened: names parameter, file and remedy.
  std::optional<Error> refusal{};
};

/// What a Source derives from besides, if it has something to report.
class Reporting {
 public:
  virtual ~Reporting() = default;
  /// As long as the source lives; the same from any thread.
  [[nodiscard]] virtual const SourceReport& report() const = 0;
};

/// Files of one ending that were passed over.
struct EndingCount {
  std::string ending{};
  std::uint64_t count = 0;
  std::vector<std::string> where{};  ///< "cats: 3"
};

/// The passed files that are wanted, the most frequent ending first; of equal ones, having none comes last.
[[nodiscard]] std::vector<EndingCount> by_ending(const SourceReport& report,
                                                 const std::function<bool(const PassedFiles&)>& wanted);

/// Null: the source has nothing to report.
[[nodiscard]] const SourceReport* report_of(const Source& source);
/// The source's refusal, if it has one: see SourceReport.
[[nodiscard]] Status usable(const Source& source);

}  // namespace feedline::inline schema
