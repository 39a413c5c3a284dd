// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/table/row_index.h"

#include "base/cores.h"
#include "nodes/source/table/row_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <mutex>
#include <sys/mman.h>
#include <thread>
#include <utility>

namespace feedline::inline nodes {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kIndexMagic = 0x31'53'57'4F'52'4C'46'00;  // "\0FLROWS1", the lowest byte first
constexpr std::uint64_t kKeptFrom = std::uint64_t{4} << 20;       // smaller files are indexed in milliseconds
constexpr std::size_t kGroupAim = 2048;                           // bytes
constexpr std::size_t kFineGroupAim = 32;                         // of a file that is mapped
constexpr std::size_t kMostRowsAGroup = 64;
constexpr unsigned kMostScanThreads = 16;

fs::path kept_at(const RowIndex::Request& request, const SourceContext& context) {
  std::error_code ignored;
  const CsvDialect& d = request.dialect;
  const std::string whole = fs::weakly_canonical(request.plain.opened, ignored).string();
  const std::string key = fmt::format(
      "rows 2|{}|{}|{}|{}|{}|{:d}|{:d}|{:d}|{:d}|{:d}", whole, request.plain.facts.size,
      request.plain.facts.modified_ns, request.begin, request.row_bytes, static_cast<int>(d.separator),
      static_cast<int>(d.quote), static_cast<int>(d.escape), static_cast<int>(d.comment), static_cast<int>(d.line_end));
  return cache_folder_or_default(context.cache_folder) / "tables" / (fingerprint(key) + ".rows");
}

template <class T>
void append(std::vector<std::byte>& bytes, std::span<const T> values) {
  const auto raw = std::as_bytes(values);
  bytes.insert(bytes.end(), raw.begin(), raw.end());
}

/// Scans all segments as if they began outside of quotes.
class ParallelScan {
 public:
  ParallelScan(const RowIndex::Request& request, std::size_t rows_a_group, const SourceContext& context)
      : request_(request), rows_a_group_(rows_a_group), context_(context) {
    scans.resize(SegmentScanner(request, rows_a_group).segments());
  }

  Status run() {
    unsigned threads = request_.threads;
    if (threads == 0) threads = std::min(static_cast<unsigned>(usable_cores()), kMostScanThreads);
    threads = std::max(1U, std::min<unsigned>(threads, static_cast<unsigned>(scans.size())));
    {
      std::vector<std::jthread> helpers;
      for (unsigned i = 1; i < threads; ++i) helpers.emplace_back([this] { guarded_work(false); });
      guarded_work(true);
    }
    if (context_.stop.stop_requested()) return fail_cancelled();
    if (error_) return fail(std::move(*error_));
    return {};
  }

  std::vector<SegmentScan> scans{};

 private:
  void guarded_work(bool reports) {
    try {
      work(reports);
    } catch (const std::exception&) {
      set_error(0, fail_errno(request_.plain.path, "its rows cannot be counted", ENOMEM).value());
    }
  }
  void work(bool reports) {
    SegmentScanner scanner(request_, rows_a_group_);
    for (std::size_t i = next_.fetch_add(1); i < scans.size(); i = next_.fetch_add(1)) {
      if (context_.stop.stop_requested() || failed_.load(std::memory_order_relaxed)) return;
      auto scan = scanner.scan(i, false);
      if (!scan) return set_error(i, std::move(scan.error()));
      scans[i] = std::move(*scan);
      if (reports && context_.progress)
        context_.progress("Counting rows", static_cast<double>(i) / static_cast<double>(scans.size()));
    }
  }
  /// The one that comes first in the file is told.
  void set_error(std::size_t segment, Error error) {
    const std::lock_guard lock(mutex_);
    if (!error_ || segment < at_) error_ = std::move(error);
    at_ = std::min(segment, at_);
    failed_.store(true, std::memory_order_relaxed);
  }

