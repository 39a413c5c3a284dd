// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "checking/fault_list.h"
#include "checking/record_facts.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

namespace feedline::inline checking {

/// Where the facts of a source's records are kept between checks, so that one that was interrupted goes on where it was
/// and the next one is quick: `<folder>/<key>.facts`, 64 bytes a record in the order of the source, and
/// `<key>.faults`. What stands there is used only where a file still has its name, size and time. Written with
/// pwrite in pieces: a kill or a full disk costs the newest ones. Reading and writing from any thread, each piece by
/// one.
class FactsFile {
 public:
  FactsFile() = default;
  ~FactsFile();
  FactsFile(const FactsFile&) = delete;
  FactsFile& operator=(const FactsFile&) = delete;

  /// Takes the file into use. `name_of` gives the hash of a record's path. If the list of files has changed since, what
  /// is known of those that are left moves to their new places. False: nothing is kept (the folder cannot be written,
  /// another check has it).
  bool open(const std::filesystem::path& folder, const std::string& key, std::uint64_t records,
            const std::function<std::uint64_t(std::uint64_t)>& name_of, FaultList& faults);

  /// Facts of the records from `first` on; unknown ones are left as they are.
  void read(std::uint64_t first, std::span<RecordFacts> facts) const;
  void write(std::uint64_t first, std::span<const RecordFacts> facts) const;

 private:
  int file_ = -1;
};

}  // namespace feedline::inline checking
