// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/plain_text.h"
#include "nodes/source/npy_file.h"
#include "schema/node_builder.h"
#include "schema/record_keys.h"
#include "schema/shared_files.h"
#include "schema/source_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <optional>

namespace feedline::inline nodes {
namespace {

constexpr std::int64_t kMostNpyClasses = 100'000;
constexpr std::uint64_t kMostNpyLabels = std::uint64_t{1} << 28;  // they are kept in memory

/// How an item of the array becomes a value.
struct NpyItem {
  Kind kind = Kind::Features;
  DType dtype = DType::F32;
  std::vector<std::int64_t> dims{};
  Layout layout = Layout::None;
};

TensorDesc npy_label(Dim classes, std::vector<std::string> names, bool number) {
  if (number) return {.kind = Kind::Label, .dtype = DType::F32};
  return {.kind = Kind::Label, .dtype = DType::I64, .classes = std::move(classes), .class_names = std::move(names)};
}

/// The labels of all records: classes, or plain numbers.
struct NpyLabels {
  std::vector<std::int32_t> classes{};
  std::vector<float> numbers{};
  std::vector<std::string> names{};
  std::string path{};
};

/// An item of one number: the name of a group.
std::string npy_text(DType dtype, const std::byte* from) {
  const auto text = [from](auto number) {
    std::memcpy(&number, from, sizeof number);
    return fmt::format("{}", number);
  };
  switch (dtype) {
    case DType::U8:
    case DType::Bool:
      return text(std::uint8_t{});
    case DType::I32:
      return text(std::int32_t{});
    case DType::I64:
      return text(std::int64_t{});
    case DType::F32:
      return text(float{});
    case DType::F64:
      return text(double{});
    case DType::F16:
      break;
  }
  float number = 0;
  npy_to_floats(dtype, from, 1, &number);
  return fmt::format("{}", number);
}

class NpySource final : public Source, public Reporting, public SharedFiles, public RecordKeys {
 public:
  NpySource(NpyFile items, NpyItem item, NpyLabels labels, std::optional<NpyFile> groups)
      : items_(std::move(items)), item_(std::move(item)), labels_(std::move(labels)), groups_(std::move(groups)) {
    TensorDesc value{.kind = item_.kind, .dtype = item_.dtype, .layout = item_.layout};
    value.shape.assign(item_.dims.begin(), item_.dims.end());
    const auto classes = static_cast<std::int64_t>(labels_.names.size());
    outputs_ = {std::move(value), npy_label(classes, labels_.names, labels_.classes.empty())};
    report_.class_names = labels_.names;
    report_.class_counts.resize(labels_.names.size());
    for (std::size_t i = 0; i < labels_.classes.size(); ++i) {
      ++report_.class_counts[static_cast<std::size_t>(labels_.classes[i])];
      if (i == 0 || labels_.classes[i] != labels_.classes[i - 1]) ++report_.label_runs;
    }
  }

  std::uint64_t size() const override { return items_.count(); }
  const std::vector<TensorDesc>& outputs() const override { return outputs_; }
  const SourceReport& report() const override { return report_; }
  std::vector<std::string> files() const override {
    std::vector<std::string> paths = {items_.path(), labels_.path};
    if (groups_) paths.push_back(groups_->path());
    return paths;
  }
  const std::vector<std::string>& key_names() const override { return group_key(groups_.has_value()); }
  Status read_key(std::uint64_t index, std::size_t, std::string& value, Datum* label) const override {
    std::array<std::byte, sizeof(double)> number{};
    if (Status read = groups_->read(index, std::span(number).first(groups_->item_bytes())); !read) {
      read.error().file = locate(index);
      return read;
    }
    value = npy_text(groups_->dtype(), number.data());
    if (label != nullptr) give_label(index, *label);
    return {};
  }
  std::string locate(std::uint64_t index) const override {
    return fmt::format("{}#{}", escape_name(items_.path()), index);
  }

