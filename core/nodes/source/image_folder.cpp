// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/plain_text.h"
#include "nodes/preprocess/codec/codec.h"
#include "nodes/source/example_files.h"
#include "nodes/source/file_io.h"
#include "nodes/source/folder_index.h"
#include "schema/node_builder.h"
#include "schema/own_files.h"

namespace feedline::inline nodes {
namespace {

std::vector<TensorDesc> file_and_label(Dim classes, std::vector<std::string> names) {
  return {{.kind = Kind::Encoded, .dtype = DType::U8, .shape = {Dim::symbol("bytes")}},
          {.kind = Kind::Label, .dtype = DType::I64, .classes = std::move(classes), .class_names = std::move(names)}};
}

class FolderSource final : public Source, public OwnFiles, public Reporting {
 public:
  explicit FolderSource(FolderIndex index) : index_(std::move(index)) {
    std::vector<std::string> names = index_.report().class_names;
    const auto count = static_cast<std::int64_t>(names.size());
    outputs_ = file_and_label(count, std::move(names));
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
    return read_whole(index_.path(index), *out[0], facts);
  }

 private:
  FolderIndex index_;
  std::vector<TensorDesc> outputs_{};
};

struct ImageFolder {
  struct Params {
    std::string folder{};
    std::string classes = "with_pictures";
  };

  static NodeSpec spec() {
    return node<ImageFolder>("image_folder", 1, "Image folder", "Picture files, one sub-folder per class.")
        .help(
            "Reads a folder in which each sub-folder is a class and holds its pictures: flowers/daisy/1.jpg, "
            "flowers/roses/7.png. Nested sub-folders belong to the class above them. Files are jpg, jpeg, jfif, png, "
            "webp, gif, bmp, tif, tiff, avif, heic or heif; other files are passed over and reported by ending "
            "and class.\n\n"
            "Sub-folders without a picture are not classes, nor are folders of the system (__MACOSX, @eaDir, "
            "lost+found). The parent of train and val is refused, since its sub-folders are parts of a data set: "
            "choose each of them in a source of its own. With classes set to all, every sub-folder is a class, also an "
            "empty one or one that is called train. With classes set to none, all pictures of the folder and of those "
            "in it are records that nobody has labelled: for quarter_turn, and for data that a model is only asked "
            "about.\n\n"
            "~/pictures and file:///home/me/pictures can be given as well. Bytes of a name that are not valid "
            "UTF-8 are shown as \\xHH, and can be given in this form.\n\n"
            "Only the list of names is kept in memory. A file is read when its record is needed; one that has vanished "
            "or "
            "cannot be read is left out of its batch, counted and named.\n\nexample:pictures is a small set that "
            "Feedline "
            "paints "
            "itself.")
        .out("file", Kind::Encoded, "The bytes of one file: connect it to decode.")
        .out("label", Kind::Label, "The class of its sub-folder, counted in the order of their names.")
        .folder("folder", &Params::folder, "The folder that holds the class folders.")
        .choice("classes", &Params::classes, {"with_pictures", "all", "none"},
                "Which sub-folders are classes: those that hold a picture, all, or none.")
        .fixture(write_fixture);
  }

  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs) {
    return file_and_label(Dim::symbol("classes"), {});
  }

  static Result<std::unique_ptr<Source>> open(const Params& params, const SourceContext& context) {
    const auto folder = example_or_path(params.folder, context);
    if (!folder) return fail(Error(folder.error()).at_parameter("folder"));
    using Classes = FolderIndex::Classes;
    const Classes classes = params.classes == "all"    ? Classes::All
                            : params.classes == "none" ? Classes::None
                                                       : Classes::WithPictures;
    auto index = FolderIndex::scan(*folder, classes, context);
    if (!index) return fail(std::move(index.error()).at_parameter("folder"));
    return std::make_unique<FolderSource>(std::move(*index));
  }

 private:
  static ParamMap write_fixture(const std::filesystem::path& folder) {
    std::vector<std::uint8_t> pixels(std::size_t{20} * 16 * 3);
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i * 7);
    for (const char* name :
         {"pictures/cats/a.jpg", "pictures/cats/b.JPEG", "pictures/dogs/old/c.jpg", "pictures/dogs/d.jpg"}) {
      pixels[0] = static_cast<std::uint8_t>(pixels[0] + 40);
      const auto path = folder / name;
      std::filesystem::create_directories(path.parent_path());
      if (const auto bytes = codec::encode_jpeg(pixels.data(), 20, 16, 3, 90)) (void)write_atomically(path, *bytes);
    }
    return {{"folder", (folder / "pictures").string()}};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(ImageFolder)
