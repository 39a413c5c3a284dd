// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/archive_index.h"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <zlib.h>

namespace feedline::inline nodes {
namespace {

constexpr std::uint64_t kArchiveMagic = 0x3130584449415246;  // "FRAIDX01"
constexpr std::uint64_t kLargestArchiveIndex = std::uint64_t{1} << 36;

/// Puts values one behind the other.
class IndexBytes {
 public:
  template <class T>
  void number(T value) {
    static_assert(std::is_trivially_copyable_v<T>);
    append(&value, sizeof value);
  }
  void text(std::string_view text) {
    number(static_cast<std::uint64_t>(text.size()));
    append(text.data(), text.size());
  }
  void place(const MemberPlace& place) {
    number(place.offset);
    number(place.packed);
    number(place.size);
    number(place.checksum);
    number(place.method);
    number(static_cast<std::uint8_t>(place.packing));
    number(static_cast<std::uint8_t>(place.zipped ? 1 : 0));
  }
  [[nodiscard]] const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  void append(const void* data, std::size_t size) {
    const auto* first = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), first, first + size);
  }
  std::vector<std::byte> bytes_{};
};

/// Takes them out again; once something does not fit, only zeros.
class IndexReader {
 public:
  explicit IndexReader(std::span<const std::byte> bytes) : left_(bytes) {}
  template <class T>
  T number() {
    T value{};
    if (left_.size() < sizeof value) {
      good_ = false;
      return value;
    }
    std::memcpy(&value, left_.data(), sizeof value);
    left_ = left_.subspan(sizeof value);
    return value;
  }
  std::string text() {
    const auto size = number<std::uint64_t>();
    if (size > left_.size()) {
      good_ = false;
      return {};
    }
    std::string text(reinterpret_cast<const char*>(left_.data()), static_cast<std::size_t>(size));
    left_ = left_.subspan(static_cast<std::size_t>(size));
    return text;
  }
  MemberPlace place() {
    MemberPlace place;
    place.offset = number<std::uint64_t>();
    place.packed = number<std::uint64_t>();
    place.size = number<std::uint64_t>();
    place.checksum = number<std::uint32_t>();
    place.method = number<std::uint16_t>();
    const auto packing = number<std::uint8_t>();
    if (packing > static_cast<std::uint8_t>(Packing::Unknown)) good_ = false;
    place.packing = static_cast<Packing>(packing);
    place.zipped = number<std::uint8_t>() != 0;
    return place;
  }
  /// How many things follow, each of at least `least` bytes.
  std::size_t count(std::size_t least) {
    const auto number_of = number<std::uint64_t>();
    if (number_of > left_.size() / least) good_ = false;
    return good_ ? static_cast<std::size_t>(number_of) : 0;
  }
  [[nodiscard]] bool good() const { return good_; }

 private:
  std::span<const std::byte> left_;
  bool good_ = true;
};

std::uint32_t index_sum(std::span<const std::byte> bytes) {
  auto sum = crc32(0, nullptr, 0);
  constexpr std::size_t kSummed = std::size_t{1} << 30;
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(kSummed, bytes.size())))
    sum = crc32(sum, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(std::min(kSummed, bytes.size())));
  return static_cast<std::uint32_t>(sum);
}

void put_report(IndexBytes& to, const SourceReport& report) {
  to.number(static_cast<std::uint64_t>(report.class_names.size()));
  for (std::size_t i = 0; i < report.class_names.size(); ++i) {
    to.text(report.class_names[i]);
    to.number(report.class_counts[i]);
  }
  to.number(report.label_runs);
  to.number(static_cast<std::uint64_t>(report.ignored.size()));
  for (const PassedFiles& files : report.ignored) {
    to.text(files.ending);
    to.text(files.class_name);
    to.text(files.example);
    to.number(files.count);
    to.number(static_cast<std::uint8_t>(files.picture ? 1 : 0));
  }
  to.text(report.split ? report.split->training : std::string());
  to.text(report.split ? report.split->validation : std::string());
  to.number(static_cast<std::uint8_t>(report.refusal ? 1 : 0));
  if (!report.refusal) return;
  to.text(report.refusal->reason);
  to.text(report.refusal->remedy);
  to.text(report.refusal->parameter);
  to.text(report.refusal->file);
}

