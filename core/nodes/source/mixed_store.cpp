// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/mixed_store.h"

#include "nodes/source/file_io.h"
#include "nodes/source/picture_shapes.h"
#include "nodes/source/picture_store.h"
#include "nodes/source/text_grammar.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <span>
#include <string_view>
#include <system_error>

namespace feedline::inline nodes {
namespace {

/// Keyed apart from the random numbers of any node, and of the pictures.
constexpr std::uint32_t kMixedStream = 0x6D697864;
/// Increment where the same recipe gives another table.
constexpr int kMixedVersion = 1;
constexpr std::array<std::string_view, 3> kCovers = {"card", "cloth", "leather"};

/// Row `index` of the table, with a line feed. The grammar has no quotes.
std::string mixed_row(const MixedRecipe& recipe, std::uint64_t index) {
  const auto shape = static_cast<std::size_t>(index % recipe.shapes);
  const auto topic = static_cast<std::size_t>(index % recipe.topics);
  Rng rng(recipe.seed, 0, index, kMixedStream);
  const std::string text = write_topic_text(topic, recipe.topics, 2, recipe.difficulty, rng);
  const auto cents = static_cast<std::uint32_t>(shape) * 200 + 500 + rng.below(1000);
  const std::size_t usual = topic % kCovers.size();
  const std::size_t cover = rng.chance(0.3) ? usual : rng.below(static_cast<std::uint32_t>(kCovers.size()));
  return fmt::format("{0}/{1:07}.jpg,\"{2}\",{3}.{4:02},{5},\"{0}, {6}\"\n", shape_name(shape), index, text,
                     cents / 100, cents % 100, kCovers[cover], topic_name(topic));
}

}  // namespace

Result<std::string> written_records(const MixedRecipe& recipe, const SourceContext& context) {
  const PictureRecipe pictures{.count = recipe.count,
                               .classes = recipe.shapes,
                               .quality = 85,
                               .seed = recipe.seed,
                               .style = {.size = recipe.size, .difficulty = recipe.difficulty}};
  const std::filesystem::path folder = cache_folder_or_default(context.cache_folder) / "generated" / pictures.key();
  const std::filesystem::path file =
      folder / fmt::format("records-v{}-{}-{}.csv", kMixedVersion, kGrammarVersion, recipe.topics);
  std::error_code missing;
  if (std::filesystem::is_regular_file(file, missing)) return file.string();
  if (Status painted = PictureStore(folder, pictures).complete(context); !painted)
    return fail(std::move(painted.error()));
  if (context.make_nothing) return fail_cancelled();
  std::string table = "picture,text,price,cover,kind\n";
  for (std::uint64_t i = 0; i < recipe.count; ++i) {
    if (context.stop.stop_requested()) return fail_cancelled();
    table += mixed_row(recipe, i);
  }
  if (Status written = write_atomically(file, std::as_bytes(std::span(table))); !written)
    return fail(std::move(written.error()));
  return file.string();
}

}  // namespace feedline::inline nodes
