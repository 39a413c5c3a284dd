// SPDX-License-Identifier: GPL-3.0-or-later
#include "state/checkpoint_files.h"

#include "base/plain_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <system_error>
#include <utility>

namespace feedline::inline state {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kNumberedPrefix = "step-";
constexpr std::string_view kCheckpointEnding = ".safetensors";
constexpr std::string_view kPartEnding = ".part";
constexpr std::chrono::hours kMayBeInUse{1};

std::optional<std::uint64_t> step_in(std::string_view name) {
  if (!name.starts_with(kNumberedPrefix) || !name.ends_with(kCheckpointEnding)) return std::nullopt;
  name.remove_prefix(kNumberedPrefix.size());
  name.remove_suffix(kCheckpointEnding.size());
  std::uint64_t step = 0;
  const auto [end, fault] = std::from_chars(name.data(), name.data() + name.size(), step);
  if (fault != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return step;
}

template <class Visit>
void each_entry(const fs::path& folder, const Visit& visit) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) visit(*it);
}

/// The newest file in the same folder that is older than `file`, if there is one.
std::optional<CheckpointFile> before(const fs::path& file) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const auto step = step_in(file.filename().string());
  for (const CheckpointFile& other : list_checkpoints(folder))
    if (other.path.filename() != file.filename() && (!step || other.step < *step)) return other;
  return std::nullopt;
}

Error with_offer(Error error, const fs::path& file) {
  if (const auto other = before(file)) error.remedy = "Use the one before it: " + escape_name(other->path.string());
  return error;
}

Result<OpenedCheckpoint> open_file(const fs::path& file) {
  auto state = load_training_state(file);
  if (!state) return fail(with_offer(std::move(state.error()), file));
  return OpenedCheckpoint{.path = file, .state = std::move(*state)};
}

struct RunFolder {
  fs::path path{};
  std::uint64_t bytes = 0;
  fs::file_time_type changed = fs::file_time_type::min();
};

RunFolder look_into(const fs::path& folder) {
  RunFolder found{.path = folder};
  each_entry(folder, [&](const fs::directory_entry& entry) {
    std::error_code error;
    if (const auto bytes = entry.file_size(error); !error) found.bytes += bytes;
    if (const auto changed = entry.last_write_time(error); !error) found.changed = std::max(found.changed, changed);
  });
  return found;
}

}  // namespace

std::string checkpoint_name(std::uint64_t step) {
  return fmt::format("{}{:09}{}", kNumberedPrefix, step, kCheckpointEnding);
}

std::vector<CheckpointFile> list_checkpoints(const fs::path& folder) {
  std::vector<CheckpointFile> files;
  each_entry(folder, [&](const fs::directory_entry& entry) {
    if (const auto step = step_in(entry.path().filename().string())) files.push_back({entry.path(), *step});
  });
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.step > b.step; });
  return files;
}

void keep_newest_checkpoints(const fs::path& folder, std::size_t keep) {
  std::error_code ignored;
  const std::vector<CheckpointFile> files = list_checkpoints(folder);
  for (std::size_t i = keep; i < files.size(); ++i) fs::remove(files[i].path, ignored);
  std::vector<fs::path> parts;
  each_entry(folder, [&](const fs::directory_entry& entry) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with('.') && name.ends_with(kPartEnding) && name.find(kCheckpointEnding) != std::string::npos)
      parts.push_back(entry.path());
  });
  for (const fs::path& part : parts) fs::remove(part, ignored);
}

Result<std::optional<OpenedCheckpoint>> find_checkpoint(const fs::path& place) {
  std::error_code error;
  const fs::file_status status = fs::status(place, error);
  if (status.type() == fs::file_type::not_found) {
    if (place.extension() != kCheckpointEnding) return std::nullopt;  // a folder that will be made
    return fail(with_offer({.reason = "there is no such checkpoint",
                            .remedy = "Name a file that is there, or the folder of a run's checkpoints",
                            .file = escape_name(place.string())},
                           place));
  }
  if (status.type() != fs::file_type::directory) {
    auto opened = open_file(place);
    if (!opened) return fail(std::move(opened.error()));
    return std::move(*opened);
  }
  const std::vector<CheckpointFile> files = list_checkpoints(place);
  std::vector<Error> damaged;
  for (const CheckpointFile& file : files) {
    auto state = load_training_state(file.path);
    if (state) return OpenedCheckpoint{.path = file.path, .state = std::move(*state), .damaged = std::move(damaged)};
    damaged.push_back(std::move(state.error()));
  }
  if (damaged.empty()) return std::nullopt;
  Error all = std::move(damaged.front());
  if (files.size() > 1)
    all.reason = fmt::format("all {} checkpoints are damaged; the newest: {}", files.size(), all.reason);
  all.remedy = "Choose another folder to begin anew";
  return fail(std::move(all));
}

Result<OpenedCheckpoint> open_best_checkpoint(const fs::path& place) {
  std::error_code error;
  if (const fs::path best = place / kBestCheckpoint; fs::is_directory(place, error) && fs::exists(best, error)) {
    auto opened = open_file(best);
    if (opened) return opened;
    auto other = find_checkpoint(place);
    if (!other || !*other) return fail(std::move(opened.error()));
    (*other)->damaged.push_back(std::move(opened.error()));
    return std::move(**other);
  }
  auto found = find_checkpoint(place);
  if (!found) return fail(std::move(found.error()));
  if (!*found)
    return fail(Error{.reason = fs::exists(place, error) ? "there is no checkpoint in it" : "there is no such folder",
                      .remedy = "Name a checkpoint, or the folder of a run's checkpoints ('run' says where they lie)",
                      .file = escape_name(place.string())});
  return std::move(**found);
}

void put_damaged_aside(const OpenedCheckpoint& from) {
  if (from.damaged.empty()) return;
  const fs::path folder = from.path.has_parent_path() ? from.path.parent_path() : fs::path(".");
  std::error_code ignored;
  for (const CheckpointFile& file : list_checkpoints(folder))
    if (file.step > from.state.position.step) fs::rename(file.path, fs::path(file.path) += ".damaged", ignored);
}

void bound_checkpoints(const fs::path& root, std::uint64_t most_bytes) {
  std::vector<RunFolder> runs;
  std::uint64_t all = 0;
  each_entry(root, [&](const fs::directory_entry& graph) {
    each_entry(graph.path(), [&](const fs::directory_entry& run) {
      runs.push_back(look_into(run.path()));
      all += runs.back().bytes;
    });
  });
  std::sort(runs.begin(), runs.end(), [](const RunFolder& a, const RunFolder& b) { return a.changed < b.changed; });
  const auto in_use = fs::file_time_type::clock::now() - kMayBeInUse;
  std::error_code ignored;
  for (const RunFolder& run : runs) {
    if (all <= most_bytes || run.changed > in_use) return;
    fs::remove_all(run.path, ignored);
    all -= run.bytes;
    fs::remove(run.path.parent_path(), ignored);  // the graph's, if that was the last one
  }
}

}  // namespace feedline::inline state