  Status read(std::uint64_t index, std::span<Datum* const> out) const override {
    if (out[1] != nullptr) give_label(index, *out[1]);
    if (out[0] == nullptr) return {};
    std::byte* to = out[0]->allocate(item_.dtype, item_.dims, item_.layout);
    Status done;
    if (item_.dtype == items_.dtype()) {
      done = items_.read(index, {to, items_.item_bytes()});
    } else {
      thread_local std::vector<std::byte> raw;
      raw.resize(items_.item_bytes());
      done = items_.read(index, raw);
      const std::size_t count = raw.size() / size_of(items_.dtype());
      if (done) npy_to_floats(items_.dtype(), raw.data(), count, reinterpret_cast<float*>(to));
    }
    if (!done) done.error().file = locate(index);
    return done;
  }

 private:
  void give_label(std::uint64_t index, Datum& out) const {
    if (labels_.classes.empty())
      std::memcpy(out.allocate(DType::F32, {}), &labels_.numbers[index], sizeof(float));
    else
      out.set_label(labels_.classes[index]);
  }

  NpyFile items_;
  NpyItem item_;
  NpyLabels labels_;
  std::optional<NpyFile> groups_;  ///< one number a record
  SourceReport report_{};
  std::vector<TensorDesc> outputs_{};
};

struct Npy {
  struct Params {
    std::string file{};
    std::string array{};
    std::string labels{};
    std::string label_array{};
    std::string groups{};
    std::string group_array = "groups";
    std::string holds = "pictures";
    std::string label_kind = "auto";
  };

  static NodeSpec spec() {
    return node<Npy>("npy", 1, "NumPy arrays", "Pictures, numbers or tokens and their labels, as NumPy saves them.")
        .help(
            "Reads .npy files and the arrays of .npz files record by record, along the first dimension; the array "
            "itself is never loaded. Types: uint8, int32, int64, float16, float32, float64 and bool, little-endian, in "
            "C order. An array that savez_compressed() has packed is unpacked once, into the cache folder.\n\n"
            "Pictures are uint8 or float32 of N x height x width, with 1 to 4 channels behind or in front of these. "
            "Features become float32 vectors, whatever they were. Tokens are int32 or int64 of N x length. Labels are "
            "classes (whole numbers from 0) or plain numbers; one .npz file can be chosen for both.\n\n"
            "A third array may say which records belong together (a person, a day): set split_by of the trainer to "
            "group and split_column to group.")
        .file("file", &Params::file, "The array of the records: .npy or .npz.")
        .param("array", &Params::array, "Which array of an .npz file; empty: x, data, images and the like.")
        .file("labels", &Params::labels, "The array of the labels: .npy or .npz, the same file too.")
        .param("label_array", &Params::label_array, "Which array of an .npz file; empty: y, labels and the like.")
        .optional_file("groups", &Params::groups,
                       "An array of one number a record by which a split divides: .npy or .npz. Its name is group.")
        .param("group_array", &Params::group_array, "Which array of an .npz file.")
        .choice("holds", &Params::holds, {"pictures", "features", "tokens"}, "What the records are.")
        .choice("label_kind", &Params::label_kind, {"auto", "class", "number"},
                "What the labels are; auto: classes if they are whole numbers, else plain numbers.")
        .fixture(write_fixture);
  }

  static NodePorts ports(const Params& params) {
    NodePorts ports;
    if (params.holds == "features")
      ports.outputs.push_back({.name = "features", .kind = Kind::Features, .doc = "The numbers of one record."});
    else if (params.holds == "tokens")
      ports.outputs.push_back({.name = "tokens", .kind = Kind::Tokens, .doc = "The token ids of one record."});
    else
      ports.outputs.push_back({.name = "image", .kind = Kind::Image, .doc = "One picture."});
    ports.outputs.push_back({.name = "label", .kind = Kind::Label, .doc = "Its class, or its number."});
    return ports;
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs) {
    TensorDesc value{.kind = Kind::Image,
                     .dtype = DType::U8,
                     .shape = {Dim::symbol("H"), Dim::symbol("W"), Dim::symbol("C")},
                     .layout = Layout::HWC};
    if (params.holds == "features") value = {.kind = Kind::Features, .shape = {Dim::symbol("numbers")}};
    if (params.holds == "tokens") value = {.kind = Kind::Tokens, .dtype = DType::I64, .shape = {Dim::symbol("length")}};
    return std::vector<TensorDesc>{std::move(value),
                                   npy_label(Dim::symbol("classes"), {}, params.label_kind == "number")};
  }