SourceReport take_report(IndexReader& from) {
  SourceReport report;
  for (std::size_t i = from.count(16); i > 0; --i) {
    report.class_names.push_back(from.text());
    report.class_counts.push_back(from.number<std::uint64_t>());
  }
  report.label_runs = from.number<std::uint64_t>();
  for (std::size_t i = from.count(33); i > 0; --i) {
    PassedFiles files;
    files.ending = from.text();
    files.class_name = from.text();
    files.example = from.text();
    files.count = from.number<std::uint64_t>();
    files.picture = from.number<std::uint8_t>() != 0;
    report.ignored.push_back(std::move(files));
  }
  DataParts parts;
  parts.training = from.text();
  parts.validation = from.text();
  if (!parts.training.empty() || !parts.validation.empty()) report.split = std::move(parts);
  if (from.number<std::uint8_t>() == 0) return report;
  Error refusal;
  refusal.reason = from.text();
  refusal.remedy = from.text();
  refusal.parameter = from.text();
  refusal.file = from.text();
  report.refusal = std::move(refusal);
  return report;
}

}  // namespace

Status ArchiveIndexFile::write(const std::filesystem::path& path, const ArchiveIndex& index) {
  if (Status made = make_folder(path.parent_path()); !made) return made;
  IndexBytes bytes;
  bytes.number(kArchiveMagic);
  bytes.number(static_cast<std::uint64_t>(index.records_.size()));
  for (const ArchiveIndex::Record& record : index.records_) {
    bytes.place(record.picture);
    bytes.number(record.name_end);
    bytes.number(record.text);
    bytes.number(record.label);
  }
  bytes.number(static_cast<std::uint64_t>(index.texts_.size()));
  for (const MemberPlace& place : index.texts_) bytes.place(place);
  bytes.text(index.names_);
  put_report(bytes, index.report_);
  bytes.number(index_sum(bytes.bytes()));
  return write_atomically(path, bytes.bytes());
}

bool ArchiveIndexFile::read(const std::filesystem::path& path, ArchiveIndex& index) {
  constexpr std::size_t kSum = sizeof(std::uint32_t);
  FileFacts facts;
  const auto file = open_file(path.string(), &facts);
  if (!file || facts.size < sizeof kArchiveMagic + kSum || facts.size > kLargestArchiveIndex) return false;
  std::vector<std::byte> bytes(static_cast<std::size_t>(facts.size));
  if (!read_at(file->get(), bytes, 0)) return false;
  const std::span<const std::byte> content = std::span(bytes).first(bytes.size() - kSum);
  std::uint32_t sum = 0;
  std::memcpy(&sum, bytes.data() + content.size(), kSum);
  if (sum != index_sum(content)) return false;

  IndexReader reader(content);
  if (reader.number<std::uint64_t>() != kArchiveMagic) return false;
  ArchiveIndex read;
  read.records_.resize(reader.count(48));
  for (ArchiveIndex::Record& record : read.records_) {
    record.picture = reader.place();
    record.name_end = reader.number<std::uint64_t>();
    record.text = reader.number<std::uint32_t>();
    record.label = reader.number<std::int32_t>();
  }
  read.texts_.resize(reader.count(32));
  for (MemberPlace& place : read.texts_) place = reader.place();
  read.names_ = reader.text();
  read.report_ = take_report(reader);
  if (!reader.good() || read.records_.empty()) return false;
  index = std::move(read);
  return true;
}

}  // namespace feedline::inline nodes
