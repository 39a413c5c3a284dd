// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/text_store.h"

#include "nodes/source/file_io.h"
#include "nodes/source/text_grammar.h"

#include <fmt/format.h>

#include <filesystem>
#include <span>
#include <string_view>

namespace feedline::inline nodes {
namespace {

/// The random numbers of generated texts are keyed apart from those of any node of a graph.
constexpr std::uint32_t kGrammarStream = 0x74657874;
constexpr std::uint32_t kAuthorStream = 0x61757468;
constexpr std::size_t kWrittenPiece = std::size_t{1} << 20;

Status write_texts(const TextRecipe& recipe, const std::filesystem::path& file, const SourceContext& context) {
  FileInMaking out(file);
  if (Status started = out.start(); !started) return started;
  const auto write = [&](std::string_view text) { return out.write(std::as_bytes(std::span(text))); };
  std::string lines;
  for (std::uint64_t i = 0; i < recipe.count; ++i) {
    if (i % 256 == 0) {
      if (context.stop.stop_requested()) return fail_cancelled();
      if (context.progress)
        context.progress(fmt::format("Writing {} texts", recipe.count),
                         static_cast<double>(i) / static_cast<double>(recipe.count));
    }
    const std::size_t topic = static_cast<std::size_t>(i % recipe.topics);
    Rng rng(recipe.seed, 0, i, kGrammarStream);
    const auto text = [&](std::uint32_t sentences) {
      return write_topic_text(topic, recipe.topics, sentences, recipe.difficulty, rng);
    };
    if (recipe.table) {  // the grammar has no quotes
      const std::string title = text(1);
      lines += fmt::format("\"{}\",\"{}\",\"{}\"\n", topic + 1, title, text(recipe.sentences));
    } else if (recipe.authors > 1) {
      Rng drawn(recipe.seed, 0, i, kAuthorStream);
      const std::string author = author_name(author_of_text(topic, recipe.topics, recipe.authors, drawn));
      lines += fmt::format("{0}\t{1}\t{2} Yours, {1}.\n", topic_name(topic), author, text(recipe.sentences));
    } else {
      lines += fmt::format("{}\t{}\n", topic_name(topic), text(recipe.sentences));
    }
    if (lines.size() < kWrittenPiece) continue;
    if (Status written = write(lines); !written) return written;
    lines.clear();
  }
  if (Status written = write(lines); !written) return written;
  return out.keep();
}

}  // namespace

Result<std::string> written_texts(const TextRecipe& recipe, const SourceContext& context) {
  std::string key = fmt::format("v{}|{}|{}|{}|{}|{}|{:.6f}", kGrammarVersion, recipe.table, recipe.count, recipe.topics,
                                recipe.seed, recipe.sentences, recipe.difficulty);
  if (recipe.authors > 1) key += fmt::format("|authors 1|{}", recipe.authors);
  const std::filesystem::path file =
      cache_folder_or_default(context.cache_folder) / "generated" /
      fmt::format("{}-texts-{}.{}", recipe.count, fingerprint(key), recipe.table ? "csv" : "tsv");
  std::error_code missing;
  if (std::filesystem::is_regular_file(file, missing)) return file.string();
  if (context.make_nothing) return fail_cancelled();
  if (Status written = write_texts(recipe, file, context); !written) return fail(std::move(written.error()));
  return file.string();
}

}  // namespace feedline::inline nodes
