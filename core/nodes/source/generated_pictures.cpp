// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/file_io.h"
#include "nodes/source/picture_shapes.h"
#include "nodes/source/picture_store.h"
#include "schema/node_builder.h"
#include "schema/own_files.h"

namespace feedline::inline nodes {
namespace {

std::vector<TensorDesc> file_and_label(std::size_t classes) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < classes; ++i) names.emplace_back(shape_name(i));
  return {{.kind = Kind::Encoded, .dtype = DType::U8, .shape = {Dim::symbol("bytes")}},
          {.kind = Kind::Label,
           .dtype = DType::I64,
           .classes = static_cast<std::int64_t>(classes),
           .class_names = std::move(names)}};
}

class GeneratedSource final : public Source, public OwnFiles {
 public:
  explicit GeneratedSource(PictureStore store)
      : store_(std::move(store)), outputs_(file_and_label(store_.recipe().classes)) {}

  std::uint64_t size() const override { return store_.recipe().count; }
  const std::vector<TensorDesc>& outputs() const override { return outputs_; }
  std::string locate(std::uint64_t index) const override { return store_.path(index); }
  std::string file_of(std::uint64_t index) const override { return store_.path(index); }

  Status read(std::uint64_t index, std::span<Datum* const> out) const override {
    FileFacts facts;
    return read_with_facts(index, out, facts);
  }
  Status read_with_facts(std::uint64_t index, std::span<Datum* const> out, FileFacts& facts) const override {
    if (out[1] != nullptr) out[1]->set_label(static_cast<std::int64_t>(index % store_.recipe().classes));
    if (out[0] == nullptr) return {};
    auto status = read_whole(store_.path(index), *out[0], facts);
    if (!status) status.error().remedy = "Delete its folder: the pictures are then painted again";
    return status;
  }

 private:
  PictureStore store_;
  std::vector<TensorDesc> outputs_;
};

struct GeneratedPictures {
  struct Params {
    std::int64_t count = 4000;
    std::int64_t size = 128;
    std::int64_t classes = 8;
    std::int64_t quality = 85;
    double difficulty = 0.5;
    std::int64_t seed = 1;
  };

  static NodeSpec spec() {
    return node<GeneratedPictures>("generated_pictures", 1, "Generated pictures",
                                   "Shapes and letters that Feedline paints itself.")
        .help(
            "A data set that needs no download: stars, hearts, arrows, letters and more, turned and tinted at random, "
            "over cluttered backgrounds with noise. On first use the pictures are painted and stored as JPEG files in "
            "the cache folder; from then on they are read and decoded like any photo. The same parameters always give "
            "the same "
            "files.\n\n"
            "Raise the size to see what decoding costs, the difficulty to give the model more to do.")
        .out("file", Kind::Encoded, "The bytes of one JPEG file: connect it to decode.")
        .out("label", Kind::Label, "Which shape it shows.")
        .param("count", &Params::count, range(1, 10'000'000).ui(100, 20'000).unit("pictures"),
               "How many pictures there are.")
        .param("size", &Params::size, range(16, 2048).ui(32, 512).unit("px"), "Width and height of each picture.")
        .param("classes", &Params::classes, range(2, static_cast<double>(kShapeCount)),
               "How many different shapes there are, with equally many pictures each.")
        .param("quality", &Params::quality, range(1, 100).ui(50, 95), "JPEG quality: lower is smaller and blurs more.")
        .param("difficulty", &Params::difficulty, range(0, 1), "Clutter, noise and turning: 0 is easy, 1 is hard.")
        .seed("seed", &Params::seed, "Another number gives other pictures.")
        .fixture([](const std::filesystem::path&) {
          return ParamMap{{"count", std::int64_t{12}}, {"size", std::int64_t{32}}, {"classes", std::int64_t{3}}};
        });
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs) {
    return file_and_label(static_cast<std::size_t>(params.classes));
  }

  static Result<std::unique_ptr<Source>> open(const Params& params, const SourceContext& context) {
    const PictureRecipe recipe{.count = static_cast<std::uint64_t>(params.count),
                               .classes = static_cast<std::size_t>(params.classes),
                               .quality = static_cast<int>(params.quality),
                               .seed = static_cast<std::uint32_t>(params.seed),
                               .style = {.size = static_cast<int>(params.size), .difficulty = params.difficulty}};
    PictureStore store(cache_folder_or_default(context.cache_folder) / "generated" / recipe.key(), recipe);
    if (auto done = store.complete(context); !done) return fail(std::move(done.error()));
    return std::make_unique<GeneratedSource>(std::move(store));
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(GeneratedPictures)
