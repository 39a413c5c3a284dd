// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What the targets of tests/fuzz share. A target is one function that libFuzzer calls with bytes: it opens them as a
// user's file and reads what there is. What it may give is a right result or an Error with a reason; a crash, a report
// of a sanitizer, a hang or a false promise is a finding.

#include "base/error.h"
#include "nodes/source/file_io.h"
#include "schema/behaviour.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace feedline::fuzz {

/// The bytes of one call.
[[nodiscard]] inline std::span<const std::byte> input_bytes(const std::uint8_t* data, std::size_t size) {
  return std::as_bytes(std::span(data, size));
}

/// The bytes as a regular file, with a cache folder of its own: both are gone with it. Its name differs from call to
/// call, so that nothing kept of an earlier one is taken for this one's.
class InputFile {
 public:
  explicit InputFile(std::span<const std::byte> bytes);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// Open for reading.
  [[nodiscard]] File open() const;
  [[nodiscard]] const SourceContext& context() const { return context_; }

 private:
  std::string path_{};
  std::uint64_t size_ = 0;
  SourceContext context_{};
};

/// Ends the program: a finding.
[[noreturn]] void found(const std::string& what);
/// Ends the program if an error tells nothing.
void expect_told(const Error& error);

}  // namespace feedline::fuzz
