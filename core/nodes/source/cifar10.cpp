// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/plain_text.h"
#include "nodes/source/file_io.h"
#include "schema/node_builder.h"
#include "schema/record_keys.h"
#include "schema/shared_files.h"
#include "schema/source_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fnmatch.h>
#include <system_error>

namespace feedline::inline nodes {
namespace {

constexpr std::int64_t kCifarSide = 32;
constexpr std::size_t kCifarPlane = 32 * 32;
constexpr std::size_t kCifarPixels = 3 * kCifarPlane;
constexpr std::size_t kMostCifarFiles = 10'000;

std::vector<TensorDesc> cifar_outputs(Dim classes, std::vector<std::string> names) {
  return {{.kind = Kind::Image, .dtype = DType::U8, .shape = {kCifarSide, kCifarSide, 3}, .layout = Layout::HWC},
          {.kind = Kind::Label, .dtype = DType::I64, .classes = std::move(classes), .class_names = std::move(names)}};
}

/// A file of records: labels, one byte each, then the red, the green and the blue plane.
struct CifarFile {
  std::string path{};
  File file{};
  std::uint64_t first = 0;  ///< its first record among those of all files
  std::uint64_t end = 0;
};

/// How records lie in the files of a set.
struct CifarFormat {
  std::size_t labels = 1;  ///< in front of the pixels
  std::size_t label = 0;   ///< the one that is read
  [[nodiscard]] std::size_t record_bytes() const { return labels + kCifarPixels; }
};

/// Planes to pixels, as decode gives them.
void interleave(const std::uint8_t* planes, std::uint8_t* pixels) {
  for (std::size_t i = 0; i < kCifarPlane; ++i) {
    pixels[3 * i] = planes[i];
    pixels[3 * i + 1] = planes[kCifarPlane + i];
    pixels[3 * i + 2] = planes[2 * kCifarPlane + i];
  }
}

class CifarSource final : public Source, public Reporting, public SharedFiles, public RecordKeys {
 public:
  CifarSource(std::vector<CifarFile> files, CifarFormat format, std::vector<std::uint8_t> labels,
              std::vector<std::string> names)
      : files_(std::move(files)), format_(format), labels_(std::move(labels)) {
    report_.class_names = names;
    report_.class_counts.resize(names.size());
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      ++report_.class_counts[labels_[i]];
      if (i == 0 || labels_[i] != labels_[i - 1]) ++report_.label_runs;
    }
    const auto classes = static_cast<std::int64_t>(names.size());
    outputs_ = cifar_outputs(classes, std::move(names));
  }

  std::uint64_t size() const override { return labels_.size(); }
  const std::vector<TensorDesc>& outputs() const override { return outputs_; }
  const SourceReport& report() const override { return report_; }
  std::vector<std::string> files() const override {
    std::vector<std::string> paths;
    for (const CifarFile& file : files_) paths.push_back(file.path);
    return paths;
  }
  const std::vector<std::string>& key_names() const override {
    static const std::vector<std::string> names = {"file"};
    return names;
  }
  /// The name of the file that holds the record: data_batch_1.bin.
  Status read_key(std::uint64_t index, std::size_t, std::string& value, Datum* label) const override {
    value = std::filesystem::path(file_with(index).path).filename().string();
    if (label != nullptr) label->set_label(labels_[index]);
    return {};
  }
  std::string locate(std::uint64_t index) const override {
    const CifarFile& file = file_with(index);
    return fmt::format("{}#{}", escape_name(file.path), index - file.first);
  }

  Status read(std::uint64_t index, std::span<Datum* const> out) const override {
    if (out[1] != nullptr) out[1]->set_label(labels_[index]);
    if (out[0] == nullptr) return {};
    const CifarFile& file = file_with(index);
    std::array<std::uint8_t, kCifarPixels> planes{};
    const std::uint64_t at = (index - file.first) * format_.record_bytes() + format_.labels;
    if (!read_at(file.file.get(), std::as_writable_bytes(std::span(planes)), at)) {
      Error error = read_error(file.path, errno, "the file has become shorter since it was opened").value();
      if (error.code != ErrorCode::Failed) error.code = ErrorCode::BadRecord;
      error.file = locate(index);
      return fail(std::move(error));
    }
    std::byte* to = out[0]->allocate(DType::U8, {kCifarSide, kCifarSide, 3}, Layout::HWC);
    interleave(planes.data(), reinterpret_cast<std::uint8_t*>(to));
    return {};
  }

