// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/folder_scan.h"

#include "base/file_names.h"
#include "base/normal_form.h"
#include "base/plain_text.h"
#include "nodes/source/folder_split.h"

#include <algorithm>

namespace feedline::inline nodes {
namespace {

/// Kinds of passed files that are told apart; a folder with more of them has another trouble.
constexpr std::size_t kMostKinds = 1000;
/// What a folder is called whose sub-folders are no classes.
constexpr std::string_view kOnlyClass = "unlabelled";

std::string join(const std::string& folder, std::string_view name) {
  std::string path = folder;
  if (!path.ends_with('/')) path += '/';
  return path += name;
}

}  // namespace

Status FolderScan::run(const FolderListing& top) {
  for (const std::string& name : top.system_folders) pass_folder(join(index_.root_, name), PassedFolder::Why::System);
  for (const std::string& name : top.records) pass_file({}, index_.root_, name);
  for (const std::string& name : top.others) pass_file({}, index_.root_, name);
  std::vector<SubfolderShape> shapes;
  std::size_t done = 0;
  for (const std::string& name : top.folders) {
    if (context_.progress)
      context_.progress("Listing " + escape_name(name),
                        static_cast<double>(done++) / static_cast<double>(top.folders.size()));
    auto shape = add_folder(name);
    if (!shape) return fail(std::move(shape.error()));
    if (shape->has_pictures() || all_classes_) {
      close_folder(name);
    } else {
      pass_folder(join(index_.root_, name), PassedFolder::Why::NoPictures);
    }
    if (shape->has_pictures()) shapes.push_back(std::move(*shape));
  }
  finish();
  if (!all_classes_) check_folder_split(index_.root_, shapes, index_.report_);
  return {};
}

Status FolderScan::run_whole() {
  const auto shape = add_folder({});
  if (!shape) return fail(shape.error());
  close_folder({});
  finish();
  index_.report_.unlabelled = true;
  return {};
}

Result<SubfolderShape> FolderScan::add_folder(const std::string& name) {
  SubfolderShape shape{.name = name};
  const std::string folder = name.empty() ? index_.root_ : join(index_.root_, name);
  const std::string class_name = name.empty() ? std::string(kOnlyClass) : escape_name(name);
  VisitedFolders visited;
  if (const auto entered = name.empty() ? Result<bool>(true) : visited.enter(index_.root_); !entered)
    return fail(entered.error());
  std::vector<std::string> pending = {""};  // paths below `folder`, with a slash at the end
  while (!pending.empty()) {
    const std::string below = std::move(pending.back());
    pending.pop_back();
    if (context_.stop.stop_requested()) return fail_cancelled();
    const std::string here = join(folder, below);
    const Result<bool> entered = visited.enter(here);
    if (!entered) return fail(entered.error());
    if (!*entered) continue;
    const auto listing = FolderListing::of(below.empty() ? folder : here, files_, context_);
    if (!listing) return fail(listing.error());
    for (const std::string& file : listing->records) {
      index_.names_ += below;
      index_.names_ += file;
      index_.ends_.push_back(index_.names_.size());
    }
    if (below.empty()) shape.direct = listing->records.size();
    if (const std::size_t slash = below.find('/'); slash != std::string::npos && !listing->records.empty()) {
      shape.nested_direct |= slash + 1 == below.size();
      if (shape.nested.empty() || shape.nested.back() != below.substr(0, slash))
        shape.nested.push_back(below.substr(0, slash));
    }
    for (const std::string& file : listing->others) pass_file(class_name, here, file);
    for (const std::string& system : listing->system_folders)
      pass_folder(join(here, system), PassedFolder::Why::System);
    for (auto sub = listing->folders.rbegin(); sub != listing->folders.rend(); ++sub)
      pending.push_back(below + *sub + "/");
  }
  return shape;
}

void FolderScan::close_folder(const std::string& name) {
  SourceReport& report = index_.report_;
  const std::string shown = name.empty() ? std::string(kOnlyClass) : escape_name(name);
  const auto next = static_cast<std::int64_t>(report.class_names.size());
  const auto [known, is_new] = labels_.emplace(normal_form(name), std::pair(next, shown));
  if (is_new) {
    report.class_names.push_back(shown);
    report.class_counts.push_back(0);
  } else {
    report.merged.emplace_back(known->second.second, shown);
  }
  const std::uint64_t begin = index_.folders_.empty() ? 0 : index_.folders_.back().end;
  const std::uint64_t end = index_.ends_.size();
  report.class_counts[static_cast<std::size_t>(known->second.first)] += end - begin;
  if (end > begin) ++report.label_runs;
  index_.folders_.push_back({.name = name, .label = known->second.first, .end = end});
}

void FolderScan::pass_file(const std::string& class_name, const std::string& folder, const std::string& name) {
  std::string ending = ending_of(name);
  const auto found = passed_.find(PassedKey{class_name, ending});
  if (found != passed_.end()) {
    ++found->second.count;
    return;
  }
  if (passed_.size() >= kMostKinds) return;
  const bool picture = is_picture_ending(ending);
  passed_.emplace(PassedKey{class_name, ending}, PassedFiles{.ending = ending,
                                                             .class_name = class_name,
                                                             .count = 1,
                                                             .example = escape_name(join(folder, name)),
                                                             .picture = picture});
}

void FolderScan::pass_folder(const std::string& path, PassedFolder::Why why) {
  if (index_.report_.passed_folders.size() < kMostKinds)
    index_.report_.passed_folders.push_back({.path = escape_name(path), .why = why});
}

void FolderScan::finish() {
  std::vector<PassedFiles>& ignored = index_.report_.ignored;
  for (auto& [key, files] : passed_) ignored.push_back(std::move(files));
  std::stable_sort(ignored.begin(), ignored.end(),
                   [](const PassedFiles& a, const PassedFiles& b) { return a.count > b.count; });
}

}  // namespace feedline::inline nodes
