// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/example_files.h"

#include "nodes/source/file_io.h"
#include "nodes/source/mixed_store.h"
#include "nodes/source/picture_store.h"
#include "nodes/source/table/generated_table.h"
#include "nodes/source/text_store.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <system_error>
#include <vector>

namespace feedline::inline nodes {
namespace {

namespace fs = std::filesystem;

constexpr std::uint8_t kClasses = 10;
constexpr std::uint32_t kSide = 28;
constexpr std::uint32_t kExampleStream = 0x69647821;  // keyed apart from the random numbers of any node
constexpr PictureStyle kStyle{.size = kSide, .difficulty = 0.25};

/// One of the two sets that stand for those of MNIST.
struct IdxSet {
  std::string_view name;
  std::uint32_t count;
  std::uint32_t seed;
};
constexpr std::array kSets = {IdxSet{"training", 4000, 1}, IdxSet{"test", 1000, 2}};

const PictureRecipe kFolder{
    .count = 960, .classes = 6, .quality = 88, .seed = 3, .style = {.size = 240, .difficulty = 0.4}};

const TextRecipe kExampleTexts{.count = 4000, .topics = 4, .sentences = 3, .difficulty = 0.6, .seed = 4};
const TextRecipe kExampleNews{.count = 4000, .topics = 4, .sentences = 3, .difficulty = 0.6, .seed = 5, .table = true};

const MixedRecipe kExampleRecords{.count = 2400, .shapes = 4, .topics = 3, .size = 48, .difficulty = 0.3, .seed = 6};

/// Three clouds that run into each other: what divides them best is flat.
const TableRecipe kExampleBlobs{.kind = "blobs", .rows = 2000, .noise = 10'000, .classes = 3, .seed = 7};

void put_big_endian(std::vector<std::byte>& to, std::uint32_t number) {
  for (const unsigned shift : {24U, 16U, 8U, 0U}) to.push_back(static_cast<std::byte>(number >> shift));
}

std::vector<std::byte> idx_header(std::initializer_list<std::uint32_t> dims) {
  constexpr std::byte kUnsignedBytes{8};
  std::vector<std::byte> bytes = {std::byte{0}, std::byte{0}, kUnsignedBytes, static_cast<std::byte>(dims.size())};
  for (const std::uint32_t dim : dims) put_big_endian(bytes, dim);
  return bytes;
}

/// Pictures of a set: class i % 10, painted in colour and made grey (ITU-R BT.601).
Result<std::vector<std::byte>> images_of(const IdxSet& set, const SourceContext& context) {
  std::vector<std::byte> bytes = idx_header({set.count, kSide, kSide});
  for (std::uint32_t i = 0; i < set.count; ++i) {
    if (context.stop.stop_requested()) return fail_cancelled();
    if (context.progress && i % 64 == 0)
      context.progress(fmt::format("Painting {} pictures", set.count), static_cast<double>(i) / set.count);
    Rng rng(set.seed, 0, i, kExampleStream);
    const std::vector<std::uint8_t> rgb = paint_picture(i % kClasses, kStyle, rng);
    for (std::size_t at = 0; at + 2 < rgb.size(); at += 3)
      bytes.push_back(static_cast<std::byte>((299 * rgb[at] + 587 * rgb[at + 1] + 114 * rgb[at + 2]) / 1000));
  }
  return bytes;
}

std::vector<std::byte> labels_of(const IdxSet& set) {
  std::vector<std::byte> bytes = idx_header({set.count});
  for (std::uint32_t i = 0; i < set.count; ++i) bytes.push_back(static_cast<std::byte>(i % kClasses));
  return bytes;
}

Result<std::string> idx_file(const IdxSet& set, bool images, const SourceContext& context) {
  const fs::path folder =
      cache_folder_or_default(context.cache_folder) / "generated" / fmt::format("idx-v{}", kPainterVersion);
  const fs::path file = folder / fmt::format("{}-{}-ubyte", set.name, images ? "images-idx3" : "labels-idx1");
  const std::uintmax_t wanted = images ? 16 + std::uintmax_t{set.count} * kSide * kSide : 8 + std::uintmax_t{set.count};
  std::error_code error;
  if (fs::file_size(file, error) == wanted && !error) return file.string();
  if (context.make_nothing || context.stop.stop_requested()) return fail_cancelled();
  Result<std::vector<std::byte>> bytes = images ? images_of(set, context) : labels_of(set);
  if (!bytes) return fail(std::move(bytes.error()));
  if (Status made = make_folder(folder); !made) return fail(std::move(made.error()));
  if (Status written = write_atomically(file, *bytes); !written) return fail(std::move(written.error()));
  return file.string();
}

}  // namespace

Result<std::string> example_or_path(const std::string& path, const SourceContext& context) {
  if (!path.starts_with(kExampleFiles)) return path;
  const std::string_view wanted = std::string_view(path).substr(kExampleFiles.size());
  for (const IdxSet& set : kSets)
    for (const bool images : {true, false})
      if (wanted == fmt::format("{}-{}", set.name, images ? "images" : "labels")) return idx_file(set, images, context);
  if (wanted == "pictures") {
    const fs::path folder = cache_folder_or_default(context.cache_folder) / "generated" / kFolder.key();
    if (auto done = PictureStore(folder, kFolder).complete(context); !done) return fail(std::move(done.error()));
    return folder.string();
  }
  if (wanted == "texts") return written_texts(kExampleTexts, context);
  if (wanted == "news") return written_texts(kExampleNews, context);
  if (wanted == "records") return written_records(kExampleRecords, context);
  if (wanted == "blobs") {
    const auto table = generated_table(kExampleBlobs, context);
    if (!table) return fail(table.error());
    return table->string();
  }
  return fail_file(
      path, "there are no such generated files",
      "Choose one of example:training-images, example:training-labels, example:test-images, "
      "example:test-labels, example:pictures, example:texts, example:news, example:blobs, example:records, "
      "or files of your own");
}

}  // namespace feedline::inline nodes
