// SPDX-License-Identifier: GPL-3.0-or-later
#include "checking/facts_file.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace feedline::inline checking {
namespace {

namespace fs = std::filesystem;

/// Changes whenever RecordFacts or what it means does.
constexpr std::uint64_t kMagic = 0x314B434843'4C46;  // "FLCHCK1"

struct FactsHead {
  std::uint64_t magic = kMagic;
  std::uint64_t records = 0;
  std::uint64_t names = 0;  ///< of all records, mixed
  std::array<std::uint64_t, 5> spare{};
};
static_assert(sizeof(FactsHead) == sizeof(RecordFacts));

off_t place(std::uint64_t record) { return static_cast<off_t>((record + 1) * sizeof(RecordFacts)); }

bool read_head(int file, FactsHead& head) {
  return ::pread(file, &head, sizeof head, 0) == sizeof head && head.magic == kMagic;
}

/// Where each name stood before, by name.
using Places = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

Places places_of(int file, std::uint64_t records) {
  Places places;
  std::vector<RecordFacts> piece(1024);
  for (std::uint64_t first = 0; first < records; first += piece.size()) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), records - first));
    const ssize_t got = ::pread(file, piece.data(), count * sizeof(RecordFacts), place(first));
    if (got <= 0) break;  // however many the file says it has
    for (std::size_t i = 0; i < static_cast<std::size_t>(got) / sizeof(RecordFacts); ++i)
      if (piece[i].known != 0) places.emplace_back(piece[i].name, first + i);
  }
  std::sort(places.begin(), places.end());
  return places;
}

bool put(int file, const void* data, std::size_t size, off_t at) {
  return ::pwrite(file, data, size, at) == static_cast<ssize_t>(size);
}

/// Brings what `from` knows into the order of the new list.
bool carry_over(int from, std::uint64_t old_records, int to, std::uint64_t records,
                const std::function<std::uint64_t(std::uint64_t)>& name_of) {
  const Places places = places_of(from, old_records);
  std::vector<RecordFacts> piece;
  for (std::uint64_t first = 0; first < records; first += piece.size()) {
    piece.assign(static_cast<std::size_t>(std::min<std::uint64_t>(1024, records - first)), {});
    bool any = false;
    for (std::size_t i = 0; i < piece.size(); ++i) {
      const std::pair<std::uint64_t, std::uint64_t> wanted{name_of(first + i), 0};
      const auto found = std::lower_bound(places.begin(), places.end(), wanted);
      if (found == places.end() || found->first != wanted.first) continue;
      any |= ::pread(from, &piece[i], sizeof(RecordFacts), place(found->second)) == sizeof(RecordFacts);
    }
    if (any && !put(to, piece.data(), piece.size() * sizeof(RecordFacts), place(first))) return false;
  }
  return true;
}

}  // namespace

FactsFile::~FactsFile() {
  if (file_ >= 0) ::close(file_);
}

bool FactsFile::open(const fs::path& folder, const std::string& key, std::uint64_t records,
                     const std::function<std::uint64_t(std::uint64_t)>& name_of, FaultList& faults) {
  std::error_code ignored;
  fs::create_directories(folder, ignored);
  const std::string base = (folder / key).string();
  FactsHead head{.records = records};
  for (std::uint64_t i = 0; i < records; ++i) head.names = head.names * 0x9E3779B97F4A7C15ULL + name_of(i);

  const auto open_locked = [](const std::string& path, int flags) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | flags, 0644);
    if (file < 0 || ::flock(file, LOCK_EX | LOCK_NB) == 0) return file;
    ::close(file);
    return -1;
  };
  const int old = open_locked(base + ".facts", 0);
  if (old < 0) return false;
  FactsHead before;
  const bool usable = read_head(old, before);
  if (!usable) ::unlink((base + ".faults").c_str());  // numbers of another list would mean something else
  if (!faults.keep_in(base + ".faults")) {
    ::close(old);
    return false;
  }
  if (usable && before.records == head.records && before.names == head.names) {
    file_ = old;
    return true;
  }
  const std::string fresh = base + ".part";
  const int file = open_locked(fresh, O_TRUNC);
  const bool made = file >= 0 && put(file, &head, sizeof head, 0) &&
                    (!usable || carry_over(old, before.records, file, records, name_of)) &&
                    ::rename(fresh.c_str(), (base + ".facts").c_str()) == 0;
  ::close(old);
  if (made) {
    file_ = file;
  } else if (file >= 0) {
    ::unlink(fresh.c_str());
    ::close(file);
  }
  return made;
}

void FactsFile::read(std::uint64_t first, std::span<RecordFacts> facts) const {
  if (file_ < 0) return;
  const ssize_t got = ::pread(file_, facts.data(), facts.size_bytes(), place(first));
  // The file is as long as what was written to it: behind its end nothing is known.
  const std::size_t whole = got > 0 ? static_cast<std::size_t>(got) / sizeof(RecordFacts) : 0;
  for (std::size_t i = whole; i < facts.size(); ++i) facts[i] = {};
}

void FactsFile::write(std::uint64_t first, std::span<const RecordFacts> facts) const {
  if (file_ >= 0) (void)put(file_, facts.data(), facts.size_bytes(), place(first));
}

}  // namespace feedline::inline checking
