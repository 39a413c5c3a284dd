// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/folder_split.h"

#include "base/advice.h"
#include "base/file_names.h"
#include "base/plain_text.h"

#include <algorithm>
#include <filesystem>

namespace feedline::inline nodes {
namespace {

using Shapes = std::vector<SubfolderShape>;

/// Path of the first folder with this role; empty: none.
std::string part(const std::string& root, const Shapes& shapes, SplitRole role) {
  for (const SubfolderShape& shape : shapes)
    if (split_role(shape.name) == role) return escape_name((std::filesystem::path(root) / shape.name).string());
  return {};
}

DataParts parts(const std::string& root, const Shapes& shapes) {
  DataParts found{.training = part(root, shapes, SplitRole::Training),
                  .validation = part(root, shapes, SplitRole::Validation)};
  if (found.validation.empty()) found.validation = part(root, shapes, SplitRole::Test);
  return found;
}

bool is_split_parent(const Shapes& shapes) {
  Shapes named;
  std::copy_if(shapes.begin(), shapes.end(), std::back_inserter(named),
               [](const SubfolderShape& s) { return split_role(s.name) != SplitRole::None; });
  if (named.empty()) return false;
  const bool hold_classes = std::all_of(named.begin(), named.end(), [](const auto& s) { return s.holds_classes(); });
  if (named.size() == shapes.size()) return named.size() > 1 || hold_classes;
  const auto training = static_cast<std::size_t>(std::count_if(
      named.begin(), named.end(), [](const auto& s) { return split_role(s.name) == SplitRole::Training; }));
  return hold_classes && training > 0 && training < named.size();
}

Error refusal(const std::string& root, const Shapes& shapes, const DataParts& split) {
  std::string names;
  bool hold_classes = true;
  for (const SubfolderShape& shape : shapes) {
    if (split_role(shape.name) == SplitRole::None) continue;
    names += (names.empty() ? "'" : ", '") + escape_name(shape.name) + "'";
    hold_classes = hold_classes && shape.holds_classes();
  }
  Error error{.reason = "its sub-folders " + names + " are parts of a data set, not classes",
              .parameter = "folder",
              .file = escape_name(root)};
  const std::string& own = !split.training.empty() ? split.training : split.validation;
  if (!hold_classes) {
    error.remedy = "Choose a folder with one sub-folder per class";
  } else {
    error.remedy = "Choose '" + own + "' here";
    if (!split.training.empty() && !split.validation.empty())
      error.remedy += ", and '" + split.validation + "' in a second source for the trainer's validation" +
                      advice("", " (feedline-cli new --from '" + error.file + "' GRAPH NEW.feedline writes it so)");
  }
  error.remedy += "; or set classes to all if they really are classes";
  return error;
}

}  // namespace

void check_folder_split(const std::string& root, const Shapes& shapes, SourceReport& report) {
  if (is_split_parent(shapes)) {
    report.split = parts(root, shapes);
    report.refusal = refusal(root, shapes, *report.split);
    return;
  }
  if (shapes.size() != 1 || !shapes.front().holds_classes()) return;
  // The folder around the one that was meant: archives often unpack to flowers/flowers/daisy.
  const SubfolderShape& only = shapes.front();
  const std::string inner = (std::filesystem::path(root) / only.name).string();
  if (only.nested.size() > 1) report.deeper = escape_name(inner);
  Shapes below;
  for (const std::string& name : only.nested) below.push_back({.name = name, .nested = {name}});
  if (only.nested_direct || below.size() < 2 || !is_split_parent(below)) return;
  report.split = parts(inner, below);
  report.refusal = refusal(inner, below, *report.split);
}

}  // namespace feedline::inline nodes