  const RowIndex::Request& request_;
  std::size_t rows_a_group_;
  const SourceContext& context_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_{};
  std::optional<Error> error_{};
  std::size_t at_ = SIZE_MAX;
};

}  // namespace

struct RowIndex::Map {
  const std::byte* data = nullptr;
  std::size_t size = 0;
  std::optional<MapGuard> guard{};
  Map() = default;
  Map(const Map&) = delete;
  Map& operator=(const Map&) = delete;
  ~Map() {
    guard.reset();
    if (data != nullptr) ::munmap(const_cast<std::byte*>(data), size);  // NOLINT: munmap takes void*
  }
};

Result<RowIndex> RowIndex::build(const Request& request, const SourceContext& context) {
  const std::size_t aim = request.plain.facts.size <= kMappedUpTo ? kFineGroupAim : kGroupAim;
  const std::size_t rows_a_group =
      std::clamp<std::size_t>(aim / std::max<std::size_t>(request.row_bytes, 1), 1, kMostRowsAGroup);
  ParallelScan pass(request, rows_a_group, context);
  if (Status done = pass.run(); !done) return fail(std::move(done.error()));

  Head head{.magic = kIndexMagic,
            .file_size = request.plain.facts.size,
            .first_invalid = request.plain.facts.size,
            .rows_a_group = rows_a_group};
  std::vector<SegmentEntry> segments;
  std::uint64_t line = request.line;
  bool open = false;
  SegmentScanner again(request, rows_a_group);
  for (std::size_t i = 0; i < pass.scans.size(); ++i) {
    SegmentScan& scan = pass.scans[i];
    if (scan.end <= scan.begin) continue;  // in the middle of a long line: open stays what it is
    if (open) {
      if (context.stop.stop_requested()) return fail_cancelled();
      auto right = again.scan(i, true);
      if (!right) return fail(std::move(right.error()));
      scan = std::move(*right);
    }
    open = scan.open;
    head.first_invalid = std::min(head.first_invalid, scan.first_invalid);
    if (scan.rows > 0)
      segments.push_back({.begin = scan.begin, .first_row = head.rows, .first_line = line, .first_group = head.groups});
    head.rows += scan.rows;
    head.groups += scan.groups.size();
    line += scan.lines;
  }
  head.segments = segments.size();

  auto bytes = std::make_shared<std::vector<std::byte>>();
  bytes->reserve(sizeof(Head) + segments.size() * sizeof(SegmentEntry) + head.groups * sizeof(GroupEntry));
  append(*bytes, std::span<const Head>(&head, 1));
  append(*bytes, std::span<const SegmentEntry>(segments));
  for (const SegmentScan& scan : pass.scans) append(*bytes, std::span<const GroupEntry>(scan.groups));
  RowIndex index;
  index.own_ = bytes;
  if (!index.take(*bytes, request.plain.facts.size)) return fail("the index of the rows is damaged");
  return index;
}

Result<RowIndex> RowIndex::open(const Request& request, const SourceContext& context) {
  const bool kept = request.plain.facts.size >= kKeptFrom;
  const fs::path file = kept_at(request, context);
  RowIndex index;
  if (kept && index.load(file, request.plain.facts.size)) return index;
  auto built = build(request, context);
  if (!built || !kept) return built;
  // A full or read-only cache folder only costs this pass again next time.
  if (make_folder(file.parent_path()) && write_atomically(file, built->bytes()))
    if (index.load(file, request.plain.facts.size)) return index;
  return built;
}

bool RowIndex::load(const fs::path& file, std::uint64_t file_size) {
  FileFacts facts;
  const auto opened = open_file(file.string(), &facts);
  if (!opened || facts.size < sizeof(Head)) return false;
  void* data = ::mmap(nullptr, facts.size, PROT_READ, MAP_SHARED, opened->get(), 0);
  if (data == MAP_FAILED) return false;
  auto map = std::make_shared<Map>();
  map->data = static_cast<const std::byte*>(data);
  map->size = facts.size;
  map->guard.emplace(data, facts.size);
  map_ = map;
  return take({map->data, map->size}, file_size);
}

