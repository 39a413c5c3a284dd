// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/text_grammar.h"
#include "nodes/source/text_line_file.h"
#include "nodes/source/text_store.h"
#include "schema/node_builder.h"

#include <algorithm>
#include <filesystem>

namespace feedline::inline nodes {
namespace {

struct GeneratedTexts {
  struct Params {
    std::int64_t count = 4000;
    std::int64_t classes = 4;
    std::int64_t sentences = 3;
    double difficulty = 0.5;
    std::int64_t authors = 1;
    std::int64_t seed = 1;
  };

  static NodeSpec spec() {
    return node<GeneratedTexts>("generated_texts", 1, "Generated texts", "Short texts that Feedline writes itself.")
        .help(
            "A data set that needs no download: sentences of a small grammar on topics such as music, weather and "
            "finance, the class of each being its topic. On first use they are written to a text file in the cache "
            "folder, one a line; from then on it is read as text_lines reads a file of yours. The same parameters "
            "always give the same file.\n\n"
            "Raise the difficulty to mix in words of other topics, and the sentences to see what long texts cost. With "
            "several authors, each signs and mostly writes about one topic, so that a model may learn to know them "
            "instead: set split_by of the trainer to group and split_column to author to see how much of its accuracy "
            "that is.")
        .out("text", Kind::Text, "One text, UTF-8.")
        .out("label", Kind::Label, "Its topic.")
        .param("count", &Params::count, range(1, 10'000'000).ui(100, 100'000).unit("texts"),
               "How many texts there are.")
        .param("classes", &Params::classes, range(2, static_cast<double>(kTopicCount)),
               "How many topics there are, with equally many texts each.")
        .param("sentences", &Params::sentences, range(1, 1000).ui(1, 50).unit("sentences"),
               "The most that a text has; it has one at least.")
        .param("difficulty", &Params::difficulty, range(0, 1),
               "How many words belong to other topics: 0 is easy, 1 is hard.")
        .param("authors", &Params::authors, range(1, static_cast<double>(kMostAuthors)).ui(1, 100),
               "How many people write them; more than one sign their texts, and a split can keep each on one side.")
        .seed("seed", &Params::seed, "Another number gives other texts.")
        .fixture([](const std::filesystem::path&) {
          return ParamMap{{"authors", std::int64_t{4}}, {"classes", std::int64_t{3}}, {"count", std::int64_t{12}}};
        });
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs) {
    std::vector<std::string> names;
    const std::size_t topics = static_cast<std::size_t>(std::min(params.classes, params.count));
    for (std::size_t i = 0; i < topics; ++i) names.emplace_back(topic_name(i));
    return text_and_label(static_cast<std::int64_t>(topics), std::move(names));
  }

  static Result<std::unique_ptr<Source>> open(const Params& params, const SourceContext& context) {
    const auto file = written_texts({.count = static_cast<std::uint64_t>(params.count),
                                     .topics = static_cast<std::size_t>(params.classes),
                                     .sentences = static_cast<std::uint32_t>(params.sentences),
                                     .difficulty = params.difficulty,
                                     .seed = static_cast<std::uint32_t>(params.seed),
                                     .authors = static_cast<std::size_t>(params.authors)},
                                    context);
    if (!file) return fail(file.error());
    return open_text_lines(*file,
                           {.encoding = "utf-8",
                            .header = "no",
                            .groups = params.authors > 1 ? LineGroups::Column : LineGroups::None,
                            .group_name = "author"},
                           context);
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(GeneratedTexts)
