// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/file_names.h"
#include "base/machine_fault.h"
#include "base/plain_text.h"
#include "nodes/source/file_io.h"
#include "nodes/source/folder_listing.h"
#include "nodes/source/line_anchors.h"
#include "nodes/source/text_line_file.h"
#include "schema/node_builder.h"
#include "schema/record_keys.h"
#include "schema/shared_files.h"
#include "schema/source_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fnmatch.h>
#include <optional>
#include <set>

namespace feedline::inline nodes {
namespace {

constexpr std::size_t kMostTextFiles = 1000;  // each stays open
const FolderFiles kFilesOfClasses = {.wanted = [](std::string_view name) { return !is_notice_name(name); },
                                     .what = "texts",
                                     .endings = "any",
                                     .remedy = "Put one text file for each class into the folder"};

/// What tells the files apart: their names without ending, else their endings (polarity.pos, polarity.neg), else all.
std::vector<std::string> names_of_class_files(const std::vector<std::string>& files) {
  const auto unpacked = [](const std::string& file) {
    return std::filesystem::path(ending_of(file) == ".gz" ? file.substr(0, file.size() - 3) : file);
  };
  const auto names_by = [&](const auto& part) {
    std::vector<std::string> names;
    for (const std::string& file : files) names.push_back(escape_name(part(unpacked(file))));
    return names;
  };
  const auto differ = [&](const std::vector<std::string>& names) {
    const std::set<std::string> different(names.begin(), names.end());
    return different.size() == names.size() && !different.contains("");
  };
  std::vector<std::string> names = names_by([](const std::filesystem::path& file) { return file.stem().string(); });
  if (differ(names)) return names;
  names = names_by([](const std::filesystem::path& file) {
    const std::string ending = file.extension().string();
    return ending.empty() ? ending : ending.substr(1);
  });
  if (differ(names)) return names;
  return names_by([](const std::filesystem::path& file) { return file.string(); });
}

/// A file, whose lines are the records of a class.
struct ClassFile {
  PlainFile plain{};
  LineAnchors lines{};
  std::string name{};
  std::uint64_t end = 0;  ///< index of the first record of the next file
};

class TextFilesSource final : public Source, public Reporting, public SharedFiles, public RecordKeys {
 public:
  TextFilesSource(std::vector<ClassFile> files, LineGroups groups, std::vector<PassedFiles> passed)
      : files_(std::move(files)), groups_(groups) {
    std::uint64_t end = 0;
    for (ClassFile& file : files_) {
      file.end = end += file.lines.count();
      report_.class_names.push_back(file.name);
      report_.class_counts.push_back(file.lines.count());
    }
    report_.label_runs = files_.size();
    report_.ignored = std::move(passed);
    outputs_ = text_and_label(static_cast<std::int64_t>(files_.size()), report_.class_names);
  }

  std::uint64_t size() const override { return files_.back().end; }
  const std::vector<TensorDesc>& outputs() const override { return outputs_; }
  const SourceReport& report() const override { return report_; }
  std::vector<std::string> files() const override {
    std::vector<std::string> paths;
    for (const ClassFile& file : files_) paths.push_back(file.plain.path);
    return paths;
  }
  std::string locate(std::uint64_t index) const override {
    const ClassFile& file = files_[file_of(index)];
    return fmt::format("{}#{}", escape_name(file.plain.path), index - (file.end - file.lines.count()));
  }

  Status read(std::uint64_t index, std::span<Datum* const> out) const override {
    const std::size_t file = file_of(index);
    if (out[1] != nullptr) out[1]->set_label(static_cast<std::int64_t>(file));
    if (out[0] == nullptr) return {};
    if (Status same = files_[file].plain.unchanged_at_times(); !same) return same;
    const auto line = line_of(file, index);
    if (!line) return fail(line.error());
    out[0]->set_bytes(groups_ == LineGroups::Column ? line->text.substr(line->text.find('\t') + 1) : line->text);
    return {};
  }

  const std::vector<std::string>& key_names() const override { return group_key(groups_ != LineGroups::None); }
  Status read_key(std::uint64_t index, std::size_t, std::string& value, Datum* label) const override {
    const std::size_t file = file_of(index);
    const auto line = line_of(file, index);
    if (!line) return fail(line.error());
    if (label != nullptr) label->set_label(static_cast<std::int64_t>(file));
    if (groups_ == LineGroups::Column)
      value.assign(line->text.substr(0, line->text.find('\t')));
    else
      value = fmt::format("{} {}", files_[file].name, line->block);
    return {};
  }

 private:
  [[nodiscard]] std::size_t file_of(std::uint64_t index) const {
    const auto found = std::upper_bound(files_.begin(), files_.end(), index,
                                        [](std::uint64_t i, const ClassFile& file) { return i < file.end; });
    return static_cast<std::size_t>(found - files_.begin());
  }

  /// Valid until this thread reads the next one.
  [[nodiscard]] Result<LineAnchors::Line> line_of(std::size_t number, std::uint64_t index) const {
    thread_local std::string memory;
    const ClassFile& file = files_[number];
    auto line = file.lines.read(file.plain, index - (file.end - file.lines.count()), memory);
    if (!line) {
      line.error().file = locate(index);
      return line;
    }
    if (groups_ != LineGroups::Column || line->text.find('\t') != std::string_view::npos) return line;
    Error error =
        fail_record("the line has no tab, so it has no group", "Write it as its group, a tab and its text").value();
    return fail(std::move(error).in_file(locate(index)));
  }

