// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/archive_index.h"

#include "base/file_names.h"
#include "base/lower_case.h"
#include "base/numbers.h"
#include "base/plain_text.h"
#include "nodes/source/gzip.h"
#include "nodes/source/unpacked_copy.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>

namespace feedline::inline nodes {

namespace {

constexpr std::size_t kMostPassedKinds = 1000;
constexpr std::int32_t kMostArchiveClasses = 100'000;
constexpr std::uint64_t kLongestClass = 4096;

std::string_view base_name(std::string_view name) { return name.substr(name.rfind('/') + 1); }
std::string_view folder_part(std::string_view name) { return name.substr(0, name.rfind('/') + 1); }

/// What systems leave everywhere: hidden files, __MACOSX/.
bool is_left_over(std::string_view name) {
  if (is_clutter(base_name(name))) return true;
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t slash = std::min(name.find('/', at), name.size());
    const std::string_view part = name.substr(at, slash - at);
    if (part.starts_with('.') || (slash < name.size() && is_system_folder(part))) return true;
    at = slash + 1;
  }
  return false;
}

/// The class of a group as its .cls member says: a number, or a name.
std::optional<std::int32_t> class_number(std::string_view text) {
  std::int32_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

std::string_view trimmed_class(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

/// Makes an index of what is listed, once.
class ArchiveScan {
 public:
  ArchiveScan(const OpenArchive& archive, const std::string& path, const ArchiveSettings& settings)
      : archive_(archive), path_(path), settings_(settings), inside_(settings.inside) {
    while (inside_.starts_with("./")) inside_.erase(0, 2);
    while (inside_.starts_with('/')) inside_.erase(0, 1);
    if (!inside_.empty() && !inside_.ends_with('/')) inside_ += '/';
  }

  Status take(const ArchiveMember& member) {
    const std::string& name = member.name;
    if (const std::size_t slash = name.find('/'); slash != std::string::npos && tops_.size() < kMostPassedKinds)
      tops_.insert(name.substr(0, slash));
    if (is_left_over(name) || !std::string_view(name).starts_with(inside_)) return {};
    const std::string ending = ending_of(name);
    if (settings_.layout != ArchiveLayout::ClassFolders) {
      if (Status grouped = take_part(member, ending); !grouped) return grouped;
    }
    if (is_picture_name(name)) {
      const std::uint64_t begin = index_.names_.size();
      index_.names_ += name;
      pictures_.push_back({member.place, begin, index_.names_.size()});
      group_of_picture_.push_back(groups_.empty() ? 0 : static_cast<std::uint32_t>(groups_.size()));
    } else if (ending != ".cls" && ending != ".txt") {
      pass(name, ending);
    }
    return {};
  }

  Result<ArchiveIndex> finish() {
    if (pictures_.empty()) return fail(no_pictures());
    const bool has_classes = std::any_of(groups_.begin(), groups_.end(), [](const Group& g) { return g.has_class; });
    const bool grouped =
        settings_.layout == ArchiveLayout::Groups || (settings_.layout == ArchiveLayout::Auto && has_classes);
    if (settings_.layout == ArchiveLayout::Groups && !has_classes)
      return fail(Error{.reason = "no group has a .cls member, so no record has a class",
                        .remedy = "Choose the layout class_folders, or another archive",
                        .parameter = "layout",
                        .file = escape_name(path_)});
    if (settings_.texts && !grouped)
      return fail(Error{.reason = "its records are pictures in class folders, which have no text",
                        .remedy = "Switch texts off, or choose an archive of groups",
                        .parameter = "texts",
                        .file = escape_name(path_)});
    if (Status sorted = grouped ? from_groups() : from_folders(); !sorted) return fail(std::move(sorted.error()));
    count_classes();
    std::stable_sort(index_.report_.ignored.begin(), index_.report_.ignored.end(),
                     [](const PassedFiles& a, const PassedFiles& b) { return a.count > b.count; });
    return std::move(index_);
  }

 private:
  /// A picture before it is known which folders are classes.
  struct FoundPicture {
    MemberPlace place{};
    std::uint64_t name_begin = 0;
    std::uint64_t name_end = 0;
  };

  /// Members of one name that follow each other.
  struct Group {
    std::uint32_t label = 0;  ///< place in class_texts_
    std::uint32_t text = 0;   ///< as in a Record
    bool has_class = false;
  };

  Status take_part(const ArchiveMember& member, const std::string& ending) {
    const std::string& name = member.name;
    const std::size_t folder = folder_part(name).size();
    const std::string_view key = std::string_view(name).substr(0, std::min(name.find('.', folder), name.size()));
    if (groups_.empty() || key != key_) {
      key_ = key;
      groups_.emplace_back();
    }
    if (ending == ".txt" && settings_.texts) {
      index_.texts_.push_back(member.place);
      groups_.back().text = static_cast<std::uint32_t>(index_.texts_.size());
    }
    if (ending != ".cls") return {};
    if (member.place.size > kLongestClass)
      return fail_file(path_,
                       fmt::format("'{}' has {} bytes, too many for a class", escape_name(name), member.place.size),
                       "A .cls member holds a number or a name");
    if (Status read = read_member(archive_.file, path_, member.place, class_bytes_); !read) return {};  // it has none
    const std::string_view text = trimmed_class({class_bytes_.as<char>(), class_bytes_.bytes()});
    const auto [known, fresh] =
        class_texts_.try_emplace(escape_name(text), static_cast<std::uint32_t>(class_texts_.size()));
    if (fresh && class_texts_.size() > static_cast<std::size_t>(kMostArchiveClasses))
      return fail_file(path_, fmt::format("its .cls members name more than {} classes", kMostArchiveClasses),
                       "A .cls member holds the number or the name of a class");
    groups_.back().label = known->second;
    groups_.back().has_class = true;
    return {};
  }

  void pass(const std::string& name, const std::string& ending) {
    std::vector<PassedFiles>& ignored = index_.report_.ignored;
    const auto same =
        std::find_if(ignored.begin(), ignored.end(), [&](const PassedFiles& f) { return f.ending == ending; });
    if (same != ignored.end()) {
      ++same->count;
    } else if (ignored.size() < kMostPassedKinds) {
      ignored.push_back(
          {.ending = ending, .count = 1, .example = escape_name(name), .picture = is_picture_ending(ending)});
    }
  }

  [[nodiscard]] Error no_pictures() const {
    std::vector<std::string> tops;
    for (const std::string& top : tops_) tops.push_back(escape_name(top));
    if (!inside_.empty())
      return {.reason = "there are no pictures in its folder " + escape_name(inside_),
              .remedy = tops.empty() ? "Leave inside empty" : "Its folders are " + numbers::listed(tops, 5, "'"),
              .parameter = "inside",
              .file = escape_name(path_)};
    return {
        .reason = "it holds no pictures (jpg, jpeg, jfif, png, webp, gif, bmp, tif, tiff, avif, heic, heif)",
        .remedy = "Choose an archive of class folders such as flowers/daisy/1.jpg, or of groups such as 1.jpg, 1.cls",
        .file = escape_name(path_)};
  }

  [[nodiscard]] std::string_view name_of(const FoundPicture& picture) const {
    return std::string_view(index_.names_)
        .substr(static_cast<std::size_t>(picture.name_begin),
                static_cast<std::size_t>(picture.name_end - picture.name_begin));
  }

  /// The folders that the names of all pictures begin with.
  [[nodiscard]] std::string_view common_folder() const {
    std::string_view common = folder_part(name_of(pictures_.front()));
    for (const FoundPicture& picture : pictures_) {
      const std::string_view name = name_of(picture);
      const auto [end, other] = std::mismatch(common.begin(), common.end(), name.begin(), name.end());
      common = folder_part(common.substr(0, static_cast<std::size_t>(end - common.begin())));
    }
    return common;
  }

  void add_record(const FoundPicture& picture, std::int32_t label, std::uint32_t text) {
    index_.records_.push_back({.picture = picture.place, .name_end = picture.name_end, .text = text, .label = label});
  }

  Status from_folders() {
    std::string_view root = inside_.empty() ? common_folder() : std::string_view(inside_);
    // One class alone: what all have in common is the class itself, or begins with it.
    const bool direct = std::any_of(pictures_.begin(), pictures_.end(),
                                    [&](const FoundPicture& p) { return folder_part(name_of(p)) == root; });
    if (inside_.empty() && !root.empty() && direct) root = folder_part(root.substr(0, root.size() - 1));
    std::map<std::string, std::int32_t, std::less<>> classes;
    for (const FoundPicture& picture : pictures_) {
      const std::string_view below = name_of(picture).substr(root.size());
      const std::size_t slash = below.find('/');
      if (slash == std::string_view::npos)
        return fail_file(path_, fmt::format("its picture '{}' lies in no class folder", escape_name(name_of(picture))),
                         "Put the pictures of each class into a folder of their own, such as daisy/1.jpg, or name the "
                         "folder that holds them by inside");
      classes.try_emplace(std::string(below.substr(0, slash)), 0);
      if (classes.size() > static_cast<std::size_t>(kMostArchiveClasses))
        return fail_file(path_, fmt::format("it has more than {} class folders", kMostArchiveClasses),
                         "Name the folder that holds the classes by inside");
    }
    SourceReport& report = index_.report_;
    for (auto& [name, label] : classes) {
      label = static_cast<std::int32_t>(report.class_names.size());
      report.class_names.push_back(escape_name(name));
    }
    for (const FoundPicture& picture : pictures_) {
      const std::string_view below = name_of(picture).substr(root.size());
      add_record(picture, classes.find(below.substr(0, below.find('/')))->second, 0);
    }
    refuse_parts(classes, std::string(root));
    return {};
  }

  /// Folders such as train and test are no classes.
  void refuse_parts(const std::map<std::string, std::int32_t, std::less<>>& classes, const std::string& root) {
    DataParts parts;
    std::string tests;
    std::vector<std::string> names;
    for (const auto& [name, label] : classes) {
      const SplitRole role = split_role(name);
      if (role == SplitRole::None) return;
      names.push_back(escape_name(name));
      if (role == SplitRole::Training && parts.training.empty()) parts.training = root + name;
      if (role == SplitRole::Validation && parts.validation.empty()) parts.validation = root + name;
      if (role == SplitRole::Test && tests.empty()) tests = root + name;
    }
    if (classes.size() < 2) return;
    if (parts.validation.empty()) parts.validation = tests;
    SourceReport& report = index_.report_;
    const std::string own = parts.training.empty() ? parts.validation : parts.training;
    report.refusal =
        Error{.reason = "its folders " + numbers::listed(names, 5, "'") + " are parts of a data set, not classes",
              .remedy = "Set inside to '" + escape_name(own) + "', and give the other part a source of its own",
              .parameter = "inside",
              .file = escape_name(path_)};
    report.split = std::move(parts);
  }

  Status from_groups() {
    std::vector<std::string> names(class_texts_.size());
    for (const auto& [name, place] : class_texts_) names[place] = name;
    const bool numbered =
        std::all_of(names.begin(), names.end(), [](const std::string& n) { return class_number(n).has_value(); });
    std::vector<std::int32_t> labels(names.size());
    SourceReport& report = index_.report_;
    if (numbered) {
      std::int32_t most = 0;
      for (std::size_t i = 0; i < names.size(); ++i) most = std::max(most, labels[i] = *class_number(names[i]));
      if (most >= kMostArchiveClasses)
        return fail_file(path_,
                         fmt::format("a .cls member holds {}, and there can be {} classes", most, kMostArchiveClasses),
                         "Count classes from 0");
      for (std::int32_t i = 0; i <= most; ++i) report.class_names.push_back(std::to_string(i));
    } else {
      for (const auto& [name, place] : class_texts_) {
        labels[place] = static_cast<std::int32_t>(report.class_names.size());
        report.class_names.push_back(name);
      }
    }
    for (std::size_t i = 0; i < pictures_.size(); ++i) {
      const Group& group = groups_[group_of_picture_[i] - 1];
      add_record(pictures_[i], group.has_class ? labels[group.label] : -1, group.text);
    }
    return {};
  }

  void count_classes() {
    SourceReport& report = index_.report_;
    report.class_counts.assign(report.class_names.size(), 0);
    std::int32_t last = -2;
    for (const ArchiveIndex::Record& record : index_.records_) {
      if (record.label < 0) continue;
      ++report.class_counts[static_cast<std::size_t>(record.label)];
      if (record.label != last) ++report.label_runs;
      last = record.label;
    }
  }

  const OpenArchive& archive_;
  const std::string& path_;
  const ArchiveSettings& settings_;
  std::string inside_;
  ArchiveIndex index_{};
  std::vector<FoundPicture> pictures_{};
  std::vector<std::uint32_t> group_of_picture_{};  ///< 1 + its place in groups_
  std::vector<Group> groups_{};
  std::string key_{};  ///< of the last group
  std::map<std::string, std::uint32_t, std::less<>> class_texts_{};
  std::set<std::string> tops_{};
  Datum class_bytes_{};
};

Result<OpenArchive> open_archive(const std::string& path, FileFacts& facts, const SourceContext& context) {
  // Real data hardly shrink to less than a tenth; what unpacks to a hundred times its size was made to fill disks.
  constexpr std::uint64_t kMostGrowth = 100;
  constexpr std::uint64_t kAlwaysAllowed = std::uint64_t{64} << 20;
  auto file = open_file(path, &facts);
  if (!file) return fail(std::move(file.error()));
  OpenArchive archive{.file = std::move(*file), .size = facts.size};
  if (is_gzip(archive.file.get())) {
    const auto copy = cached_name(path, facts, context, "unpacked", "tar");
    const Status unpacked = unpack_once(
        copy, path, facts.size * kMostGrowth + kAlwaysAllowed,
        [&](const UnpackedSink& sink) { return gunzip(archive.file.get(), path, facts.size, context, sink); });
    if (!unpacked) return fail(unpacked.error());
    FileFacts plain;
    auto opened = open_file(copy.string(), &plain);
    if (!opened) return fail(std::move(opened.error()));
    archive.file = std::move(*opened);
    archive.size = plain.size;
  }
  archive.format = archive_format(archive.file.get(), archive.size);
  if (archive.format == ArchiveFormat::Unknown)
    return fail_file(path, archive.size == 0 ? "the file is empty" : "it is neither a tar nor a zip file",
                     "Choose a .tar, .tar.gz, .tgz or .zip file");
  return archive;
}

Result<ArchiveIndex> ArchiveIndex::open(const OpenArchive& archive, const std::string& path, const FileFacts& facts,
                                        const ArchiveSettings& settings, const SourceContext& context) {
  const std::string what = fmt::format("{}|{}|{}", static_cast<int>(settings.layout), settings.texts, settings.inside);
  const auto kept = cached_name(path, facts, context, "archives", what);
  ArchiveIndex index;
  if (ArchiveIndexFile::read(kept, index)) return index;
  ArchiveScan scan(archive, path, settings);
  const auto list = archive.format == ArchiveFormat::Zip ? list_zip : list_tar;
  const Status listed =
      list(archive.file, path, archive.size, context, [&](const ArchiveMember& member) { return scan.take(member); });
  if (!listed) return fail(listed.error());
  auto made = scan.finish();
  if (made) (void)ArchiveIndexFile::write(kept, *made);  // without it the archive is listed again
  return made;
}

std::string_view ArchiveIndex::name(std::uint64_t index) const {
  const std::uint64_t begin = index == 0 ? 0 : records_[index - 1].name_end;
  return std::string_view(names_).substr(static_cast<std::size_t>(begin),
                                         static_cast<std::size_t>(records_[index].name_end - begin));
}

}  // namespace feedline::inline nodes
