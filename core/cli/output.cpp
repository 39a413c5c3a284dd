// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/output.h"

#include "base/plain_text.h"
#include "base/user_path.h"
#include "cli/terminal.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <system_error>
#include <unistd.h>
#include <vector>

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

/// Is there something that a result is not to take the place of? Earlier results are; pictures and graphs are not.
bool would_be_lost(const std::string& path) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored) || fs::file_size(path, ignored) == 0) return false;
  constexpr std::array<std::string_view, 7> kResults = {"", ".json", ".jsonl", ".csv", ".txt", ".log", ".out"};
  const std::string ending = fs::path(path).extension().string();
  return std::find(kResults.begin(), kResults.end(), ending) == kResults.end();
}

}  // namespace

void add_result_option(CLI::App& command, const std::string& name, std::string& path, const std::string& text) {
  command
      .add_option_function<std::vector<std::string>>(
          name,
          [name, &path](const std::vector<std::string>& given) {
            path = given.empty() || given.front().empty() ? "-" : given.front();  // the value may be left out
            if (would_be_lost(user_path(path)))
              throw CLI::ValidationError(
                  name,
                  fmt::format("'{}' exists and is no result of Feedline; it would be overwritten. Say {} last for "
                              "the standard output, or {} PATH for a new file",
                              escape_name(path), name, name));
          },
          text)
      ->expected(0, 1)
      ->type_name("[PATH|-]");
}

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
