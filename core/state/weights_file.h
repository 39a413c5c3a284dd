// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "schema/named_tensors.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline state {

/// A file of weights as others publish them, open for reading: .safetensors, or a state dict of PyTorch (.pth, .pt), as
/// torch.save() has written it since 1.6 (a zip file) or before. Which of them it is, its bytes say, not its name.
///
/// Opening reads names and shapes alone; tensors are read one by one. Nothing in the file is ever executed: see
/// state/pickle_reader.h. Memory is bounded by what a sound file of that length holds. May be used from many threads.
class WeightsFile {
 public:
  /// Where a tensor stands. Strides count numbers, as PyTorch's do.
  struct Entry {
    ElementType type = ElementType::F32;
    std::vector<std::int64_t> shape{};
    std::vector<std::int64_t> strides{};
    std::uint64_t offset = 0;  ///< of its first number in the file
    std::uint64_t bytes = 0;   ///< of the dense tensor
  };

  /// Errors name the file, the tensor where it is one, and what to do: missing; neither format; truncated; a pickle
  /// that wants more than tensors, by the name of what it wants; a tensor that lies outside of its storage, or is
  /// larger than the file; a storage that is missing or packed; a TorchScript file. Of a checkpoint that holds a state
  /// dict beside other things ("state_dict", "model", "model_state_dict", "module") that one is taken.
  [[nodiscard]] static Result<WeightsFile> open(const std::filesystem::path& path);

  [[nodiscard]] const std::map<std::string, Entry, std::less<>>& entries() const { return entries_; }
  /// As it is shown.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// The tensor, dense. Errors: no such tensor, the file has become shorter, it cannot be read.
  [[nodiscard]] Result<TensorValue> read(std::string_view name) const;
  /// The SHA-256 of the whole file, 64 digits. Reads all of it. Errors: stopped; it cannot be read.
  [[nodiscard]] Result<std::string> digest(const std::stop_token& stop) const;

 private:
  class Reader;
  class Handle;

  std::shared_ptr<const Handle> file_{};
  std::string path_{};
  std::map<std::string, Entry, std::less<>> entries_{};
};

/// The beginning of the SHA-256 that a name such as "resnet50-0676ba61.pth" promises, as PyTorch's hub reads it; empty:
/// it promises none.
[[nodiscard]] std::string promised_digest(const std::filesystem::path& path);

}  // namespace feedline::inline state
