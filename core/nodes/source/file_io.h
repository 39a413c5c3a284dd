// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Small, careful file access for sources: everything is an Error, never a signal or an exception.

#include "base/error.h"
#include "schema/datum.h"
#include "schema/own_files.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace feedline::inline nodes {

/// An open file; closes itself.
class File {
 public:
  File() = default;
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() { close(); }
  File(File&& other) noexcept : descriptor_(other.release()) {}
  File& operator=(File&& other) noexcept {
    if (this != &other) {
      close();
      descriptor_ = other.release();
    }
    return *this;
  }
  [[nodiscard]] int get() const { return descriptor_; }
  /// Closes it. False: not all that was written has arrived, as a server may say only now; errno tells why.
  [[nodiscard]] bool finish();

 private:
  int release() {
    const int descriptor = descriptor_;
    descriptor_ = -1;
    return descriptor;
  }
  void close();
  int descriptor_ = -1;
};

/// Opens a regular file for reading; pipes and devices are refused without waiting for them. The error names the file;
/// a fault of the machine's is one of its own class (base/machine_fault.h), here and below.
[[nodiscard]] Result<File> open_file(const std::string& path, FileFacts* facts = nullptr);
/// Fills `to` from byte `offset` on. False: the file ends earlier, or an I/O error (then errno is set, else 0): see
/// read_error().
[[nodiscard]] bool read_at(int descriptor, std::span<std::byte> to, std::uint64_t offset);

/// Reads a whole picture file into `out` as u8 bytes, and says what was open. Record errors: vanished, unreadable,
/// empty, shrinking, over 1 GiB.
Status read_whole(const std::string& path, Datum& out, FileFacts& facts);

/// Writes `data` to a temporary name beside `path` and renames it over it: a crash or a full disk leaves no torn file.
Status write_atomically(const std::filesystem::path& path, std::span<const std::byte> data);
/// A name beside `path` that no other thread or process uses.
[[nodiscard]] std::filesystem::path temporary_beside(const std::filesystem::path& path);
/// Removes what programs that were killed have left of making `path`: files of temporary_beside() to which nobody has
/// written for an hour.
void remove_leftovers(const std::filesystem::path& path);
/// Gives the open file at `temporary` the name `path` once all of it is on the disk: neither a server that is full nor
/// a machine that goes off leaves a torn one under that name.
Status name_whole_file(int descriptor, const std::filesystem::path& temporary, const std::filesystem::path& path);
/// Makes a folder and its parents. The error names it and says where caches lie.
Status make_folder(const std::filesystem::path& folder);
/// `folder`, or one in the temporary folder if it is empty.
[[nodiscard]] std::filesystem::path cache_folder_or_default(const std::filesystem::path& folder);

/// "reason: No space left on device" as an Error with a remedy that fits errno.
[[nodiscard]] tl::unexpected<Error> write_error(int error_number, const std::filesystem::path& path);
/// Why read_at() failed: what errno says, or `shorter` where it is 0.
[[nodiscard]] tl::unexpected<Error> read_error(const std::string& path, int error_number, std::string shorter);
/// `what` failed for the reason that errno gives: a fault of the machine's, or bad input.
[[nodiscard]] tl::unexpected<Error> fail_errno(const std::string& path, const std::string& what, int error_number);
/// Bad input that lies in a file; `path` in raw bytes.
[[nodiscard]] tl::unexpected<Error> fail_file(const std::string& path, std::string reason, std::string remedy);

/// A short, stable name for `text` (64-bit FNV-1a, hexadecimal), for cache files.
[[nodiscard]] std::string fingerprint(std::string_view text);

/// A file that appears under its name only when it is whole: it is written beside that, and removed unless it is kept.
/// Errors name the file that was to be made, and what to do about its disk.
class FileInMaking {
 public:
  explicit FileInMaking(std::filesystem::path target);
  ~FileInMaking();
  FileInMaking(const FileInMaking&) = delete;
  FileInMaking& operator=(const FileInMaking&) = delete;

  /// Makes its folder, too, and removes what earlier attempts have left there.
  Status start();
  Status write(std::span<const std::byte> bytes);
  Status keep();
  [[nodiscard]] std::uint64_t written() const { return written_; }

 private:
  std::filesystem::path target_;
  std::filesystem::path temporary_;
  File file_{};
  std::uint64_t written_ = 0;
  bool kept_ = false;
};

}  // namespace feedline::inline nodes
