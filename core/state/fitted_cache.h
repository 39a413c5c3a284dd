// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "schema/named_tensors.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace feedline::inline state {

/// What fitted nodes have learnt, or other tensors, kept on disk by the hash of everything that they follow from: one
/// safetensors file each, in the folder `fitted` of the cache folder, or another one (`splits`: what was found out
/// about records for a split). A file that is damaged counts as none. The folder is bounded: those that nobody has
/// asked for longest go.
class FittedCache {
 public:
  static constexpr std::size_t kMostFiles = 256;
  static constexpr std::uintmax_t kMostBytes = std::uintmax_t{1} << 30;

  explicit FittedCache(const std::filesystem::path& cache_folder, std::string_view name = "fitted")
      : folder_(cache_folder / name) {}

  /// Counts as asked for.
  [[nodiscard]] std::optional<NamedTensors> find(const std::string& hash) const;
  /// The same, and leaves no trace in the folder: for whoever watches it.
  [[nodiscard]] std::optional<NamedTensors> look(const std::string& hash) const;
  /// `node`: of which node it is, for people. Errors: cannot be written (file, remedy).
  Status keep(const std::string& hash, const std::string& node, const NamedTensors& state) const;
  [[nodiscard]] std::filesystem::path file(const std::string& hash) const { return folder_ / (hash + ".safetensors"); }

 private:
  void make_room(const std::filesystem::path& newest) const;

  std::filesystem::path folder_;
};

}  // namespace feedline::inline state
