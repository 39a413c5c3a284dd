// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "schema/tensor_desc.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace feedline::cli {

/// An array for a .npz file: as numpy.load() reads it. `data` is dense.
struct NpzArray {
  std::string name{};
  DType dtype = DType::F32;
  std::vector<std::int64_t> shape{};
  std::string data{};
};

/// Writes the arrays uncompressed into a .npz file. The error names the file.
[[nodiscard]] Status write_npz(const std::filesystem::path& path, const std::vector<NpzArray>& arrays);

}  // namespace feedline::cli
