// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/file_io.h"
#include "nodes/source/text_grammar.h"
#include "nodes/source/text_line_file.h"
#include "schema/node_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace feedline::inline nodes {
namespace {

/// The random numbers of generated texts are keyed apart from those of any node of a graph.
constexpr std::uint32_t kGrammarStream = 0x74657874;
const TextLineRules kGeneratedRules{.encoding = "utf-8", .label_last = false, .header = "no"};

struct GeneratedTexts {
  struct Params {
    std::int64_t count = 4000;
    std::int64_t classes = 4;
    std::int64_t sentences = 3;
    double difficulty = 0.5;
    std::int64_t seed = 1;
  };

  static NodeSpec spec() {
    return node<GeneratedTexts>("generated_texts", 1, "Generated texts", "Short texts that Feedline writes itself.")
        .help(
            "A data set that needs no download: sentences of a small grammar on topics such as music, weather and "
            "finance, the class of each being its topic. On first use they are written to a text file in the cache "
            "folder, one a line; from then on it is read as text_lines reads a file of yours. The same parameters "
            "always give the same file.\n\n"
            "Raise the difficulty to mix in words of other topics, and the sentences to see what long texts cost.")
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
        .seed("seed", &Params::seed, "Another number gives other texts.")
        .fixture([](const std::filesystem::path&) {
          return ParamMap{{"count", std::int64_t{12}}, {"classes", std::int64_t{3}}};
        });
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs) {
    std::vector<std::string> names;
    const std::size_t topics = static_cast<std::size_t>(std::min(params.classes, params.count));
    for (std::size_t i = 0; i < topics; ++i) names.emplace_back(topic_name(i));
    return text_and_label(static_cast<std::int64_t>(topics), std::move(names));
  }

  static Result<std::unique_ptr<Source>> open(const Params& params, const SourceContext& context) {
    const std::filesystem::path folder = cache_folder_or_default(context.cache_folder) / "generated";
    const std::string recipe = fmt::format("v{}|{}|{}|{}|{}|{:.6f}", kGrammarVersion, params.count, params.classes,
                                           params.seed, params.sentences, params.difficulty);
    const std::filesystem::path file = folder / fmt::format("{}-texts-{}.tsv", params.count, fingerprint(recipe));
    std::error_code missing;
    if (!std::filesystem::is_regular_file(file, missing))
      if (Status written = write(params, file, context); !written) return fail(std::move(written.error()));
    return open_text_lines(file.string(), kGeneratedRules, context);
  }

 private:
  /// The file appears complete or not at all.
  static Status write(const Params& params, const std::filesystem::path& file, const SourceContext& context) {
    if (Status made = make_folder(file.parent_path()); !made) return made;
    constexpr std::size_t kPiece = std::size_t{1} << 20;
    const std::filesystem::path temporary = temporary_beside(file);
    std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
    const auto topics = static_cast<std::size_t>(params.classes);
    std::string lines;
    for (std::int64_t i = 0; i < params.count && out; ++i) {
      if (i % 256 == 0) {
        if (context.stop.stop_requested()) return fail_without(temporary, fail_cancelled());
        if (context.progress)
          context.progress(fmt::format("Writing {} texts", params.count),
                           static_cast<double>(i) / static_cast<double>(params.count));
      }
      const std::size_t topic = static_cast<std::size_t>(i) % topics;
      Rng rng(static_cast<std::uint64_t>(params.seed), 0, static_cast<std::uint64_t>(i), kGrammarStream);
      lines += topic_name(topic);
      lines += '\t';
      lines += write_topic_text(topic, topics, static_cast<std::uint32_t>(params.sentences), params.difficulty, rng);
      lines += '\n';
      if (lines.size() < kPiece) continue;
      out << lines;
      lines.clear();
    }
    out << lines;
    out.close();
    if (!out) return fail_without(temporary, write_error(errno, file));
    std::error_code error;
    std::filesystem::rename(temporary, file, error);
    if (error) return fail_without(temporary, write_error(error.value(), file));
    return {};
  }

  /// The error, behind the removal of what has been begun.
  static tl::unexpected<Error> fail_without(const std::filesystem::path& begun, tl::unexpected<Error> error) {
    std::error_code ignored;
    std::filesystem::remove(begun, ignored);
    return error;
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(GeneratedTexts)