/// False: this is no index of a file of that size. Every place that it gives lies in the file.
bool RowIndex::take(std::span<const std::byte> bytes, std::uint64_t file_size) {
  bytes_ = bytes;
  if (bytes.size() < sizeof(Head)) return false;
  std::memcpy(&head_, bytes.data(), sizeof head_);
  const Head& h = head_;
  const std::uint64_t most = bytes.size() / sizeof(GroupEntry);
  if (h.magic != kIndexMagic || h.file_size != file_size || h.segments > most || h.groups > most) return false;
  if (bytes.size() != sizeof(Head) + h.segments * sizeof(SegmentEntry) + h.groups * sizeof(GroupEntry)) return false;
  segments_ = {reinterpret_cast<const SegmentEntry*>(bytes.data() + sizeof(Head)), h.segments};
  groups_ = {reinterpret_cast<const GroupEntry*>(segments_.data() + h.segments), h.groups};
  SegmentEntry last;
  for (const SegmentEntry& segment : segments_) {
    const bool first = &segment == segments_.data();
    if (segment.begin >= file_size || segment.first_group >= h.groups || segment.first_row >= h.rows) return false;
    if (first && (segment.first_row != 0 || segment.first_group != 0)) return false;
    if (!first &&
        (segment.begin <= last.begin || segment.first_row <= last.first_row || segment.first_group <= last.first_group))
      return false;
    last = segment;
  }
  return h.rows == 0 || !segments_.empty();
}

RowPlace RowIndex::find(std::uint64_t row) const {
  const auto behind = std::upper_bound(segments_.begin(), segments_.end(), row,
                                       [](std::uint64_t r, const SegmentEntry& s) { return r < s.first_row; });
  const SegmentEntry& segment = *std::prev(behind);
  const std::uint64_t groups_end = behind == segments_.end() ? head().groups : behind->first_group;
  const std::uint64_t in_segment = row - segment.first_row;
  // Most groups have as many rows as they may, and none has more: the group is the guessed one, or a later one.
  const std::uint64_t guess =
      std::min(segment.first_group + in_segment / std::max<std::uint64_t>(head().rows_a_group, 1), groups_end - 1);
  const auto from = groups_.begin() + static_cast<std::ptrdiff_t>(guess);
  const auto to = groups_.begin() + static_cast<std::ptrdiff_t>(groups_end);
  auto next = std::next(from);
  if (next != to && next->row <= in_segment)
    next = std::upper_bound(next, to, in_segment, [](std::uint64_t r, const GroupEntry& g) { return r < g.row; });
  const GroupEntry& group = *std::prev(next);
  RowPlace place{.begin = std::min(segment.begin + group.offset, head().file_size),
                 .end = head().file_size,
                 .skip = in_segment - std::min<std::uint64_t>(group.row, in_segment),
                 .line = segment.first_line + group.line};
  if (next != to) {
    place.end = segment.begin + next->offset;
  } else if (behind != segments_.end()) {
    place.end = behind->begin;
  }
  return place;
}

std::optional<std::uint64_t> RowIndex::first_invalid() const {
  if (head().first_invalid >= head().file_size) return std::nullopt;
  return head().first_invalid;
}

RowIndex::Stretch RowIndex::segment(std::size_t number) const {
  const SegmentEntry& entry = segments_[number];
  const std::uint64_t next = number + 1 < segments_.size() ? segments_[number + 1].first_row : rows();
  const GroupEntry& group = groups_[entry.first_group];
  return {.begin = entry.begin + group.offset,
          .first_row = entry.first_row,
          .rows = next - entry.first_row,
          .line = entry.first_line + group.line};
}

}  // namespace feedline::inline nodes
