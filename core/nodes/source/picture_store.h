// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/source/picture_painter.h"
#include "schema/behaviour.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace feedline::inline nodes {

/// What a set of generated pictures is made from. Equal recipes give equal bytes, however many threads make them.
struct PictureRecipe {
  std::uint64_t count = 0;
  std::size_t classes = 1;  ///< picture i belongs to class i % classes
  int quality = 85;         ///< of JPEG, 1..100
  std::uint32_t seed = 0;
  PictureStyle style{};

  /// Name of the set's folder: different for recipes that differ.
  [[nodiscard]] std::string key() const;
};

/// Real JPEG files of a recipe in `folder`: "star/0000042.jpg".
class PictureStore {
 public:
  PictureStore(std::filesystem::path folder, PictureRecipe recipe) : folder_(std::move(folder)), recipe_(recipe) {}

  /// Makes what is missing, on `threads` threads (0: as many as cores). Files appear complete or not at all and a
  /// marker is written last, so that after a kill or a full disk the next call goes on. Errors: cannot write; stopped.
  Status complete(const SourceContext& context, unsigned threads = 0) const;

  [[nodiscard]] const PictureRecipe& recipe() const { return recipe_; }
  [[nodiscard]] std::string path(std::uint64_t index) const;
  /// The bytes of one file, made afresh.
  [[nodiscard]] Result<std::vector<std::byte>> make(std::uint64_t index) const;

 private:
  [[nodiscard]] std::filesystem::path marker() const { return folder_ / "complete"; }
  Status make_file(std::uint64_t index) const;

  std::filesystem::path folder_;
  PictureRecipe recipe_;
};

}  // namespace feedline::inline nodes