  std::vector<ClassFile> files_;
  LineGroups groups_;
  SourceReport report_{};
  std::vector<TensorDesc> outputs_{};
};

ParamMap write_class_files(const std::filesystem::path& folder) {
  const auto put = [&](const char* name, std::string_view text) {
    (void)make_folder(folder / "reviews");
    (void)write_atomically(folder / "reviews" / name, std::as_bytes(std::span(text)));
  };
  put("negative.txt", "Slow and dull.\r\nNever again.\n");
  put("positive.txt", "Bright and quick.\n\nTr\xC3\xA8s bien.\nFine.");
  put("README", "Two classes.\n");
  return {{"folder", (folder / "reviews").string()}, {"groups", std::string("blank_lines")}};
}

struct TextFiles {
  struct Params {
    std::string folder{};
    std::vector<std::string> files = {"*"};
    std::string encoding = "auto";
    std::string groups = "none";
  };

  static NodeSpec spec() {
    return node<TextFiles>("text_files", 1, "Text files", "Text files, one per class, whose lines are the texts.")
        .help(
            "Reads a folder in which each file is a class and each of its lines a text: reviews/positive.txt and "
            "reviews/negative.txt. A class is called like its file without the ending, or like the ending where that "
            "alone differs (polarity.pos, polarity.neg). Empty lines are passed over, and so are files called README, "
            "LICENSE and the like, hidden ones and sub-folders.\n\n"
            "Of every 4 KiB of text the place of one line is kept: a text is read when it is its turn, however large "
            "the files are. Those that are packed with gzip or not UTF-8 are written to the cache folder as plain "
            "UTF-8 first, once.\n\nWhere groups says which lines belong together (of an author, a conversation), set "
            "split_by of the trainer to group and split_column to group.")
        .out("text", Kind::Text, "The text of a line, UTF-8.")
        .out("label", Kind::Label, "The class of its file, counted in the order of their names.")
        .folder("folder", &Params::folder, "The folder that holds the files.")
        .list("files", &Params::files, {.items = ItemKind::Pattern, .least = 1, .most = 64, .item_text = "file"},
              "Which files of it are read, by name: *.txt.")
        .param("encoding", &Params::encoding,
               "Name of the files' encoding, such as windows-1252; auto finds it out for each.")
        .choice("groups", &Params::groups, {"none", "column", "blank_lines"}, kLineGroupDoc)
        .fixture(write_class_files);
  }

  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs) {
    return text_and_label(Dim::symbol("classes"), {});
  }

  static Result<std::unique_ptr<Source>> open(const Params& params, const SourceContext& context) {
    std::vector<PassedFiles> passed;
    auto names = matching(params, context, passed);
    if (!names) return fail(std::move(names.error()));
    std::vector<std::string> classes = names_of_class_files(*names);
    std::vector<ClassFile> files(names->size());
    std::uint64_t records = 0;
    for (std::size_t i = 0; i < files.size(); ++i) {
      auto plain = open_plain((std::filesystem::path(params.folder) / (*names)[i]).string(), params.encoding, context);
      if (!plain) return fail(std::move(plain.error()).at_parameter("folder"));
      auto lines = LineAnchors::find(*plain, context);
      if (!lines) return fail(std::move(lines.error()).at_parameter("folder"));
      records += lines->count();
      files[i] = {.plain = std::move(*plain), .lines = std::move(*lines), .name = std::move(classes[i])};
    }
    if (records == 0) return at_folder(params, "its files have no lines", "Choose text files with one text a line");
    std::sort(files.begin(), files.end(), [](const ClassFile& a, const ClassFile& b) { return a.name < b.name; });
    return std::make_unique<TextFilesSource>(std::move(files), line_groups(params.groups), std::move(passed));
  }

 private:
  static tl::unexpected<Error> at_folder(const Params& params, std::string reason, std::string remedy) {
    return fail(Error(fail_file(params.folder, std::move(reason), std::move(remedy)).value()).at_parameter("folder"));
  }

  static Result<std::vector<std::string>> matching(const Params& params, const SourceContext& context,
                                                   std::vector<PassedFiles>& passed) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(params.folder, ignored))
      return at_folder(params, "there is no such folder", "Choose the folder that holds one text file per class");
    auto listing = FolderListing::of(params.folder, kFilesOfClasses, context);
    if (!listing) return fail(std::move(listing.error()).at_parameter("folder"));
    std::vector<std::string> found;
    for (std::string& name : listing->records) {
      const bool wanted = std::any_of(params.files.begin(), params.files.end(), [&](const std::string& pattern) {
        return ::fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) == 0;
      });
      (wanted ? found : listing->others).push_back(std::move(name));
    }
    for (const std::string& name : listing->others) {
      const std::string ending = ending_of(name);
      const auto known =
          std::find_if(passed.begin(), passed.end(), [&](const PassedFiles& one) { return one.ending == ending; });
      if (known != passed.end())
        ++known->count;
      else if (passed.size() < kMostTextFiles)
        passed.push_back({.ending = ending,
                          .count = 1,
                          .example = escape_name((std::filesystem::path(params.folder) / name).string()),
                          .picture = is_picture_ending(ending) && !ending.empty()});
    }
    std::stable_sort(passed.begin(), passed.end(),
                     [](const PassedFiles& a, const PassedFiles& b) { return a.count > b.count; });
    if (found.empty() && !listing->folders.empty())
      return at_folder(params, "it holds folders, but no such files",
                       "Choose the folder of the files; text_folder reads a folder per class");
    if (found.empty()) return at_folder(params, "it holds no such files", "Put one text file for each class into it");
    if (found.size() > kMostTextFiles)
      return at_folder(params,
                       fmt::format("it holds {} files, and there can be {} classes", found.size(), kMostTextFiles),
                       "Name some by files, or read a file per text by text_folder");
    return found;
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(TextFiles)