  static Result<std::unique_ptr<Source>> open(const Params& params, const SourceContext& context) {
    auto items = NpyFile::open(params.file, params.array, NpyFile::Wanted::Items, context);
    if (!items) return fail(std::move(items.error()).at_parameter("file"));
    auto item = item_of(*items, params.holds);
    if (!item) return fail(std::move(item.error()).at_parameter("holds"));
    const auto label_file = NpyFile::open(params.labels, params.label_array, NpyFile::Wanted::Labels, context);
    if (!label_file) return fail(Error(label_file.error()).at_parameter("labels"));
    auto labels = read_labels(*label_file, items->count(), params.label_kind, context);
    if (!labels) return fail(std::move(labels.error()).at_parameter("labels"));
    auto groups = open_groups(params, items->count(), context);
    if (!groups) return fail(std::move(groups.error()));
    return std::make_unique<NpySource>(std::move(*items), std::move(*item), std::move(*labels), std::move(*groups));
  }

 private:
  static Result<NpyItem> item_of(const NpyFile& file, const std::string& holds) {
    const std::vector<std::int64_t> dims(file.item_dims().begin(), file.item_dims().end());
    if (holds == "features")
      return NpyItem{.dims = {static_cast<std::int64_t>(file.item_bytes() / size_of(file.dtype()))}};
    if (holds == "tokens") {
      if (dims.size() == 1 && (file.dtype() == DType::I32 || file.dtype() == DType::I64))
        return NpyItem{.kind = Kind::Tokens, .dtype = file.dtype(), .dims = dims};
      return fail_file(file.path(), "its array is no tokens: those are int32 or int64 of N x length",
                       "Set holds to features or pictures");
    }
    if (file.dtype() != DType::U8 && file.dtype() != DType::F32)
      return fail_file(file.path(), fmt::format("its numbers are {}, and pictures are u8 or f32", name(file.dtype())),
                       "Set holds to features, or save them by array.astype('<f4')");
    NpyItem item{.kind = Kind::Image, .dtype = file.dtype(), .dims = dims, .layout = Layout::HWC};
    if (dims.size() == 2) item.dims.push_back(1);
    const auto is_channels = [](std::int64_t dim) { return dim >= 1 && dim <= 4; };
    if (dims.size() == 3 && !is_channels(dims[2]) && is_channels(dims[0])) item.layout = Layout::CHW;
    if (item.dims.size() == 3 && (item.layout == Layout::CHW || is_channels(item.dims[2]))) return item;
    return fail_file(file.path(),
                     fmt::format("an item has {} dimensions and is no picture of 1 to 4 channels", dims.size()),
                     "Set holds to features");
  }

  static Result<std::optional<NpyFile>> open_groups(const Params& params, std::uint64_t records,
                                                    const SourceContext& context) {
    if (params.groups.empty()) return std::nullopt;
    auto file = NpyFile::open(params.groups, params.group_array, NpyFile::Wanted::Labels, context);
    if (!file) {
      file.error().parameter = file.error().parameter.empty() ? "groups" : "group_array";
      return fail(std::move(file.error()));
    }
    const std::size_t of_one = file->item_bytes() / size_of(file->dtype());
    if (of_one == 1 && file->count() == records) return std::optional(std::move(*file));
    return fail(Error(fail_file(file->path(),
                                of_one == 1 ? fmt::format("it has {} groups for {} records", file->count(), records)
                                            : fmt::format("it has {} numbers a record, and a group is one", of_one),
                                "Choose an array of one number a record")
                          .value())
                    .at_parameter("groups"));
  }

