// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz_input.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <unistd.h>

namespace feedline::fuzz {
namespace {

namespace fs = std::filesystem;

/// In memory where there is such a folder; removed when the program ends by itself.
struct ScratchFolder {
  fs::path path{};
  std::uint64_t calls = 0;

  ScratchFolder() {
    std::error_code none;
    const fs::path shared = "/dev/shm";
    path = (fs::is_directory(shared, none) ? shared : fs::temp_directory_path()) /
           ("feedline-fuzz-" + std::to_string(::getpid()));
    fs::create_directories(path);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

ScratchFolder& scratch() {
  static ScratchFolder folder;
  return folder;
}

}  // namespace

InputFile::InputFile(std::span<const std::byte> bytes) : size_(bytes.size()) {
  ScratchFolder& folder = scratch();
  const std::string number = std::to_string(++folder.calls);
  path_ = folder.path / ("input" + number);
  context_.cache_folder = folder.path / ("cache" + number);
  std::ofstream file(path_, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) found("the input cannot be written to " + path_);
}

InputFile::~InputFile() {
  std::error_code ignored;
  fs::remove(path_, ignored);
  fs::remove_all(context_.cache_folder, ignored);
}

File InputFile::open() const {
  auto file = open_file(path_);
  if (!file) found("the input cannot be opened: " + file.error().line());
  return std::move(*file);
}

void found(const std::string& what) {
  std::fprintf(stderr, "feedline: %s\n", what.c_str());
  std::abort();
}

void expect_told(const Error& error) {
  if (error.code != ErrorCode::Cancelled && error.reason.empty()) found("an error without a reason");
}

}  // namespace feedline::fuzz
