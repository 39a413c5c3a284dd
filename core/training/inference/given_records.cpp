// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/inference/given_records.h"

#include "base/file_names.h"
#include "base/plain_text.h"
#include "base/user_path.h"
#include "training/inference/standard_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

namespace feedline::inline training {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStandardInput = "-";
/// Bytes of a picture that standard input may bring.
constexpr std::size_t kLargestPicture = std::size_t{256} << 20;

/// No decoder reads PPM; it is named with what to do, in place of being passed over.
bool is_picture(const fs::path& file) {
  const std::string name = file.filename().string();
  return is_picture_name(name) || ending_of(name) == ".ppm";
}

Error missing_input(const std::string& input) {
  return {.reason = "there is no such file or folder",
          .remedy = "Give picture files, or folders that hold some",
          .file = escape_name(input)};
}

/// The pictures in a folder and all below it, by name.
Result<std::vector<GivenRecord>> pictures_in(const fs::path& folder, const std::stop_token& stop) {
  std::vector<std::string> names;
  std::error_code error;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator it(folder, options, error), end; !error && it != end; it.increment(error)) {
    if (stop.stop_requested()) return fail_cancelled();
    std::error_code ignored;
    if (is_picture(it->path()) && it->is_regular_file(ignored)) names.push_back(it->path().string());
  }
  if (names.empty())
    return fail(Error{.reason = error ? "it cannot be read: " + error.message() : "there are no pictures in it",
                      .remedy = "Give picture files, or folders that hold some",
                      .file = escape_name(folder.string())});
  std::sort(names.begin(), names.end());
  std::vector<GivenRecord> records;
  for (std::string& name : names) records.push_back({.name = std::move(name)});
  return records;
}

/// Lines of a text that comes in pieces, as records; empty ones are passed over.
class LineRecords {
 public:
  explicit LineRecords(std::string input) : input_(std::move(input)) {}

  void add(std::string_view piece) {
    for (std::size_t end = piece.find('\n'); end != std::string_view::npos; end = piece.find('\n')) {
      line_ += piece.substr(0, end);
      piece.remove_prefix(end + 1);
      end_line();
    }
    line_ += piece;
  }
  [[nodiscard]] std::vector<GivenRecord> take() {
    end_line();
    return std::move(records_);
  }

 private:
  void end_line() {
    ++number_;
    if (!line_.empty() && line_.back() == '\r') line_.pop_back();
    if (!line_.empty())
      records_.push_back({.name = fmt::format("{}:{}", input_, number_), .text = std::exchange(line_, {})});
  }

  std::string input_;
  std::string line_{};
  std::size_t number_ = 0;
  std::vector<GivenRecord> records_{};
};

Result<std::vector<GivenRecord>> lines_of(const std::string& input, const std::stop_token& stop) {
  LineRecords lines(input);
  if (input == kStandardInput) {
    const auto add = [&lines](std::string_view piece) -> Status {
      lines.add(piece);
      return {};
    };
    if (Status read = StandardInput(stop).each_piece(add); !read) return fail(std::move(read.error()));
    return lines.take();
  }
  std::ifstream file(user_path(input), std::ios::binary);
  if (!file) return fail(missing_input(input));
  std::vector<char> room(std::size_t{64} * 1024);
  while (file.read(room.data(), static_cast<std::streamsize>(room.size())), file.gcount() > 0) {
    if (stop.stop_requested()) return fail_cancelled();
    lines.add({room.data(), static_cast<std::size_t>(file.gcount())});
  }
  return lines.take();
}

/// One picture's file.
Result<std::vector<GivenRecord>> standard_picture(const std::stop_token& stop) {
  GivenRecord record{.name = std::string(kStandardInput), .here = true};
  const auto add = [&record](std::string_view piece) -> Status {
    if (piece.size() > kLargestPicture - record.text.size())
      return fail("standard input brings more than 256 MiB, which is no picture", "Give the picture's file");
    record.text += piece;
    return {};
  };
  if (Status read = StandardInput(stop).each_piece(add); !read) return fail(std::move(read.error()));
  if (record.text.empty()) return fail("standard input is empty", "Give a picture's file to it: - < photo.jpg");
  std::vector<GivenRecord> records;
  records.push_back(std::move(record));
  return records;
}

}  // namespace

Result<std::vector<GivenRecord>> given_records(const std::string& input, bool lines, const std::stop_token& stop) {
  if (lines) return lines_of(input, stop);
  if (input == kStandardInput) return standard_picture(stop);
  const fs::path path = user_path(input);
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) return fail(missing_input(input));
  if (fs::is_directory(status)) return pictures_in(path, stop);
  return std::vector<GivenRecord>{{.name = path.string()}};
}

}  // namespace feedline::inline training
