// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/terminal.h"

#include "base/plain_text.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/ioctl.h>
#include <unistd.h>

namespace feedline::cli {
namespace {

/// The error number of the first write to standard output that failed.
int output_error = 0;

void remember_failure(std::FILE* stream) {
  if (stream == stdout && output_error == 0) output_error = errno != 0 ? errno : EIO;
}

}  // namespace

void prepare_standard_streams() {
  std::signal(SIGPIPE, SIG_IGN);
  for (int fd = 0; fd <= 2; ++fd) {
    // The lowest free number is taken, so this fills exactly the gap; read-only, so that writing there fails.
    if (::fcntl(fd, F_GETFD) == -1) static_cast<void>(::open("/dev/null", O_RDONLY));
  }
}

void put(std::FILE* stream, std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stream) != text.size()) remember_failure(stream);
  if (stream != stdout) std::fflush(stream);
}

void put_line(std::FILE* stream, std::string_view text) { put(stream, plain_text(text) + '\n'); }

void complain(const Error& error) { put_line(stderr, "error: " + error.line()); }

ExitCode refuse(const Error& error) {
  complain(error);
  return exit_code(error.code);
}

void warn(const Error& error) { put_line(stderr, "warning: " + error.line()); }

Status flush_output(bool reader_needed) {
  if (std::fflush(stdout) != 0) remember_failure(stdout);
  if (output_error == 0 || (output_error == EPIPE && !reader_needed)) return {};
  return fail({.reason = std::string("cannot be written: ") + std::strerror(output_error),
               .remedy = "Send it to a file on a disk with room",
               .file = "standard output"});
}

bool is_terminal(std::FILE* stream) {
  const char* kind = std::getenv("TERM");
  const bool dumb = kind == nullptr || std::string_view(kind) == "dumb";
  return !dumb && ::isatty(::fileno(stream)) == 1;
}

std::size_t width_of(std::FILE* stream, std::size_t otherwise) {
  std::size_t width = otherwise;
  winsize size{};
  if (::ioctl(::fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    width = size.ws_col;
  } else if (const char* text = std::getenv("COLUMNS")) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text, text + std::strlen(text), value);
    if (error == std::errc{} && value > 0) width = value;
  }
  return std::clamp<std::size_t>(width, 40, 1000);
}

std::size_t height_of(std::FILE* stream) {
  winsize size{};
  return ::ioctl(::fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : 24;
}

}  // namespace feedline::cli
