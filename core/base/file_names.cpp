// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/file_names.h"

#include "base/lower_case.h"

#include <algorithm>
#include <array>

namespace feedline::inline base {
namespace {

using Word = std::string_view;

constexpr std::array<Word, 12> kReadable = {".jpg", ".jpeg", ".jfif", ".png",  ".webp", ".gif",
                                            ".bmp", ".tif",  ".tiff", ".avif", ".heic", ".heif"};
/// Of pictures that cannot be read; no ending: perhaps one.
constexpr std::array<Word, 35> kUnreadable = {"",     ".jpe", ".jif", ".jfi", ".hif", ".jp2",  ".j2k", ".jpf", ".jpx",
                                              ".jxl", ".jxr", ".svg", ".ico", ".psd", ".tga",  ".pbm", ".pgm", ".ppm",
                                              ".pnm", ".exr", ".hdr", ".dds", ".qoi", ".apng", ".mpo", ".raw", ".dng",
                                              ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2",  ".raf", ".dcm"};
constexpr std::array<Word, 6> kClutter = {"thumbs.db",   "ehthumbs.db", "ehthumbs_vista.db",
                                          "desktop.ini", "icon\r",      "folder.ini"};
constexpr std::array<Word, 6> kNotices = {"readme", "license", "licence", "copying", "changelog", "citation"};
constexpr std::array<Word, 11> kSystem = {
    "__macosx",   "@eadir",   "lost+found", "$recycle.bin",       "recycler",
    "#recycle",   "@recycle", "#snapshot",  "@recently-snapshot", "system volume information",
    "__pycache__"};
constexpr std::array<Word, 5> kTraining = {"train", "training", "trn", "trainset", "traindata"};
constexpr std::array<Word, 8> kValidation = {"val", "valid",      "validation", "validate",
                                             "dev", "evaluation", "eval",       "valset"};
constexpr std::array<Word, 4> kTest = {"test", "testing", "tst", "testset"};
/// Words beside those: "train_images", "seg_train", "test set".
constexpr std::array<Word, 15> kFillers = {"set",    "data",     "dataset", "image", "images", "img", "imgs", "picture",
                                           "photos", "pictures", "photo",   "split", "folder", "seg", "jpg"};

template <std::size_t N>
bool among(const std::array<Word, N>& words, Word word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

SplitRole role_of_word(Word word) {
  if (among(kTraining, word)) return SplitRole::Training;
  if (among(kValidation, word)) return SplitRole::Validation;
  return among(kTest, word) ? SplitRole::Test : SplitRole::None;
}

}  // namespace

bool is_picture_name(std::string_view name) {
  return std::any_of(kReadable.begin(), kReadable.end(), [&](Word ending) {
    return name.size() > ending.size() && std::equal(ending.begin(), ending.end(), name.end() - ending.size(),
                                                     [](char a, char b) { return a == lower_case(b); });
  });
}

std::string ending_of(std::string_view name) {
  constexpr std::size_t kLongest = 12;
  const std::size_t dot = name.rfind('.');
  if (dot == Word::npos || dot == 0 || dot + 1 == name.size() || name.size() - dot > kLongest) return {};
  const Word ending = name.substr(dot);
  const bool plain = std::all_of(ending.begin() + 1, ending.end(), [](char c) {
    return (c >= '0' && c <= '9') || (lower_case(c) >= 'a' && lower_case(c) <= 'z') || c == '_' || c == '-';
  });
  return plain ? lower_case(ending) : std::string();
}

bool is_picture_ending(std::string_view ending) { return among(kUnreadable, ending) || among(kReadable, ending); }
bool is_clutter(std::string_view name) { return name.starts_with('.') || among(kClutter, lower_case(name)); }
bool is_notice_name(std::string_view name) { return among(kNotices, lower_case(name.substr(0, name.find('.')))); }
bool is_system_folder(std::string_view name) { return among(kSystem, lower_case(name)); }

SplitRole split_role(std::string_view name) {
  const std::string low = lower_case(name);
  SplitRole role = SplitRole::None;
  for (std::size_t at = 0; at <= low.size();) {
    const std::size_t end = std::min(low.find_first_of("_-. ", at), low.size());
    const Word word = Word(low).substr(at, end - at);
    const SplitRole spoken = role_of_word(word);
    if (spoken == SplitRole::None && !word.empty() && !among(kFillers, word)) return SplitRole::None;
    if (spoken != SplitRole::None) {
      if (role != SplitRole::None && role != spoken) return SplitRole::None;
      role = spoken;
    }
    at = end + 1;
  }
  return role;
}

}  // namespace feedline::inline base
