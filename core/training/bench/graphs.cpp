// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/bench/graphs.h"

#include "base/random.h"
#include "graph/edit.h"
#include "graph/json.h"
#include "graph/starter.h"

#include <fstream>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace feedline::inline training::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kGreyPictures = 20'000;
constexpr std::size_t kGreySide = 28;
constexpr std::uint32_t kClasses = 10;

Edit set(const char* node, const char* param, Value value) {
  return {SetParam{.node = node, .param = param, .value = std::move(value)}};
}

Edit link(PortRef from, PortRef to) { return {AddLink{.link = {.from = std::move(from), .to = std::move(to)}}}; }

Result<Document> changed(Result<Document> document, Edit::List edits) {
  if (!document) return document;
  if (auto undo = document->apply(Edit{std::move(edits)}); !undo) return fail(std::move(undo.error()));
  return document;
}

/// Noise that is brighter in one place, which tells the class.
std::string grey_pictures(std::string& labels) {
  constexpr std::size_t kPixels = kGreySide * kGreySide;
  std::string pixels(kGreyPictures * kPixels, '\0');
  labels.resize(kGreyPictures);
  for (std::size_t item = 0; item < kGreyPictures; ++item) {
    Rng rng(1, 0, item, 0);
    const std::uint32_t kind = rng.below(kClasses);
    labels[item] = static_cast<char>(kind);
    for (std::size_t i = 0; i < kPixels; ++i) {
      const bool bright = i * kClasses / kPixels == kind;
      pixels[item * kPixels + i] = static_cast<char>(rng.bits() >> (bright ? 24U : 25U));
    }
  }
  return pixels;
}

std::string idx_head(std::initializer_list<std::size_t> dims) {
  std::string head{0, 0, 8, static_cast<char>(dims.size())};
  for (const std::size_t dim : dims)
    for (const unsigned shift : {24U, 16U, 8U, 0U}) head.push_back(static_cast<char>(dim >> shift));
  return head;
}

/// Beside its place and then renamed: readers never see half of it.
Status write_file(const fs::path& path, const std::string& head, const std::string& content) {
  const fs::path beside = path.string() + ".part" + std::to_string(::getpid());
  std::ofstream file(beside, std::ios::binary);
  file.write(head.data(), static_cast<std::streamsize>(head.size()));
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  file.close();
  std::error_code error;
  if (file) fs::rename(beside, path, error);
  if (file && !error) return {};
  std::error_code ignored;
  fs::remove(beside, ignored);
  return fail(Error{.reason = "cannot be written",
                    .remedy = "Choose a folder with room by the environment variable FEEDLINE_CACHE",
                    .file = path.string()});
}

}  // namespace

Result<Document> photo_graph(Decode decode, std::int64_t photos) {
  const Node painter{.id = "source",
                     .type = "generated_pictures",
                     .params = {{"count", photos}, {"size", kPhotoSide}, {"quality", std::int64_t{90}}}};
  Edit::List edits = {{RemoveNode{"source"}},
                      {AddNode{.node = painter}},
                      link({"source", "file"}, {"shuffle", "sample"}),
                      link({"source", "label"}, {"shuffle", "label"}),
                      set("trainer", "validation_split", 0.0)};
  if (decode == Decode::Exact) edits.push_back(set("decode", "exact", true));
  if (decode == Decode::Cached) {
    edits.push_back({AddNode{.node = {.id = "cache", .type = "cache"}}});
    edits.push_back({RemoveLink{{"crop", "image"}}});
    edits.push_back(link({"decode", "image"}, {"cache", "sample"}));
    edits.push_back(link({"cache", "sample"}, {"crop", "image"}));
  }
  return changed(example_document("image-folder.feedline"), std::move(edits));
}

Result<GreyFiles> grey_files(const fs::path& folder, const std::stop_token& stop) {
  GreyFiles files{folder / "images-idx3-ubyte", folder / "labels-idx1-ubyte"};
  std::error_code error;
  if (fs::exists(files.images, error) && fs::exists(files.labels, error)) return files;
  fs::create_directories(folder, error);  // a failure shows when writing
  std::string labels;
  const std::string pixels = grey_pictures(labels);
  if (stop.stop_requested()) return fail_cancelled();
  if (auto written = write_file(files.images, idx_head({kGreyPictures, kGreySide, kGreySide}), pixels); !written)
    return fail(std::move(written.error()));
  if (auto written = write_file(files.labels, idx_head({kGreyPictures}), labels); !written)
    return fail(std::move(written.error()));
  return files;
}

Result<Document> grey_graph(const GreyFiles& files, std::int64_t replicas) {
  return changed(example_document("idx.feedline"), {{RemoveNode{"validation"}},
                                                    {RemoveNode{"validation_normalise"}},
                                                    {RemoveNode{"validation_batch"}},
                                                    set("source", "images", files.images.string()),
                                                    set("source", "labels", files.labels.string()),
                                                    set("flip", "probability", 0.5),
                                                    set("trainer", "replicas", replicas)});
}

}  // namespace feedline::inline training::bench
