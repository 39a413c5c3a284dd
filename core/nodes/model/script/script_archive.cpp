// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/script/script_archive.h"

#include "base/file_calls.h"
#include "base/plain_text.h"
#include "base/zip_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>
#include <zlib.h>

namespace feedline::inline nodes {
namespace {

constexpr std::uint64_t kMostMembers = 100000;
/// What is packed in a sound archive is its text; that of the largest published models is below a megabyte.
constexpr std::uint64_t kMostText = std::uint64_t{16} << 20U;
/// How deep LibTorch's compiler, which calls itself for each level, is let go.
constexpr int kDeepestText = 256;

constexpr const char* kScriptRemedy =
    "Choose a file that torch.jit.script(model).save(\"model.pt\") or torch.jit.trace(...).save(...) has written";

/// An operator that is not run, and why.
struct RefusedOperator {
  std::string_view name;
  std::string_view why;
};
constexpr std::string_view kTouchesFiles = "reads or writes files";
constexpr std::string_view kSharedGenerator = "changes the random numbers of the whole program";
constexpr std::string_view kOtherThreads = "runs on other threads or machines";
constexpr std::array kRefusedOperators = {
    RefusedOperator{"aten::save", kTouchesFiles},       RefusedOperator{"aten::from_file", kTouchesFiles},
    RefusedOperator{"aten::load", kTouchesFiles},       RefusedOperator{"aten::manual_seed", kSharedGenerator},
    RefusedOperator{"aten::seed", kSharedGenerator},    RefusedOperator{"aten::wait", kOtherThreads},
    RefusedOperator{"prim::fork", kOtherThreads},       RefusedOperator{"prim::awaitable", kOtherThreads},
    RefusedOperator{"prim::rpc_async", kOtherThreads},  RefusedOperator{"prim::rpc_sync", kOtherThreads},
    RefusedOperator{"prim::rpc_remote", kOtherThreads}, RefusedOperator{"aten::fork", kOtherThreads},
    RefusedOperator{"aten::rpc_async", kOtherThreads},  RefusedOperator{"aten::rpc_sync", kOtherThreads},
};

bool is_script_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// The text with all that stands in quotes and behind # left out; lines stay lines.
Result<std::string> script_without_quotes(std::string_view text) {
  std::string bare;
  bare.reserve(text.size());
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != '\0') {
      if (c == '\\') ++i;
      if (c == quote) quote = '\0';
      continue;
    }
    if (c == '"' || c == '\'') {
      if (text.substr(i, 3) == std::string(3, c)) return fail("its program has texts of several lines", kScriptRemedy);
      quote = c;
      bare += ' ';
      continue;
    }
    if (c == '#') i = std::min(text.find('\n', i), text.size() - 1);
    bare += text[i];
  }
  return bare;
}

/// How deep brackets, blocks and chains of operators are nested at the most.
int script_depth(std::string_view bare) {
  int deepest = 0;
  int brackets = 0;
  int chain = 0;   // operators of this line that a parser goes down for
  int indent = 0;  // blanks
  bool begins = true;
  for (std::size_t i = 0; i < bare.size(); ++i) {
    const char c = bare[i];
    if (c == '\n') {
      begins = true;
      indent = chain = 0;
      continue;
    }
    if (begins && c == ' ') {
      ++indent;
      continue;
    }
    begins = false;
    if (c == '(' || c == '[' || c == '{') ++brackets;
    if (c == ')' || c == ']' || c == '}') brackets = std::max(0, brackets - 1);
    const bool word = i == 0 || !is_script_word(bare[i - 1]);
    if (c == '-' || c == '~' || bare.substr(i, 2) == "**") ++chain;
    for (const std::string_view key : {"not ", "if ", "lambda"})
      if (word && bare.substr(i, key.size()) == key) ++chain;
    deepest = std::max({deepest, brackets, chain, indent / 2});
  }
  return deepest;
}

/// The words behind `mark` that belong to a dotted name: behind "ops.", "torchvision.nms".
std::string_view script_name_at(std::string_view bare, std::size_t at) {
  std::size_t end = at;
  while (end < bare.size() && (is_script_word(bare[end]) || bare[end] == '.')) ++end;
  return bare.substr(at, end - at);
}

tl::unexpected<Error> refuse_operator(std::string_view name) {
  const std::string_view why = refused_operator(name);
  return fail(fmt::format("it uses the operator {}, which {}", plain_line(name), why),
              "Save a module that is made of PyTorch's own operators alone, or build that part of other nodes");
}

class ScriptFile {
 public:
  explicit ScriptFile(const std::filesystem::path& path)
      : descriptor_(FileCalls::current().open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~ScriptFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  ScriptFile(const ScriptFile&) = delete;
  ScriptFile& operator=(const ScriptFile&) = delete;

  Status check() {
    if (descriptor_ < 0)
      return fail(
          errno == ENOENT ? "there is no such file" : std::string("it cannot be opened: ") + std::strerror(errno),
          kScriptRemedy);
    struct stat status {};
    if (FileCalls::current().fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode))
      return fail("it is no regular file", kScriptRemedy);
    size_ = static_cast<std::uint64_t>(status.st_size);
    auto directory = ZipDirectory::find(descriptor_, size_);
    if (!directory) return fail("it is no file of TorchScript, or not all of one", kScriptRemedy);
    std::vector<ZipEntry> programs;
    if (Status sound = read_directory(*directory, programs); !sound) return sound;
    std::uint64_t all = 0;
    for (const ZipEntry& entry : programs) {
      all += entry.size;
      if (all > kMostText) return fail("its program is longer than that of any sound file", kScriptRemedy);
      auto text = unpacked(entry);
      if (!text) return fail(std::move(text.error()));
      if (Status fine = check_script_text(*text); !fine) return fine;
    }
    return {};
  }

