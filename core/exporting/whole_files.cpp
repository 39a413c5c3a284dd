// SPDX-License-Identifier: GPL-3.0-or-later
#include "exporting/whole_files.h"

#include "base/plain_text.h"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <unistd.h>

namespace feedline::inline exporting {
namespace {

namespace fs = std::filesystem;

Error cannot_write(const fs::path& path, const std::string& why) {
  return {.reason = "it cannot be written: " + why,
          .remedy = "Choose a place that may be written and has room",
          .file = escape_name(path.string())};
}

fs::path part_of(const fs::path& path) {
  fs::path name = "." + path.filename().string() + fmt::format(".{}.part", ::getpid());
  return path.has_parent_path() ? path.parent_path() / name : name;
}

/// Goes again unless it was moved.
struct PartialFolder {
  fs::path path;
  ~PartialFolder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

/// Empty: it may be written into.
Status check_folder(const fs::path& folder, std::string_view marked, std::string_view mark) {
  std::error_code error;
  const fs::file_status status = fs::status(folder, error);
  if (!fs::exists(status)) return {};
  if (!fs::is_directory(status)) return fail(cannot_write(folder, "it is a file"));
  if (fs::is_empty(folder, error) && !error) return {};
  std::ifstream file(folder / marked, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (text.find(mark) != std::string::npos) return {};
  return fail(Error{.reason = "the folder has other files in it, and no earlier export",
                    .remedy = "Name a folder that is new or empty",
                    .file = escape_name(folder.string())});
}

}  // namespace

Status write_whole_file(const fs::path& path, std::string_view content) {
  const fs::path part = part_of(path);
  std::error_code error;
  errno = 0;
  {
    std::ofstream file(part, std::ios::binary | std::ios::trunc);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    file.close();  // a server that is full may say so only now
    if (!file) error = std::error_code(errno != 0 ? errno : EIO, std::generic_category());
  }
  if (!error) fs::rename(part, path, error);
  if (!error) return {};
  std::error_code ignored;
  fs::remove(part, ignored);
  return fail(cannot_write(path, error.message()));
}

Status write_whole_folder(const fs::path& given, std::string_view marked, std::string_view mark,
                          const std::function<Status(const fs::path&)>& fill) {
  const fs::path folder = given.has_filename() ? given : given.parent_path();  // "out/"
  if (Status fine = check_folder(folder, marked, mark); !fine) return fine;
  const PartialFolder part{part_of(folder)};
  std::error_code error;
  fs::create_directory(part.path, error);
  if (error) return fail(cannot_write(folder, error.message()));
  if (Status filled = fill(part.path); !filled) return filled;
  if (fs::is_empty(folder, error) && !error) fs::remove(folder, error);
  if (!fs::exists(folder, error)) {
    fs::rename(part.path, folder, error);
    if (error) return fail(cannot_write(folder, error.message()));
    return {};
  }
  for (const fs::directory_entry& file : fs::directory_iterator(part.path, error)) {
    fs::rename(file.path(), folder / file.path().filename(), error);
    if (error) return fail(cannot_write(folder, error.message()));
  }
  if (error) return fail(cannot_write(folder, error.message()));
  return {};
}

}  // namespace feedline::inline exporting
