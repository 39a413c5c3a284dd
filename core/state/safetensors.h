// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The safetensors format: eight bytes of length (little endian), a JSON object of that length that says type, shape and
// place of every tensor, then their bytes end to end. Source: https://huggingface.co/docs/safetensors, "Format", and
// the rules that its reference implementation checks (no gaps, no overlaps, no name twice).

#include "base/error.h"
#include "schema/named_tensors.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline state {

/// A tensor that lies in someone else's memory.
struct TensorView {
  std::string name{};
  ElementType type = ElementType::F32;
  std::vector<std::int64_t> shape{};
  std::span<const std::byte> data{};
};
/// Of tensors by value, which must outlive them.
[[nodiscard]] std::vector<TensorView> views_of(const NamedTensors& tensors);

/// Texts that stand in the file beside the tensors (its "__metadata__").
using TensorMetadata = std::map<std::string, std::string, std::less<>>;

/// Longer headers are refused, as by the reference implementation.
inline constexpr std::uint64_t kLongestTensorHeader = 100'000'000;

/// Writes a file. Tensors go straight from where they lie to the disk; the widest types stand first, each type by name,
/// so that every tensor is aligned and equal tensors give equal bytes. A file of that name is replaced at once, when
/// all has reached the disk: a crash or a full disk leaves the old one or the new one, never a torn one.
/// Errors: cannot be written (file, remedy); a name twice, or not in UTF-8; data that do not fill their shape.
Status write_safetensors(const std::filesystem::path& path, std::span<const TensorView> tensors,
                         const TensorMetadata& metadata = {});

/// A file that is open for reading. Opening it reads its header alone, and checks all that it says; tensors are then
/// read one by one, straight to where they are wanted, so that no more than that is ever in memory. May be used from
/// many threads at once.
class SafetensorsFile {
 public:
  /// Where a tensor stands.
  struct Entry {
    ElementType type = ElementType::F32;
    std::vector<std::int64_t> shape{};
    std::uint64_t offset = 0;  ///< in the file
    std::uint64_t bytes = 0;
  };

  /// Errors name the file: missing, no regular file, too short, a header that is too long, no JSON, or wrong in what it
  /// says: a name or key twice, an unknown type, a shape that its bytes do not fill, bytes that overlap, leave a gap or
  /// lie beyond the end.
  [[nodiscard]] static Result<SafetensorsFile> open(const std::filesystem::path& path);

  [[nodiscard]] const std::map<std::string, Entry, std::less<>>& entries() const { return entries_; }
  [[nodiscard]] const TensorMetadata& metadata() const { return metadata_; }

  /// Fills `to`, which is as large as the tensor. Errors: no such tensor, another size, the file has become shorter,
  /// it cannot be read.
  Status read(std::string_view name, std::span<std::byte> to) const;
  [[nodiscard]] Result<TensorValue> read(std::string_view name) const;
  [[nodiscard]] Result<NamedTensors> read_all() const;

 private:
  friend struct TensorHeaderReader;
  class Descriptor;
  Status check_places(std::uint64_t first, std::uint64_t size);

  std::shared_ptr<const Descriptor> file_{};
  std::string path_{};  ///< as shown
  std::map<std::string, Entry, std::less<>> entries_{};
  TensorMetadata metadata_{};
};

}  // namespace feedline::inline state