 private:
  Status read_directory(ZipDirectory& directory, std::vector<ZipEntry>& programs) const {
    bool pickle = false;
    std::uint64_t members = 0;
    std::uint64_t stored = 0;
    std::uint64_t packed = 0;
    for (;;) {
      auto entry = directory.next();
      if (!entry) return fail("its directory is damaged: " + entry.error().reason, "Save or download it again");
      if (!*entry) break;
      const ZipEntry& member = **entry;
      if (++members > kMostMembers) return fail("it has more members than any sound file", kScriptRemedy);
      if (member.encrypted || member.link || (member.method != 0 && member.method != 8))
        return fail(fmt::format("its member {} is packed in a way that PyTorch does not use", escape_name(member.name)),
                    kScriptRemedy);
      (member.method == 0 ? stored : packed) += member.size;
      if (stored > size_ || packed > 4 * kMostText)
        return fail("what is in it would unpack to more than a sound file holds", kScriptRemedy);
      const std::string_view name = member.name;
      if (name.ends_with("model.json"))
        return fail("it was written by a PyTorch of before 1.1", "Save it again with a newer PyTorch");
      pickle |= name.ends_with("/data.pkl");
      if (name.ends_with(".py")) programs.push_back(member);
    }
    if (!programs.empty()) return {};
    return pickle
               ? fail("it holds tensors without a program: a state dict, or a model that torch.save() has written",
                      "Write torch.jit.script(model).save(\"model.pt\") in Python, or give the tensors as weights to "
                      "a backbone")
               : fail("it is a zip file, but not one of TorchScript", kScriptRemedy);
  }

  [[nodiscard]] Result<std::string> unpacked(const ZipEntry& entry) const {
    const auto damaged = [&](std::string_view how) {
      return fail(fmt::format("its member {} {}", escape_name(entry.name), how), "Save or download it again");
    };
    const auto begin = ZipDirectory::bytes_begin(descriptor_, size_, entry);
    if (!begin) return damaged("does not stand where the directory says");
    if (entry.packed > kMostText || entry.size > kMostText) return damaged("is longer than that of any sound file");
    std::vector<std::byte> packed(entry.packed);
    if (!read_fully(descriptor_, packed, *begin)) return damaged("breaks off");
    std::string text(entry.size, '\0');
    if (entry.method == 0) {
      if (entry.size != entry.packed) return damaged("has two lengths");
      std::copy_n(reinterpret_cast<const char*>(packed.data()), packed.size(), text.begin());
      return text;
    }
    z_stream stream{};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return damaged("cannot be unpacked");
    stream.next_in = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(text.data());
    stream.avail_out = static_cast<uInt>(text.size());
    const int end = inflate(&stream, Z_FINISH);
    const bool whole = end == Z_STREAM_END && stream.avail_out == 0;
    inflateEnd(&stream);
    if (!whole) return damaged("cannot be unpacked");
    return text;
  }

  int descriptor_;
  std::uint64_t size_ = 0;
};

}  // namespace

std::string_view refused_operator(std::string_view name) {
  for (const RefusedOperator& one : kRefusedOperators)
    if (name == one.name) return one.why;
  const bool own = name.starts_with("aten::") || name.starts_with("prim::");
  return own ? std::string_view() : std::string_view("is not part of LibTorch");
}

Status check_script_text(std::string_view text) {
  const auto bare = script_without_quotes(text);
  if (!bare) return fail(Error(bare.error()));
  if (script_depth(*bare) > kDeepestText)
    return fail(fmt::format("its program is nested more than {} levels deep", kDeepestText), kScriptRemedy);
  if (bare->find("__setstate__") != std::string::npos)
    return fail("its program has a __setstate__, which would run while the file is being loaded",
                "Save a module without __setstate__; those of quantisation have one");
  if (bare->find("__torch__.torch.classes") != std::string::npos)
    return fail("its program uses classes that were written in C++", "Save a module that is made of tensors alone");
  for (std::size_t at = bare->find("ops."); at != std::string::npos; at = bare->find("ops.", at + 1)) {
    if (at > 0 && (is_script_word((*bare)[at - 1]) || (*bare)[at - 1] == '.')) continue;
    std::string name(script_name_at(*bare, at + 4));
    const std::size_t dot = name.find('.');
    if (dot == std::string::npos) continue;
    name.replace(dot, 1, "::");
    if (!refused_operator(name).empty()) return refuse_operator(name);
  }
  for (std::size_t at = bare->find("torch."); at != std::string::npos; at = bare->find("torch.", at + 1)) {
    if (at > 0 && (is_script_word((*bare)[at - 1]) || (*bare)[at - 1] == '.')) continue;
    const std::string name = "aten::" + std::string(script_name_at(*bare, at + 6));
    if (!refused_operator(name).empty()) return refuse_operator(name);
  }
  return {};
}

Status check_script_archive(const std::filesystem::path& path) {
  Status fine = ScriptFile(path).check();
  if (fine) return {};
  return fail(std::move(fine.error()).at_parameter("file").in_file(escape_name(path.string())));
}

}  // namespace feedline::inline nodes
