// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/plain_text.h"
#include "nodes/preprocess/codec/codec.h"
#include "nodes/source/archive_index.h"
#include "schema/node_builder.h"
#include "schema/record_keys.h"
#include "schema/shared_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace feedline::inline nodes {
namespace {

constexpr std::array<std::string_view, 3> kArchiveLayouts = {"auto", "class_folders", "groups"};

std::vector<TensorDesc> archive_outputs(Dim classes, std::vector<std::string> names, bool texts) {
  std::vector<TensorDesc> outputs = {
      {.kind = Kind::Encoded, .dtype = DType::U8, .shape = {Dim::symbol("bytes")}},
      {.kind = Kind::Label, .dtype = DType::I64, .classes = std::move(classes), .class_names = std::move(names)}};
  if (texts) outputs.push_back({.kind = Kind::Text, .dtype = DType::U8, .shape = {Dim::symbol("bytes")}});
  return outputs;
}

class ArchiveSource final : public Source, public Reporting, public SharedFiles, public RecordKeys {
 public:
  ArchiveSource(std::string path, OpenArchive archive, ArchiveIndex index, bool texts)
      : path_(std::move(path)), archive_(std::move(archive)), index_(std::move(index)) {
    const std::vector<std::string>& names = index_.report().class_names;
    outputs_ = archive_outputs(static_cast<std::int64_t>(names.size()), names, texts);
  }

  std::uint64_t size() const override { return index_.size(); }
  const std::vector<TensorDesc>& outputs() const override { return outputs_; }
  const SourceReport& report() const override { return index_.report(); }
  std::vector<std::string> files() const override { return {path_}; }
  std::string locate(std::uint64_t index) const override {
    return fmt::format("{}#{}", escape_name(path_), escape_name(index_.name(index)));
  }

  Status read(std::uint64_t index, std::span<Datum* const> out) const override {
    Status done = read_parts(index_[index], out);
    if (!done) done.error().file = locate(index);
    return done;
  }

  const std::vector<std::string>& key_names() const override {
    static const std::vector<std::string> names = {"folder"};
    return names;
  }
  /// The folder of the picture within the archive.
  Status read_key(std::uint64_t index, std::size_t, std::string& value, Datum* label) const override {
    const std::string_view name = index_.name(index);
    const std::size_t end = name.rfind('/');
    value.assign(name.substr(0, end == std::string_view::npos ? 0 : end));
    if (label == nullptr) return {};
    std::vector<Datum*> out(outputs_.size(), nullptr);
    out[1] = label;
    return read(index, out);
  }

 private:
  Status read_parts(const ArchiveIndex::Record& record, std::span<Datum* const> out) const {
    if (out[1] != nullptr) {
      if (record.label < 0)
        return fail_record("its group has no .cls member that can be read", "Add one that holds its class");
      out[1]->set_label(record.label);
    }
    if (out.size() > 2 && out[2] != nullptr) {
      if (record.text == 0) return fail_record("its group has no .txt member", "Add one, or switch texts off");
      const MemberPlace& text = index_.text(record);
      if (text.size == 0) {
        out[2]->set_bytes("");
      } else if (Status done = read_member(archive_.file, path_, text, *out[2]); !done) {
        return done;
      }
    }
    if (out[0] == nullptr) return {};
    return read_member(archive_.file, path_, record.picture, *out[0]);
  }

  std::string path_;
  OpenArchive archive_;
  ArchiveIndex index_;
  std::vector<TensorDesc> outputs_{};
};

/// A member of a tar file, for the fixture.
void append_to_tar(std::string& tar, const std::string& name, std::string_view content) {
  std::array<char, 512> header{};
  const auto put = [&](std::size_t at, const std::string& text) { text.copy(header.data() + at, text.size()); };
  put(0, name);
  put(100, "0000644");
  put(124, fmt::format("{:011o}", content.size()));
  put(136, "00000000000");
  put(148, "        ");
  header[156] = '0';
  put(257, "ustar");
  put(263, "00");
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put(148, fmt::format("{:06o}", sum));
  header[154] = '\0';
  tar.append(header.data(), header.size()).append(content);
  tar.append((512 - content.size() % 512) % 512, '\0');
}

struct Archive {
  struct Params {
    std::string file{};
    std::string layout = "auto";
    std::string inside{};
    bool texts = false;
  };

