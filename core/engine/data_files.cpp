// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/data_files.h"

#include "base/file_names.h"
#include "base/lower_case.h"
#include "base/split_folders.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <initializer_list>
#include <string_view>
#include <system_error>

namespace feedline::inline engine {
namespace {

namespace fs = std::filesystem;

constexpr int kMostLooked = 2000;

bool named_like(std::string_view name, std::initializer_list<std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(), [&](std::string_view end) { return name.ends_with(end); });
}

std::string full_path(const fs::path& path) {
  std::error_code error;
  const fs::path whole = fs::absolute(path, error);
  return (error ? path : whole).lexically_normal().string();
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

/// The file beside it whose name has one of `others` where this one has `word`; empty: there is none.
fs::path counterpart(const fs::path& file, std::string_view word, std::initializer_list<std::string_view> others) {
  const std::string name = file.filename().string();
  const std::size_t at = lower_case(name).rfind(word);
  if (at == std::string::npos) return {};
  for (const std::string_view other : others) {
    std::string text(other);
    if (name[at] != lower_case(name[at]) && !text.empty() && text[0] >= 'a') text[0] = static_cast<char>(text[0] - 32);
    fs::path found = file.parent_path() / (name.substr(0, at) + text + name.substr(at + word.size()));
    if (is_file(found)) return found;
  }
  return {};
}

/// One file of a set that is divided into files: "adult-test.csv" beside "adult-train.csv".
StarterData one_file(const fs::path& file, std::string type, bool encoded) {
  StarterData data{.name = file.stem().string(), .type = std::move(type), .encoded = encoded};
  data.training["file"] = full_path(file);
  const fs::path other = counterpart(file, "train", {"val", "valid", "validation", "test"});
  if (!other.empty()) data.validation = ParamMap{{"file", full_path(other)}};
  return data;
}

/// The array of labels that goes with one of items, by the names that people give them.
fs::path labels_beside(const fs::path& file) {
  if (file.filename().string().ends_with(".npz")) return file;
  for (const auto& [items, labels] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"images", "labels"}, {"features", "labels"}, {"data", "labels"}, {"inputs", "targets"}, {"x", "y"}}) {
    fs::path found = counterpart(file, items, {labels});
    if (!found.empty()) return found;
  }
  return {};
}

StarterData array_file(const fs::path& file) {
  StarterData data = one_file(file, "npy", false);
  const auto add_labels = [](ParamMap& params) {
    const fs::path labels = labels_beside(std::get<std::string>(params.at("file")));
    if (!labels.empty()) params["labels"] = labels.string();
  };
  add_labels(data.training);
  if (data.validation) add_labels(*data.validation);
  if (data.validation && !data.validation->contains("labels")) data.validation.reset();
  return data;
}

bool is_cifar_name(std::string_view name) {
  return name.ends_with(".bin") && (name.starts_with("data_batch") || name.starts_with("test_batch") ||
                                    name == "train.bin" || name == "test.bin");
}

StarterData cifar_set(const fs::path& folder) {
  StarterData data{.name = folder.filename().string(), .type = "cifar10", .encoded = false};
  data.training["folder"] = full_path(folder);
  for (const char* test : {"test_batch.bin", "test.bin"})
    if (is_file(folder / test) && !data.validation) {
      data.validation = data.training;
      (*data.validation)["files"] = ValueList{std::string(test)};
    }
  return data;
}

enum class TextLook { Neither, Labelled, Table };

/// What a text without a telling name begins with: lines of a class, a tab and a text, or rows with equally many cells.
TextLook look_of_text(const fs::path& file) {
  std::array<char, 16384> head{};
  std::ifstream text(file, std::ios::binary);
  text.read(head.data(), head.size());
  std::string_view begin(head.data(), static_cast<std::size_t>(text.gcount()));
  if (!std::all_of(begin.begin(), begin.end(),
                   [](char c) { return static_cast<unsigned char>(c) >= 32 || c == '\t' || c == '\n' || c == '\r'; }))
    return TextLook::Neither;
  const bool tabbed = begin.substr(0, begin.find('\n')).find('\t') != std::string_view::npos;
  if (begin.size() == head.size()) begin = begin.substr(0, begin.rfind('\n'));  // the last line goes on
  for (const char separator : {'\t', '|', ';', ','}) {
    std::ptrdiff_t cells = 0;
    std::size_t rows = 0;
    bool alike = true;
    for (std::string_view rest = begin; !rest.empty() && alike;) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      if (line.find_first_not_of("\r ") == std::string_view::npos) continue;
      const std::ptrdiff_t there = std::count(line.begin(), line.end(), separator);
      alike = there > 0 && (rows == 0 || there == cells);
      cells = there;
      ++rows;
    }
    if (alike && separator == '\t' && cells == 1) return TextLook::Labelled;
    if (alike && rows >= 3) return TextLook::Table;
  }
  return tabbed ? TextLook::Labelled : TextLook::Neither;
}

/// Looks at names alone: whether sub-folders hold texts, and none of them pictures.
bool holds_text_folders(const fs::path& folder) {
  int looked = 0;
  bool texts = false;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end && looked < kMostLooked;
       at.increment(error), ++looked) {
    std::error_code ignored;
    if (!at->is_directory(ignored)) continue;
    std::error_code inner;
    for (fs::directory_iterator in(at->path(), inner); !inner && in != fs::directory_iterator() && looked < kMostLooked;
         in.increment(inner), ++looked) {
      const std::string name = lower_case(in->path().filename().string());
      if (is_picture_name(name)) return false;
      if (name.ends_with(".txt")) texts = true;
    }
  }
  return texts;
}

