// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/output.h"

#include "base/plain_text.h"
#include "base/user_path.h"
#include "cli/terminal.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <system_error>
#include <unistd.h>

namespace feedline::cli {
namespace {

namespace fs = std::filesystem;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

tl::unexpected<Error> cannot_write(const std::string& path, int number) {
  return fail({.reason = std::string("cannot be written: ") + std::strerror(number),
               .remedy = "Choose a path in a folder that exists, is yours and has room",
               .file = escape_name(path)});
}

Status write_all(const std::string& path, std::string_view text) {
  errno = 0;
  std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "wbe"));
  if (!file) return cannot_write(path, errno);
  const bool written = std::fwrite(text.data(), 1, text.size(), file.get()) == text.size();
  const bool flushed = std::fflush(file.get()) == 0;
  if (!written || !flushed || std::fclose(file.release()) != 0) return cannot_write(path, errno != 0 ? errno : EIO);
  return {};
}

fs::path folder_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

}  // namespace

Status check_writable(const std::string& given) {
  const std::string path = user_path(given);
  if (is_standard_output(path)) return {};
  std::error_code ignored;
  if (path.empty() || fs::is_directory(path, ignored)) return cannot_write(path, path.empty() ? ENOENT : EISDIR);
  const bool there = fs::exists(path, ignored);
  const std::string place = there ? path : folder_of(path).string();
  if (!there && !fs::is_directory(place, ignored)) return cannot_write(path, ENOENT);
  if (::access(place.c_str(), W_OK) != 0) return cannot_write(path, errno);
  return {};
}

Status write_result(const std::string& given, std::string_view text) {
  const std::string path = user_path(given);
  if (is_standard_output(path)) {
    put(stdout, text);
    return flush_output(true);
  }
  std::error_code ignored;
  const bool special = fs::exists(path, ignored) && !fs::is_regular_file(path, ignored);
  const bool no_room_beside = ::access(folder_of(path).c_str(), W_OK) != 0;
  if (special || no_room_beside || fs::is_symlink(path, ignored)) return write_all(path, text);

  const std::string beside = path + ".part" + std::to_string(::getpid());
  if (auto written = write_all(beside, text); !written) {
    fs::remove(beside, ignored);
    written.error().file = escape_name(path);
    return written;
  }
  if (std::rename(beside.c_str(), path.c_str()) != 0) {
    const int number = errno;
    fs::remove(beside, ignored);
    return cannot_write(path, number);
  }
  return {};
}

}  // namespace feedline::cli