  static NodeSpec spec() {
    return node<Archive>("archive", 1, "Archive", "Pictures in a tar or zip file, which is never unpacked.")
        .help(
            "Reads .tar and .zip files (stored or deflated members) in place: their directory is read once and kept in "
            "the cache folder, a picture when it is its turn. A .tar.gz or .tgz file, which can only be read from "
            "front to back, is unpacked to a tar file in the cache folder first.\n\n"
            "Class folders: flowers/daisy/1.jpg is a record of class daisy; folders that all pictures have in common, "
            "such as flowers, are passed over. Groups, as WebDataset writes them: members of one name that follow each "
            "other, such as 0001.jpg, 0001.cls and 0001.txt, are one record; .cls holds the number or the name of its "
            "class. An archive with folders train and test is opened twice, with inside set to one of them each.\n\n"
            "A member that is truncated, damaged, encrypted or far larger than it can be is a bad record. An archive "
            "with names that lead out of it is refused.")
        .file("file", &Params::file, "The archive: .tar, .zip, .tar.gz or .tgz.")
        .choice("layout", &Params::layout, {kArchiveLayouts.begin(), kArchiveLayouts.end()},
                "Class folders, or groups of members with one name; auto: groups if there are .cls members.")
        .param("inside", &Params::inside,
               "Folder within the archive whose pictures are read, such as data/train; empty: all.")
        .param("texts", &Params::texts, "Give each record the text of its .txt member too.")
        .fixture(write_fixture);
  }

  static NodePorts ports(const Params& params) {
    NodePorts ports;
    ports.outputs.push_back(
        {.name = "file", .kind = Kind::Encoded, .doc = "The bytes of one picture: connect it to decode."});
    ports.outputs.push_back({.name = "label", .kind = Kind::Label, .doc = "Its class folder, or its .cls member."});
    if (params.texts) ports.outputs.push_back({.name = "text", .kind = Kind::Text, .doc = "Its .txt member."});
    return ports;
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs) {
    return archive_outputs(Dim::symbol("classes"), {}, params.texts);
  }

  static Result<std::unique_ptr<Source>> open(const Params& params, const SourceContext& context) {
    FileFacts facts;
    auto archive = open_archive(params.file, facts, context);
    if (!archive) return fail(std::move(archive.error()).at_parameter("file"));
    const auto layout = std::find(kArchiveLayouts.begin(), kArchiveLayouts.end(), params.layout);
    const ArchiveSettings settings{.layout = static_cast<ArchiveLayout>(layout - kArchiveLayouts.begin()),
                                   .inside = unescape_name(params.inside),
                                   .texts = params.texts};
    auto index = ArchiveIndex::open(*archive, params.file, facts, settings, context);
    if (!index) return fail(std::move(index.error()).at_parameter("file"));
    return std::make_unique<ArchiveSource>(params.file, std::move(*archive), std::move(*index), params.texts);
  }

 private:
  static ParamMap write_fixture(const std::filesystem::path& folder) {
    std::string tar;
    append_to_tar(tar, "things/README.md", "Not a picture.");
    std::vector<std::uint8_t> pixels(std::size_t{20} * 16 * 3);
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i * 5);
    for (const char* name : {"things/cups/a.jpg", "things/cups/b.jpeg", "things/pots/old/c.jpg", "things/pots/d.jpg"}) {
      pixels[0] = static_cast<std::uint8_t>(pixels[0] + 40);
      if (const auto bytes = codec::encode_jpeg(pixels.data(), 20, 16, 3, 90))
        append_to_tar(tar, name, {reinterpret_cast<const char*>(bytes->data()), bytes->size()});
    }
    tar.append(1024, '\0');
    (void)write_atomically(folder / "things.tar", std::as_bytes(std::span(tar)));
    return {{"file", (folder / "things.tar").string()}};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Archive)
