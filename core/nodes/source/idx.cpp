// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/plain_text.h"
#include "nodes/source/example_files.h"
#include "nodes/source/idx_file.h"
#include "nodes/source/record_groups.h"
#include "schema/in_memory.h"
#include "schema/node_builder.h"
#include "schema/record_keys.h"
#include "schema/shared_files.h"
#include "schema/source_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace feedline::inline nodes {
namespace {

constexpr std::int64_t kMostChannels = 4;

std::vector<TensorDesc> image_and_label(std::vector<Dim> shape, Dim classes, std::vector<std::string> names) {
  return {{.kind = Kind::Image, .dtype = DType::U8, .shape = std::move(shape), .layout = Layout::HWC},
          {.kind = Kind::Label, .dtype = DType::I64, .classes = std::move(classes), .class_names = std::move(names)}};
}

/// Records are drawn from all over the file: lets the memory begin to fetch one that is looked at a little later.
void fetch_ahead(std::span<const std::byte> item) {
  constexpr std::size_t kLine = 64;
  constexpr std::size_t kMost = 4096;
  for (std::size_t at = 0; at < std::min(item.size(), kMost); at += kLine) __builtin_prefetch(item.data() + at);
}

/// Pictures stay in their file; labels, one byte each, are kept.
class IdxSource final : public Source, public InMemory, public Reporting, public SharedFiles, public RecordKeys {
 public:
  IdxSource(IdxFile images, std::vector<std::uint8_t> labels, std::string label_file,
            std::optional<RecordGroups> groups)
      : images_(std::move(images)),
        labels_(std::move(labels)),
        label_file_(std::move(label_file)),
        groups_(std::move(groups)) {
    dims_ = {images_.item_dims()[0], images_.item_dims()[1],
             images_.item_dims().size() == 3 ? images_.item_dims()[2] : 1};
    const std::int64_t classes = *std::max_element(labels_.begin(), labels_.end()) + 1;
    std::vector<std::string> names;
    for (std::int64_t i = 0; i < classes; ++i) names.push_back(std::to_string(i));
    report_.class_names = names;
    report_.class_counts.resize(names.size());
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      ++report_.class_counts[labels_[i]];
      if (i == 0 || labels_[i] != labels_[i - 1]) ++report_.label_runs;
    }
    outputs_ = image_and_label({dims_[0], dims_[1], dims_[2]}, classes, std::move(names));
  }

  const SourceReport& report() const override { return report_; }
  std::vector<std::string> files() const override {
    std::vector<std::string> paths = {images_.path(), label_file_};
    if (groups_) paths.push_back(groups_->path());
    return paths;
  }
  const std::vector<std::string>& key_names() const override { return group_key(groups_.has_value()); }
  Status read_key(std::uint64_t index, std::size_t, std::string& value, Datum* label) const override {
    value = groups_->name(index);
    if (label != nullptr) label->set_label(labels_[index]);
    return {};
  }

  std::uint64_t size() const override { return images_.count(); }
  const std::vector<TensorDesc>& outputs() const override { return outputs_; }
  bool in_memory() const override { return !images_.mapped(0).empty(); }
  std::string locate(std::uint64_t index) const override {
    return fmt::format("{}#{}", escape_name(images_.path()), index);
  }

  Status read(std::uint64_t index, std::span<Datum* const> out) const override {
    if (out[1] != nullptr) out[1]->set_label(labels_[index]);
    if (out[0] == nullptr) return {};
    if (const auto item = images_.mapped(index); !item.empty()) {
      fetch_ahead(item);
      out[0]->view(item.data(), DType::U8, dims_, Layout::HWC);
      return {};
    }
    std::byte* to = out[0]->allocate(DType::U8, dims_, Layout::HWC);
    auto status = images_.read(index, {to, images_.item_bytes()});
    if (!status) status.error().file = locate(index);
    return status;
  }

 private:
  IdxFile images_;
  SourceReport report_{};
  std::vector<std::uint8_t> labels_;
  std::string label_file_;
  std::optional<RecordGroups> groups_;
  std::array<std::int64_t, 3> dims_{};
  std::vector<TensorDesc> outputs_{};
};

struct Idx {
  struct Params {
    std::string images{};
    std::string labels{};
    std::string groups{};
  };