/// Sources that the name of a file alone tells.
std::optional<StarterData> known_by_name(const fs::path& file) {
  const std::string name = lower_case(file.filename().string());
  const std::string_view unpacked = std::string_view(name).substr(0, name.size() - (name.ends_with(".gz") ? 3 : 0));
  if (named_like(unpacked, {".csv", ".tsv", ".tab", ".psv", ".data", ".dat"})) return one_file(file, "csv", false);
  if (named_like(name, {".sqlite", ".sqlite3", ".db", ".db3"})) return one_file(file, "sqlite", false);
  if (named_like(name, {".tar", ".tar.gz", ".tgz", ".zip"})) return one_file(file, "archive", true);
  if (named_like(name, {".npy", ".npz"})) return array_file(file);
  if (is_cifar_name(name)) return cifar_set(file.parent_path());
  return std::nullopt;
}

/// May this be one of a few text files whose lines are texts, to judge by its first lines?
bool holds_lines(const fs::path& file) {
  constexpr std::ptrdiff_t kFewestLines = 5;
  std::array<char, 16384> head{};
  std::ifstream text(file, std::ios::binary);
  text.read(head.data(), head.size());
  const std::string_view begin(head.data(), static_cast<std::size_t>(text.gcount()));
  return begin.find('\0') == std::string_view::npos && std::count(begin.begin(), begin.end(), '\n') >= kFewestLines;
}

/// A folder of a text file a class, each of lines without a class of their own: positive.txt and negative.txt, or
/// polarity.pos and polarity.neg. With files of any other kind beside them it is another thing.
bool holds_class_files(const fs::path& folder) {
  constexpr std::size_t kMostClassFiles = 100;
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    std::error_code ignored;
    if (is_clutter(name) || is_notice_name(name)) continue;
    if (!at->is_regular_file(ignored) || files.size() == kMostClassFiles) return false;
    files.push_back(at->path());
  }
  if (error || files.size() < 2) return false;
  const bool one_stem = std::all_of(files.begin(), files.end(),
                                    [&](const fs::path& file) { return file.stem() == files.front().stem(); });
  return std::all_of(files.begin(), files.end(), [&](const fs::path& file) {
    const std::string ending = lower_case(file.extension().string());
    const bool plain = ending.empty() || ending == ".txt" || ending == ".text";
    if (!plain && (!one_stem || is_picture_name(file.filename().string()) || known_by_name(file))) return false;
    return look_of_text(file) == TextLook::Neither && holds_lines(file);
  });
}

/// Such a folder, or the parent of one for training, beside which another one may be for validation.
std::optional<StarterData> class_files_in(const fs::path& folder) {
  StarterData data{.name = folder.filename().string(), .type = "text_files", .encoded = false};
  fs::path training = folder;
  fs::path validation;
  if (!holds_class_files(folder)) {
    training.clear();
    SplitRole best = SplitRole::None;
    std::error_code error;
    int looked = 0;
    for (fs::directory_iterator at(folder, error), end; !error && at != end && ++looked <= kMostLooked;
         at.increment(error)) {
      std::error_code ignored;
      const SplitRole role = split_role(at->path().filename().string());
      if (role == SplitRole::None || !at->is_directory(ignored) || !holds_class_files(at->path())) continue;
      if (role == SplitRole::Training) training = at->path();
      if (role == SplitRole::Validation || (role == SplitRole::Test && best == SplitRole::None)) {
        validation = at->path();
        best = role;
      }
    }
  }
  if (training.empty()) return std::nullopt;
  data.training["folder"] = training.string();
  if (!validation.empty()) data.validation = ParamMap{{"folder", validation.string()}};
  return data;
}

}  // namespace

std::optional<StarterData> data_of_file(const fs::path& file) {
  if (auto named = known_by_name(file)) return named;
  const std::string ending = lower_case(file.extension().string());
  const TextLook look = ending.empty() || ending == ".txt" ? look_of_text(file) : TextLook::Neither;
  if (look == TextLook::Labelled) return one_file(file, "text_lines", false);
  if (look == TextLook::Table) return one_file(file, "csv", false);
  const fs::path beside = fs::path(full_path(file)).parent_path();
  if (is_notice_name(file.filename().string()) || !holds_class_files(beside)) return std::nullopt;
  return class_files_in(beside);
}

std::optional<StarterData> data_of_folder(const fs::path& folder) {
  const fs::path whole = full_path(folder);
  const fs::path named = whole.filename().empty() ? whole.parent_path() : whole;
  if (is_file(folder / "data_batch_1.bin") || (is_file(folder / "train.bin") && is_file(folder / "test.bin")))
    return cifar_set(named);
  const auto split = split_folders(folder);
  if (!split && !holds_class_files(named))
    if (auto parts = class_files_in(named)) return parts;  // "train" and "test" are no classes
  if (!holds_text_folders(split ? split->training : folder)) return class_files_in(named);
  StarterData data{.name = named.filename().string(), .type = "text_folder", .encoded = false};
  data.training["folder"] = split ? full_path(split->training) : named.string();
  if (split) data.validation = ParamMap{{"folder", full_path(split->validation)}};
  return data;
}

}  // namespace feedline::inline engine
