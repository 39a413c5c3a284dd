// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training/bench: what is measured, as graphs of the built-in examples.

#include "graph/document.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stop_token>

namespace feedline::inline training::bench {

/// Width and height of the painted photos.
inline constexpr std::int64_t kPhotoSide = 512;

enum class Decode { Needed, Exact, Cached };

/// The image-folder example on `photos` painted photos: decode, random resized crop 224, flip, normalise, batch 64.
[[nodiscard]] Result<Document> photo_graph(Decode decode, std::int64_t photos);

/// Small grey pictures and their labels as IDX files.
struct GreyFiles {
  std::filesystem::path images{};
  std::filesystem::path labels{};
};

/// Writes them into the folder unless they are there: 28x28, ten classes. Errors: cannot be written; Cancelled.
[[nodiscard]] Result<GreyFiles> grey_files(const std::filesystem::path& folder, const std::stop_token& stop);

/// The idx example on these: pad and crop, flip, normalise, batch 128, and its CNN; without validation.
/// `replicas` 0: as the machine suggests.
[[nodiscard]] Result<Document> grey_graph(const GreyFiles& files, std::int64_t replicas);

}  // namespace feedline::inline training::bench
