// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/machine_fault.h"
#include "base/plain_text.h"
#include "nodes/source/file_io.h"
#include "nodes/source/folder_index.h"
#include "nodes/source/table/text_encoding.h"
#include "nodes/source/text_line_file.h"
#include "schema/node_builder.h"
#include "schema/own_files.h"

#include <fmt/format.h>

#include <cerrno>

namespace feedline::inline nodes {
namespace {

constexpr std::uint64_t kLargestText = std::uint64_t{16} << 20;

class TextFolderSource final : public Source, public OwnFiles, public Reporting {
 public:
  TextFolderSource(FolderIndex index, std::string encoding) : index_(std::move(index)), encoding_(std::move(encoding)) {
    std::vector<std::string> names = index_.report().class_names;
    const auto count = static_cast<std::int64_t>(names.size());
    outputs_ = text_and_label(count, std::move(names));
  }

  std::uint64_t size() const override { return index_.size(); }
  const std::vector<TensorDesc>& outputs() const override { return outputs_; }
  std::string locate(std::uint64_t index) const override { return escape_name(index_.path(index)); }
  std::string file_of(std::uint64_t index) const override { return index_.path(index); }
  const SourceReport& report() const override { return index_.report(); }

  Status read(std::uint64_t index, std::span<Datum* const> out) const override {
    FileFacts facts;
    return read_with_facts(index, out, facts);
  }
  Status read_with_facts(std::uint64_t index, std::span<Datum* const> out, FileFacts& facts) const override {
    if (out[1] != nullptr) out[1]->set_label(index_.label(index));
    if (out[0] == nullptr) return {};
    const std::string path = index_.path(index);
    Status done = read_text(path, *out[0], facts);
    if (done) return done;
    if (!is_machine_fault(done.error())) done.error().code = ErrorCode::BadRecord;
    return fail(std::move(done.error()).in_file(escape_name(path)));
  }

 private:
  Status read_text(const std::string& path, Datum& out, FileFacts& facts) const {
    const auto file = open_file(path, &facts);
    if (!file) return fail(file.error());
    if (facts.size > kLargestText)
      return fail(fmt::format("a text of more than {} MiB", kLargestText >> 20), "Cut it into several files");
    thread_local std::string bytes;
    bytes.resize(static_cast<std::size_t>(facts.size));
    if (!read_at(file->get(), std::as_writable_bytes(std::span(bytes)), 0))
      return read_error(path, errno, "the file became shorter while it was read");
    const EncodingGuess guess = guess_encoding(bytes);
    if (encoding_ == "auto" && (!guess.is_text || !guess.packed.empty()))
      return fail("the file holds no text", "Move it out of the folder, or name its encoding");
    const std::string& from = encoding_ == "auto" ? guess.name : encoding_;
    if (from.empty() || from == kUtf8) {
      out.set_bytes(std::string_view(bytes).substr(guess.name.empty() ? guess.mark : 0));
      return {};
    }
    return convert(std::string_view(bytes).substr(from == guess.name ? guess.mark : 0), from, out);
  }

  static Status convert(std::string_view bytes, const std::string& encoding, Datum& out) {
    auto converter = Utf8Converter::make(encoding);
    if (!converter) return fail(std::move(converter.error()));
    std::string text;
    const ByteSink sink = [&](std::span<const std::byte> piece) -> Status {
      text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
      return {};
    };
    if (Status done = converter->take(std::as_bytes(std::span(bytes)), true, sink); !done) return done;
    out.set_bytes(text);
    return {};
  }

  FolderIndex index_;
  std::string encoding_;
  std::vector<TensorDesc> outputs_{};
};

ParamMap write_text_fixture(const std::filesystem::path& folder) {
  const auto put = [&](const char* name, std::string_view text) {
    const std::filesystem::path path = folder / "texts" / name;
    (void)make_folder(path.parent_path());
    (void)write_atomically(path, std::as_bytes(std::span(text)));
  };
  put("bad/1.txt", "Slow and dull.\n");
  put("good/1.txt", "Bright and quick.\n");
  put("good/2.txt", "Tr\xC3\xA8s bien.\n");
  put("good/old/3", "Fine.\n");
  return {{"folder", (folder / "texts").string()}};
}

struct TextFolder {
  struct Params {
    std::string folder{};
    std::string classes = "with_texts";
    std::string encoding = "auto";
  };

  static NodeSpec spec() {
    return node<TextFolder>("text_folder", 1, "Text folder", "Text files, one sub-folder per class.")
        .help(
            "Reads a folder in which each sub-folder is a class and holds its texts: reviews/good/1.txt, "
            "reviews/bad/2.txt. Nested sub-folders belong to the class above them. Files end in txt, text or md, or "
            "have no ending; others are passed over and reported. Folders of the system are no classes, and the parent "
            "of train and test is refused: choose each of them in a source of its own.\n\n"
            "Only the list of names is kept in memory. A file is read when its record is needed and made UTF-8; one "
            "that has vanished, holds no text or is larger than 16 MiB is left out of its batch, counted and named.")
        .out("text", Kind::Text, "The text of one file, UTF-8.")
        .out("label", Kind::Label, "The class of its sub-folder, counted in the order of their names.")
        .folder("folder", &Params::folder, "The folder that holds the class folders.")
        .choice("classes", &Params::classes, {"with_texts", "all"},
                "Which sub-folders are classes: those that hold a text, or all.")
        .param("encoding", &Params::encoding,
               "Name of the files' encoding, such as windows-1252; auto finds it out for each.")
        .fixture(write_text_fixture);
  }

  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs) {
    return text_and_label(Dim::symbol("classes"), {});
  }

  static Result<std::unique_ptr<Source>> open(const Params& params, const SourceContext& context) {
    if (params.encoding != "auto")
      if (auto known = Utf8Converter::make(params.encoding); !known) return fail(std::move(known.error()));
    const auto classes = params.classes == "all" ? FolderIndex::Classes::All : FolderIndex::Classes::WithPictures;
    auto index = FolderIndex::scan(params.folder, classes, context, kTextFiles);
    if (!index) return fail(std::move(index.error()).at_parameter("folder"));
    return std::make_unique<TextFolderSource>(std::move(*index), params.encoding);
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(TextFolder)