  static NodeSpec spec() {
    return node<Idx>("idx", 1, "IDX files", "Pictures and labels in the format of MNIST.")
        .help(
            "Reads a pair of IDX files, such as train-images-idx3-ubyte and train-labels-idx1-ubyte of MNIST and "
            "Fashion-MNIST, as they are or packed with gzip. Packed files are unpacked once, into the cache folder.\n\n"
            "Pictures are grey (three dimensions: items, height, width) or have channels (a fourth one). They need no "
            "decode.\n\nA third file may say which records belong together (a writer, a patient): set split_by of the "
            "trainer to group and split_column to group.\n\nexample:training-images and example:training-labels, "
            "example:test-images and "
            "example:test-labels are "
            "a small set that Feedline paints itself.")
        .out("image", Kind::Image, "One picture, 8 bits a channel.")
        .out("label", Kind::Label, "Its class.")
        .file("images", &Params::images, "The file of pictures: idx3 or idx4, unsigned bytes, .gz or not.")
        .file("labels", &Params::labels, "The file of labels: idx1, unsigned bytes, .gz or not.")
        .optional_file("groups", &Params::groups,
                       "A text with the name or number of a group in each line, or idx1, by which a split divides. Its "
                       "name is group.")
        .fixture(write_fixture);
  }

  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs) {
    return image_and_label({Dim::symbol("H"), Dim::symbol("W"), Dim::symbol("C")}, Dim::symbol("classes"), {});
  }

  static Result<std::unique_ptr<Source>> open(const Params& params, const SourceContext& context) {
    const auto image_file = example_or_path(params.images, context);
    if (!image_file) return fail(Error(image_file.error()).at_parameter("images"));
    const auto label_file = example_or_path(params.labels, context);
    if (!label_file) return fail(Error(label_file.error()).at_parameter("labels"));
    auto images = open_images(*image_file, context);
    if (!images) return fail(std::move(images.error()).at_parameter("images"));
    auto labels = open_labels(*label_file, images->count(), context);
    if (!labels) return fail(std::move(labels.error()).at_parameter("labels"));
    std::optional<RecordGroups> groups;
    if (!params.groups.empty()) {
      auto opened = RecordGroups::open(params.groups, images->count(), context);
      if (!opened) return fail(std::move(opened.error()).at_parameter("groups"));
      groups = std::move(*opened);
    }
    return std::make_unique<IdxSource>(std::move(*images), std::move(*labels), *label_file, std::move(groups));
  }

 private:
  static Result<IdxFile> open_images(const std::string& path, const SourceContext& context) {
    auto images = IdxFile::open(path, context);
    if (!images) return images;
    const auto& dims = images->item_dims();
    if (dims.empty()) return fail_file(path, "this is a file of labels, not of pictures", "Exchange images and labels");
    if (dims.size() == 1)
      return fail_file(path, "this IDX file has 2 dimensions", "Choose a file of pictures: items, height, width");
    if (dims.size() == 3 && dims[2] > kMostChannels)
      return fail_file(path, fmt::format("its pictures have {} channels", dims[2]),
                       "The last dimension must be 1 to 4");
    if (dims[0] > 65535 || dims[1] > 65535)
      return fail_file(path, fmt::format("its pictures have {} x {} px", dims[1], dims[0]),
                       "At most 65535 px a side can be read");
    return images;
  }

  static Result<std::vector<std::uint8_t>> open_labels(const std::string& path, std::uint64_t images,
                                                       const SourceContext& context) {
    const auto file = IdxFile::open(path, context);
    if (!file) return fail(file.error());
    if (!file->item_dims().empty())
      return fail_file(path,
                       fmt::format("this IDX file has {} dimensions, labels have 1", file->item_dims().size() + 1),
                       "Choose a file such as train-labels-idx1-ubyte");
    if (file->count() != images)
      return fail_file(path, fmt::format("it has {} labels for {} pictures", file->count(), images),
                       "Choose the file that belongs to these pictures");
    std::vector<std::uint8_t> labels(file->count());
    if (auto status = file->read(0, std::as_writable_bytes(std::span(labels))); !status)
      return fail(std::move(status.error()));
    return labels;
  }

  static ParamMap write_fixture(const std::filesystem::path& folder) {
    std::vector<std::uint8_t> images = {0, 0, 8, 3, 0, 0, 0, 6, 0, 0, 0, 5, 0, 0, 0, 4};
    std::vector<std::uint8_t> labels = {0, 0, 8, 1, 0, 0, 0, 6};
    for (std::uint8_t item = 0; item < 6; ++item) {
      for (std::uint8_t pixel = 0; pixel < 20; ++pixel) images.push_back(static_cast<std::uint8_t>(item * 40 + pixel));
      labels.push_back(item % 3);
    }
    (void)write_atomically(folder / "images-idx3-ubyte", std::as_bytes(std::span(images)));
    (void)write_atomically(folder / "labels-idx1-ubyte", std::as_bytes(std::span(labels)));
    constexpr std::string_view kWriters = "ann\nann\nbob\nbob\ncid\ncid\n";
    (void)write_atomically(folder / "writers.txt", std::as_bytes(std::span(kWriters)));
    return {{"images", (folder / "images-idx3-ubyte").string()},
            {"labels", (folder / "labels-idx1-ubyte").string()},
            {"groups", (folder / "writers.txt").string()}};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Idx)