  static Result<NpyLabels> read_labels(const NpyFile& file, std::uint64_t records, const std::string& kind,
                                       const SourceContext& context) {
    const std::size_t of_one = file.item_bytes() / size_of(file.dtype());
    if (of_one != 1)
      return fail_file(file.path(), fmt::format("it has {} numbers a record, and a label is one", of_one),
                       "Choose the array of the labels");
    if (file.count() != records)
      return fail_file(file.path(), fmt::format("it has {} labels for {} records", file.count(), records),
                       "Choose the array that belongs to these records");
    if (records > kMostNpyLabels)
      return fail_file(file.path(), fmt::format("it has {} labels, and there can be {}", records, kMostNpyLabels),
                       "Save the records in several files");
    constexpr std::uint64_t kLabelPiece = 1 << 16;
    NpyLabels labels{.path = file.path()};
    labels.numbers.resize(static_cast<std::size_t>(records));
    std::vector<std::byte> raw;
    for (std::uint64_t at = 0; at < records; at += kLabelPiece) {
      if (context.stop.stop_requested()) return fail_cancelled();
      const auto count = static_cast<std::size_t>(std::min(kLabelPiece, records - at));
      raw.resize(count * size_of(file.dtype()));
      if (Status read = file.read(at, raw); !read) {
        if (read.error().code == ErrorCode::BadRecord) read.error().code = ErrorCode::BadInput;
        return fail(std::move(read.error()));
      }
      npy_to_floats(file.dtype(), raw.data(), count, labels.numbers.data() + at);
    }
    const bool whole = file.dtype() != DType::F16 && file.dtype() != DType::F32 && file.dtype() != DType::F64;
    if (kind == "number" || (kind == "auto" && !whole)) return labels;
    return to_classes(std::move(labels));
  }

  static Result<NpyLabels> to_classes(NpyLabels labels) {
    std::int64_t most = 0;
    for (std::size_t i = 0; i < labels.numbers.size(); ++i) {
      const float number = labels.numbers[i];
      if (!(number >= 0 && number < static_cast<float>(kMostNpyClasses)) || number != std::floor(number))
        return fail(Error{.reason = fmt::format("label {} is {}, and classes are whole numbers from 0 to {}", i, number,
                                                kMostNpyClasses - 1),
                          .remedy = "Set label_kind to number, or count the classes from 0",
                          .parameter = "label_kind",
                          .file = escape_name(labels.path)});
      labels.classes.push_back(static_cast<std::int32_t>(number));
      most = std::max<std::int64_t>(most, labels.classes.back());
    }
    labels.numbers = {};
    for (std::int64_t i = 0; i <= most; ++i) labels.names.push_back(std::to_string(i));
    return labels;
  }

  static void write_npy(const std::filesystem::path& path, std::string_view shape,
                        const std::vector<std::uint8_t>& bytes) {
    std::string text = fmt::format("{{'descr': '|u1', 'fortran_order': False, 'shape': {}, }}", shape);
    text.resize(117, ' ');
    text += '\n';
    std::string file("\x93NUMPY\x01\x00", 8);
    file += static_cast<char>(text.size());
    file += '\0';
    file += text;
    file.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    (void)write_atomically(path, std::as_bytes(std::span(file)));
  }

  static ParamMap write_fixture(const std::filesystem::path& folder) {
    std::vector<std::uint8_t> pixels;
    for (std::size_t i = 0; i < std::size_t{5} * 6 * 4 * 3; ++i) pixels.push_back(static_cast<std::uint8_t>(i * 11));
    write_npy(folder / "pictures.npy", "(5, 6, 4, 3)", pixels);
    write_npy(folder / "labels.npy", "(5,)", {0, 2, 1, 1, 0});
    write_npy(folder / "groups.npy", "(5,)", {7, 7, 8, 8, 9});
    return {{"file", (folder / "pictures.npy").string()},
            {"labels", (folder / "labels.npy").string()},
            {"groups", (folder / "groups.npy").string()}};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Npy)