 private:
  [[nodiscard]] const CifarFile& file_with(std::uint64_t index) const {
    return *std::upper_bound(files_.begin(), files_.end(), index,
                             [](std::uint64_t i, const CifarFile& file) { return i < file.end; });
  }

  std::vector<CifarFile> files_;
  CifarFormat format_;
  std::vector<std::uint8_t> labels_;  ///< one byte a record, so that a label costs no read
  SourceReport report_{};
  std::vector<TensorDesc> outputs_{};
};

struct Cifar10 {
  struct Params {
    std::string folder{};
    std::vector<std::string> files = {"data_batch_*.bin", "train.bin"};
    std::string format = "auto";
    std::string labels = "fine";
  };

  static NodeSpec spec() {
    return node<Cifar10>("cifar10", 1, "CIFAR", "Pictures and labels in the binary format of CIFAR-10 and CIFAR-100.")
        .help(
            "Reads the files of cifar-10-binary.tar.gz or cifar-100-binary.tar.gz, unpacked: records of one label byte "
            "(CIFAR-100: two) and 32 x 32 pixels in three planes. The training files are read where files is left as "
            "it is; test_batch.bin or test.bin make the validation data in a second source.\n\n"
            "Names of classes come from batches.meta.txt, fine_label_names.txt or coarse_label_names.txt beside the "
            "files, where that has enough of them; else classes are called by their number. Pictures need no decode.")
        .out("image", Kind::Image, "One picture of 32 x 32 pixels, 8 bits a channel.")
        .out("label", Kind::Label, "Its class.")
        .folder("folder", &Params::folder, "The folder that holds the .bin files.")
        .list("files", &Params::files, {.items = ItemKind::Pattern, .least = 1, .most = 64, .item_text = "file"},
              "Which files of it are read, by name: data_batch_*.bin.")
        .choice("format", &Params::format, {"auto", "cifar10", "cifar100"},
                "One label in front of each picture, or two; auto: by the size of the files.")
        .choice("labels", &Params::labels, {"fine", "coarse"}, "Of CIFAR-100: the 100 classes, or their 20 groups.")
        .only_if("format", {"auto", "cifar100"})
        .fixture(write_fixture);
  }

  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs) {
    return cifar_outputs(Dim::symbol("classes"), {});
  }

  static Result<std::unique_ptr<Source>> open(const Params& params, const SourceContext& context) {
    auto names = matching_files(params);
    if (!names) return fail(std::move(names.error()));
    std::vector<CifarFile> files;
    std::vector<std::uint64_t> sizes;
    for (const std::string& name : *names) {
      FileFacts facts;
      CifarFile file{.path = (std::filesystem::path(params.folder) / name).string()};
      auto opened = open_file(file.path, &facts);
      if (!opened) return fail(std::move(opened.error()).at_parameter("folder"));
      file.file = std::move(*opened);
      files.push_back(std::move(file));
      sizes.push_back(facts.size);
    }
    const auto format = format_of(params, files, sizes);
    if (!format) return fail(Error(format.error()).at_parameter("folder"));
    std::uint64_t records = 0;
    for (std::size_t i = 0; i < files.size(); ++i) {
      files[i].first = records;
      files[i].end = records += sizes[i] / format->record_bytes();
    }
    auto labels = read_labels(files, *format, context);
    if (!labels) return fail(std::move(labels.error()).at_parameter("folder"));
    const std::size_t classes = std::size_t{*std::max_element(labels->begin(), labels->end())} + 1;
    auto class_names = names_of(params.folder, *format, classes);
    return std::make_unique<CifarSource>(std::move(files), *format, std::move(*labels), std::move(class_names));
  }

