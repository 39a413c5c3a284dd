// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/graph_file.h"

#include "base/embedded.h"
#include "base/user_path.h"
#include "cli/format.h"
#include "graph/override.h"
#include "schema/registry.h"

#include <algorithm>
#include <filesystem>

namespace feedline::cli {
namespace {

constexpr std::string_view kExtension = ".feedline";

std::string_view without_extension(std::string_view name) {
  return name.ends_with(kExtension) ? name.substr(0, name.size() - kExtension.size()) : name;
}

}  // namespace

std::vector<std::string> example_names() {
  std::vector<std::string> names;
  for (const EmbeddedFile& file : embedded_examples()) names.emplace_back(without_extension(file.name));
  return names;
}

Result<std::string_view> example_text(std::string_view name) {
  for (const EmbeddedFile& file : embedded_examples())
    if (without_extension(file.name) == without_extension(name)) return file.text;
  const std::vector<std::string> names = example_names();
  const std::string near = nearest_word(name, names);
  return fail("there is no example '" + std::string(name) + "'",
              near.empty() ? "Choose one of " + joined(names) : "Did you mean '" + near + "'?");
}

Result<Loaded> load_graph(const std::string& given) {
  const std::string file = user_path(given);
  if (file.empty())
    return fail("no graph file is given", "Give one, or an example: " + std::string(kExamplePrefix) +
                                              "quickstart (examples: " + joined(example_names()) + ")");
  if (file.starts_with(kExamplePrefix)) {
    const auto text = example_text(std::string_view(file).substr(kExamplePrefix.size()));
    if (!text) return fail(text.error());
    auto loaded = from_json(*text);
    if (!loaded) return fail(std::move(loaded.error()).in_file(file));
    return loaded;
  }

  auto loaded = load_document(file);
  if (loaded) return loaded;
  Error error = std::move(loaded.error()).in_file(file);
  std::error_code ignored;
  const std::vector<std::string> names = example_names();
  const std::string name(without_extension(std::filesystem::path(file).filename().string()));
  if (std::filesystem::exists(file, ignored)) return fail(std::move(error));
  const bool example = std::find(names.begin(), names.end(), name) != names.end();
  const bool bare = file == std::filesystem::path(file).filename();  // a word, not a path that somebody thought of
  const std::string near = example ? name : bare ? nearest_word(name, names) : std::string();
  if (!near.empty()) error.remedy = "Did you mean " + std::string(kExamplePrefix) + near + "? Else check the path";
  return fail(std::move(error));
}

std::string source_file(const std::string& file) {
  if (file.starts_with(kExamplePrefix)) return file;
  std::error_code error;
  const auto whole = std::filesystem::absolute(file, error);
  return error ? file : whole.lexically_normal().string();
}

std::filesystem::path node_folder(const std::string& file) {
  if (file.starts_with(kExamplePrefix)) return {};
  std::error_code error;
  const auto whole = std::filesystem::absolute(user_path(file), error);
  return error ? std::filesystem::path() : whole.lexically_normal().parent_path();
}

Status apply_overrides(Document& document, const std::vector<std::string>& assignments) {
  for (const std::string& assignment : assignments) {
    const auto edit = parse_override(document, assignment);
    if (!edit) return fail(edit.error());
    if (const auto applied = document.apply(*edit); !applied) return fail(applied.error());
  }
  return {};
}

}  // namespace feedline::cli
