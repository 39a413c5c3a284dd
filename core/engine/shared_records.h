// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "engine/spill_file.h"
#include "telemetry/snapshot.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace feedline::inline engine {

class CacheSharing;

/// How much is kept together.
struct SharedLimits {
  std::uint64_t records = 0;     ///< their numbers are below this
  std::uint64_t ram_bytes = 0;   ///< in memory
  bool disk = true;              ///< then in the cache folder
  std::uint64_t disk_bytes = 0;  ///< 0: while a tenth of the disk stays free
};

/// What several processes of one machine keep of records: a table that says of each record where its value stands, and
/// two files of values, one in memory (memfd) and one in the cache folder. All are mapped by all of these processes, so
/// a value is there once, and none has a name: nothing is left behind, however the processes end.
///
/// No process waits for another. One that keeps a value claims its record first, and lets the others see it once all of
/// its bytes stand; meanwhile they take it as not kept. Where it dies in between, the record stays so. Thread-safe.
class SharedRecords {
 public:
  /// Errors: there is not enough memory for the table (8 bytes a record), the machine gives no file. A cache folder
  /// that cannot be written is told by put(), once it is needed.
  [[nodiscard]] static Result<std::unique_ptr<SharedRecords>> make(const SharedLimits& limits,
                                                                   const std::filesystem::path& folder);
  /// Those that another process of this machine, with the same user, has made and still has. Errors: they cannot be
  /// opened, as where it is in another container; they are not what was offered.
  [[nodiscard]] static Result<std::unique_ptr<SharedRecords>> open(std::string_view offer,
                                                                   const std::filesystem::path& folder);
  ~SharedRecords();
  SharedRecords(const SharedRecords&) = delete;
  SharedRecords& operator=(const SharedRecords&) = delete;

  /// Where another process finds them: one word, for open().
  [[nodiscard]] std::string offer() const;

  /// Where the record's value stands, 32-byte aligned, for as long as this lives; null: it is not kept.
  [[nodiscard]] const std::byte* find(std::uint64_t record) const;
  /// Keeps `head` and behind it `body`, unless the record is kept already or just being kept. False: there is no room.
  /// Errors: as of SpillFile::append().
  [[nodiscard]] Result<bool> put(std::uint64_t record, std::span<const std::byte> head,
                                 std::span<const std::byte> body);

  /// Of all processes together; `full` is not said.
  [[nodiscard]] CacheSample level() const;

 private:
  struct Header;
  /// Mapped memory, unmapped at the end.
  struct Mapping {
    Mapping() = default;
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping();
    [[nodiscard]] bool map(int file, std::uint64_t wanted, int protection);
    /// To read as much of it as there is address space for (ulimit -v).
    [[nodiscard]] bool map_most(int file, std::uint64_t wanted);
    std::byte* data = nullptr;
    std::uint64_t size = 0;
  };

  explicit SharedRecords(std::filesystem::path folder) : folder_(std::move(folder)) {}
  [[nodiscard]] Status make_table(std::uint64_t records);
  void make_memory(std::uint64_t bytes);
  void make_disk(std::uint64_t limit);
  [[nodiscard]] Status open_all(std::string_view offer);
  [[nodiscard]] Result<std::uint64_t> write(std::span<const std::byte> head, std::span<const std::byte> body);
  [[nodiscard]] Header& header() const;
  [[nodiscard]] std::atomic<std::uint64_t>* slots() const;

  const std::filesystem::path folder_;
  int table_file_ = -1;
  int ram_file_ = -1;   ///< closed by ram_
  int disk_file_ = -1;  ///< closed by disk_
  std::uint64_t records_ = 0;
  Mapping table_{};
  Mapping ram_view_{};
  Mapping disk_view_{};
  std::optional<SpillFile> ram_{};   ///< none: nothing is kept there
  std::optional<SpillFile> disk_{};  ///< the same
  std::optional<Error> no_disk_{};   ///< why there is none, though it was asked for
  std::atomic<bool> ram_full_{false};
};

/// Those of all processes of `sharing`; null: this one keeps by itself. All of them call this together.
[[nodiscard]] std::unique_ptr<SharedRecords> share_records(CacheSharing& sharing, const SharedLimits& limits,
                                                           const std::filesystem::path& folder);

}  // namespace feedline::inline engine