 private:
  static Result<std::vector<std::string>> matching_files(const Params& params) {
    std::vector<std::string> found;
    std::error_code error;
    std::size_t seen = 0;
    for (std::filesystem::directory_iterator at(params.folder, error), end; !error && at != end; at.increment(error)) {
      const std::string name = at->path().filename().string();
      const bool wanted = std::any_of(params.files.begin(), params.files.end(), [&](const std::string& pattern) {
        return ::fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) == 0;
      });
      if (wanted) found.push_back(name);
      if (++seen > kMostCifarFiles) break;
    }
    if (error) {
      Error fault = fail_errno(params.folder, "the folder cannot be read", error.value()).value();
      return fail(std::move(fault).at_parameter("folder"));
    }
    if (found.empty())
      return fail(Error{.reason = "no file there is called like " + params.files.front(),
                        .remedy = "Choose the folder with data_batch_1.bin, or name its files",
                        .parameter = "files",
                        .file = escape_name(params.folder)});
    std::sort(found.begin(), found.end());
    return found;
  }

  static Result<CifarFormat> format_of(const Params& params, const std::vector<CifarFile>& files,
                                       const std::vector<std::uint64_t>& sizes) {
    const CifarFormat one{};
    const CifarFormat two{.labels = 2, .label = params.labels == "coarse" ? std::size_t{0} : std::size_t{1}};
    std::vector<CifarFormat> tried;
    if (params.format != "cifar100") tried.push_back(one);
    if (params.format != "cifar10") tried.push_back(two);
    for (const CifarFormat& format : tried)
      if (std::all_of(sizes.begin(), sizes.end(),
                      [&](std::uint64_t size) { return size > 0 && size % format.record_bytes() == 0; }))
        return format;
    for (std::size_t i = 0; i < files.size(); ++i)
      if (const std::size_t bytes = tried.front().record_bytes(); sizes[i] == 0 || sizes[i] % bytes != 0)
        return fail_file(files[i].path,
                         fmt::format("no CIFAR file: its {} bytes are no whole records of {} bytes", sizes[i], bytes),
                         "Choose files of the binary version, unpacked, or download them again");
    return fail_file(files.front().path, "its files differ in format", "Name files of one format");
  }

  static Result<std::vector<std::uint8_t>> read_labels(const std::vector<CifarFile>& files, const CifarFormat& format,
                                                       const SourceContext& context) {
    std::vector<std::uint8_t> labels;
    labels.reserve(static_cast<std::size_t>(files.back().end));
    for (const CifarFile& file : files)
      for (std::uint64_t i = file.first; i < file.end; ++i) {
        std::byte label{};
        if (i % 4096 == 0 && context.stop.stop_requested()) return fail_cancelled();
        if (!read_at(file.file.get(), {&label, 1}, (i - file.first) * format.record_bytes() + format.label))
          return read_error(file.path, errno, "the file became shorter while it was read");
        labels.push_back(std::to_integer<std::uint8_t>(label));
      }
    return labels;
  }

  /// A name a line; those after the classes that there are count too, a list that is too short does not.
  static std::vector<std::string> names_of(const std::string& folder, const CifarFormat& format, std::size_t classes) {
    constexpr std::uint64_t kLongest = 64 << 10;
    const char* name = format.labels == 1  ? "batches.meta.txt"
                       : format.label == 0 ? "coarse_label_names.txt"
                                           : "fine_label_names.txt";
    std::vector<std::string> names;
    FileFacts facts;
    const auto file = open_file((std::filesystem::path(folder) / name).string(), &facts);
    if (file && facts.size > 0 && facts.size <= kLongest) {
      std::string text(static_cast<std::size_t>(facts.size), '\0');
      if (read_at(file->get(), std::as_writable_bytes(std::span(text)), 0))
        for (std::size_t at = 0; at < text.size();) {
          const std::size_t end = std::min(text.find('\n', at), text.size());
          std::string line = text.substr(at, end - at);
          if (line.ends_with('\r')) line.pop_back();
          if (!line.empty()) names.push_back(escape_name(line));
          at = end + 1;
        }
    }
    if (names.size() >= classes && names.size() <= 256) return names;
    names.clear();
    for (std::size_t i = 0; i < classes; ++i) names.push_back(std::to_string(i));
    return names;
  }

  static ParamMap write_fixture(const std::filesystem::path& folder) {
    for (const int part : {1, 2}) {
      std::vector<std::uint8_t> bytes;
      for (int record = 0; record < 3; ++record) {
        bytes.push_back(static_cast<std::uint8_t>((record + part) % 3));
        for (std::size_t i = 0; i < kCifarPixels; ++i)
          bytes.push_back(static_cast<std::uint8_t>(i * 7 + static_cast<std::size_t>(record * 50 + part)));
      }
      (void)write_atomically(folder / fmt::format("data_batch_{}.bin", part), std::as_bytes(std::span(bytes)));
    }
    return {{"folder", folder.string()}};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Cifar10)
