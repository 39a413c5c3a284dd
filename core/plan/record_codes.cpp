// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled by -O3: runs over records.
#include "plan/record_codes.h"

#include "base/cores.h"
#include "base/lower_case.h"
#include "base/machine_fault.h"
#include "base/numbers.h"
#include "base/plain_text.h"
#include "base/text_index.h"
#include "schema/own_files.h"
#include "schema/record_keys.h"
#include "state/fingerprint.h"
#include "state/fitted_cache.h"
#include "state/source_fingerprint.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <mutex>
#include <new>
#include <pthread.h>
#include <thread>
#include <unordered_map>
#include <vector>

namespace feedline::inline plan {
namespace {

constexpr std::uint64_t kCodedPiece = 16'384;       // records that a thread takes at a time, in order
constexpr std::uint64_t kCodedBetweenLooks = 1024;  // records between two looks for a stop
constexpr std::uint64_t kWorthKeeping = 20'000;     // records; fewer are looked at anew in no time
constexpr std::size_t kLongestShownValue = 200;     // bytes
constexpr std::string_view kFolderName = "folder";

/// What is asked of each record, and by which function of the source.
struct CodeReader {
  const Source& source;
  std::optional<std::size_t> label{};
  const RecordKeys* keys = nullptr;
  std::size_t key = 0;
  const OwnFiles* folders = nullptr;

  /// `out` has a place for each output of the source.
  Status read(std::uint64_t record, std::vector<Datum*>& out, Datum* class_index, std::string& value) const {
    if (keys != nullptr) return keys->read_key(record, key, value, class_index);
    if (folders != nullptr) value = std::filesystem::path(folders->file_of(record)).parent_path().string();
    if (class_index == nullptr) return {};
    out[*label] = class_index;
    return source.read(record, out);
  }
};

Status find_value(CodeReader& reader, const std::string& name) {
  const std::vector<std::string> names = split_names(reader.source);
  auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {  // case is easily mistaken
    const auto alike = [&](const std::string& other) { return lower_case(other) == lower_case(name); };
    found = std::count_if(names.begin(), names.end(), alike) == 1 ? std::find_if(names.begin(), names.end(), alike)
                                                                  : names.end();
  }
  if (found == names.end() && names.empty())
    return fail(
        Error{.reason = "the source has no columns or folders by which its records could be divided",
              .remedy = "Set split_by to random or stratified, or groups of the source where it has that parameter",
              .parameter = "split_column"});
  if (found == names.end())
    return fail(Error{.reason = "the source has no column '" + escape_name(name) + "'",
                      .remedy = "Name one of: " + numbers::listed(names, 12),
                      .parameter = "split_column"});
  const auto* keys = dynamic_cast<const RecordKeys*>(&reader.source);
  const auto place = static_cast<std::size_t>(found - names.begin());
  if (keys != nullptr && place < keys->key_names().size()) {
    reader.keys = keys;
    reader.key = place;
  } else {
    reader.folders = dynamic_cast<const OwnFiles*>(&reader.source);
  }
  return {};
}

/// What one thread has found besides the codes.
struct CodesSeen {
  std::unordered_map<std::uint32_t, std::string> values{};
  bool many = false;
  std::uint64_t fault_record = UINT64_MAX;
  Error fault{};

  void add(std::uint32_t code, const std::string& value) {
    if (many) return;
    const auto [known, fresh] = values.try_emplace(code, value, 0, kLongestShownValue);
    if (!fresh && value < known->second) known->second.assign(value, 0, kLongestShownValue);
    many = values.size() > CodedRecords::kMostValues;
  }
  void add_fault(std::uint64_t record, Error error) {
    if (record >= fault_record) return;
    fault_record = record;
    fault = std::move(error);
  }
  void merge(CodesSeen& other) {
    for (const auto& [code, value] : other.values) add(code, value);
    many |= other.many;
    if (other.fault_record < fault_record) add_fault(other.fault_record, std::move(other.fault));
  }
};

class CodingPass {
 public:
  CodingPass(const CodeReader& reader, CodedRecords& coded, const SourceContext& context)
      : reader_(reader), coded_(coded), context_(context), records_(reader.source.size()) {}

  Status run(std::size_t threads) {
    const std::uint64_t pieces = (records_ + kCodedPiece - 1) / kCodedPiece;
    const std::uint64_t count = std::min<std::uint64_t>(threads > 0 ? threads : usable_cores(), pieces);
    {
      std::vector<std::jthread> helpers;
      try {
        for (std::uint64_t i = 1; i < count; ++i) helpers.emplace_back([this] { work(false); });
      } catch (const std::system_error&) {  // fewer threads do as well
      }
      work(true);
    }
    if (context_.stop.stop_requested()) return fail_cancelled();
    if (failure_) return fail(std::move(*failure_));
    coded_.many_values = all_.many;
    if (!all_.many)
      for (auto& [code, value] : all_.values) coded_.values.emplace(code, std::move(value));
    if (all_.fault_record != UINT64_MAX) coded_.fault = std::move(all_.fault);
    return {};
  }

 private:
  void work(bool tells) noexcept {
    if (!tells) pthread_setname_np(pthread_self(), "feedline-labels");
    try {
      CodesSeen seen;
      Status done = look(seen, tells);
      const std::lock_guard lock(mutex_);
      if (!done && !failure_) failure_ = std::move(done.error());
      all_.merge(seen);
    } catch (const std::exception&) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = machine_error(ENOMEM, "the labels cannot be looked at");
    }
  }

  Status look(CodesSeen& seen, bool tells) {
    std::vector<Datum*> out(reader_.source.outputs().size(), nullptr);
    Datum label;
    Datum* const wanted = coded_.labels ? &label : nullptr;
    std::string value;
    std::string last;
    std::optional<std::uint32_t> last_code;
    for (std::uint64_t at = next_.fetch_add(kCodedPiece); at < records_; at = next_.fetch_add(kCodedPiece)) {
      const std::uint64_t end = std::min(records_, at + kCodedPiece);
      for (std::uint64_t record = at; record < end; ++record) {
        if (record % kCodedBetweenLooks == 0 && (context_.stop.stop_requested() || failed())) return {};
        Status read = reader_.read(record, out, wanted, value);
        if (!read && is_machine_fault(read.error()))
          read = patiently(context_.stop, [&] { return reader_.read(record, out, wanted, value); });
        if (!read && (is_machine_fault(read.error()) || read.error().code == ErrorCode::Cancelled)) return read;
        if (!read) {
          seen.add_fault(record, std::move(read.error()));
          continue;
        }
        if (wanted != nullptr) set_class(record, *wanted);
        if (!coded_.column) continue;
        if (!last_code || value != last) {
          last = value;
          last_code = code_of(value);
          seen.add(*last_code, value);
        }
        coded_.column->set(record, *last_code);
      }
      done_.fetch_add(end - at, std::memory_order_relaxed);
      if (tells && context_.progress)
        context_.progress(coded_.column ? "Looking at labels and columns" : "Looking at labels",
                          static_cast<double>(done_.load(std::memory_order_relaxed)) / static_cast<double>(records_));
    }
    return {};
  }

  /// One outside of the classes is a bad record, for whoever reads it.
  void set_class(std::uint64_t record, const Datum& label) {
    const std::int64_t index = *label.as<std::int64_t>();
    if (index >= 0 && static_cast<std::uint64_t>(index) < coded_.classes)
      coded_.labels->set(record, static_cast<std::uint32_t>(index));
  }

  bool failed() {
    const std::lock_guard lock(mutex_);
    return failure_.has_value();
  }

  const CodeReader& reader_;
  CodedRecords& coded_;
  const SourceContext& context_;
  const std::uint64_t records_;
  std::atomic<std::uint64_t> next_{0};
  std::atomic<std::uint64_t> done_{0};
  std::mutex mutex_{};
  CodesSeen all_{};                 ///< guarded
  std::optional<Error> failure_{};  ///< guarded
};

/// None: nothing is kept of this source.
std::optional<std::string> codes_hash(const CodedSource& coded, const CodeRequest& request) {
  if (coded.source.size() < kWorthKeeping) return std::nullopt;
  const auto files = shared_files_fingerprint(coded.source);
  if (!files) return std::nullopt;
  Fingerprint hash;
  hash.add("codes 1").add(coded.type).add(*files).add(coded.source.size());
  for (const auto& [name, value] : coded.params) hash.add(name).add(to_text(value));
  return hash.add(request.labels ? 1 : 0).add(request.column).hex();
}

/// False: what was kept is not what is wanted.
bool take_kept_codes(NamedTensors kept, std::uint64_t records, CodedRecords& coded) {
  const auto take = [&](const char* name, std::optional<RecordCodes>& into) {
    if (!into) return true;
    const auto found = kept.find(name);
    auto codes = found == kept.end() ? std::nullopt : RecordCodes::of(std::move(found->second));
    if (!codes || codes->size() != records) return false;
    into = std::move(codes);
    return true;
  };
  const auto is_class = [&](const RecordCodes& labels) {  // whatever the file says
    for (std::uint64_t record = 0; record < records; ++record)
      if (labels[record] != RecordCodes::kNone && labels[record] >= coded.classes) return false;
    return true;
  };
  if (!take("labels", coded.labels) || !take("column", coded.column)) return false;
  if (coded.labels && !is_class(*coded.labels)) return false;
  if (!coded.column) return true;
  const auto values = find_texts(kept, "values");
  const auto codes = kept.find("codes");
  coded.many_values = !values;
  if (!values || codes == kept.end() || codes->second.data.size() != values->size() * sizeof(std::uint32_t))
    return coded.many_values;
  for (std::size_t i = 0; i < values->size(); ++i) {
    std::uint32_t code = 0;
    std::memcpy(&code, codes->second.data.data() + i * sizeof code, sizeof code);
    coded.values.emplace(code, (*values)[i]);
  }
  return true;
}

NamedTensors codes_to_keep(const CodedRecords& coded) {
  NamedTensors kept;
  if (coded.labels) kept.emplace("labels", coded.labels->kept());
  if (coded.column) kept.emplace("column", coded.column->kept());
  if (!coded.column || coded.many_values) return kept;
  std::vector<std::string> values;
  TensorValue codes{.type = ElementType::U32, .shape = {static_cast<std::int64_t>(coded.values.size())}};
  for (const auto& [code, value] : coded.values) {  // of a long value only the beginning is kept, so with its code
    values.push_back(value);
    const auto* bytes = reinterpret_cast<const std::byte*>(&code);
    codes.data.insert(codes.data.end(), bytes, bytes + sizeof code);
  }
  put_texts(kept, "values", values);
  kept.emplace("codes", std::move(codes));
  return kept;
}

}  // namespace

RecordCodes::RecordCodes(std::uint64_t records, bool few) : size_(records) {
  values_.type = few ? ElementType::U8 : ElementType::U32;
  values_.shape = {static_cast<std::int64_t>(records)};
  values_.data.assign(static_cast<std::size_t>(records) * size_of(values_.type), std::byte{0xFF});
}

std::optional<RecordCodes> RecordCodes::of(TensorValue kept) {
  if ((kept.type != ElementType::U8 && kept.type != ElementType::U32) || kept.shape.size() != 1) return std::nullopt;
  RecordCodes codes(0, true);
  codes.size_ = kept.data.size() / size_of(kept.type);
  codes.values_ = std::move(kept);
  return codes;
}

std::uint32_t RecordCodes::operator[](std::uint64_t record) const {
  if (values_.type == ElementType::U8) {
    const auto code = std::to_integer<std::uint32_t>(values_.data[record]);
    return code == kFew ? kNone : code;
  }
  std::uint32_t code = 0;
  std::memcpy(&code, values_.data.data() + record * sizeof code, sizeof code);
  return code;
}

void RecordCodes::set(std::uint64_t record, std::uint32_t code) {
  if (values_.type == ElementType::U8)
    values_.data[record] = static_cast<std::byte>(code);
  else
    std::memcpy(values_.data.data() + record * sizeof code, &code, sizeof code);
}

std::uint32_t code_of(std::string_view value) {
  const std::uint64_t hash = TextIndex::hash_of(value);
  return std::min(static_cast<std::uint32_t>(hash >> 32U), RecordCodes::kNone - 1);
}

std::optional<std::size_t> class_port(const Source& source) {
  const auto& outputs = source.outputs();
  for (std::size_t i = 0; i < outputs.size(); ++i)
    if (outputs[i].kind == Kind::Label && outputs[i].dtype == DType::I64 && outputs[i].shape.empty() &&
        outputs[i].classes.known() && outputs[i].classes.size() > 0)
      return i;
  return std::nullopt;
}

std::vector<std::string> split_names(const Source& source) {
  std::vector<std::string> names;
  if (const auto* keys = dynamic_cast<const RecordKeys*>(&source)) names = keys->key_names();
  if (dynamic_cast<const OwnFiles*>(&source) != nullptr) names.emplace_back(kFolderName);
  return names;
}

Result<CodedRecords> code_records(const CodedSource& coded, const CodeRequest& request, const SourceContext& context,
                                  std::size_t threads) {
  const std::uint64_t records = coded.source.size();
  CodedRecords found;
  CodeReader reader{.source = coded.source};
  if (!request.column.empty()) {
    if (Status named = find_value(reader, request.column); !named) return fail(std::move(named.error()));
    found.column.emplace(records, false);
  }
  reader.label = request.labels ? class_port(coded.source) : std::nullopt;
  if (reader.label) {
    found.classes = static_cast<std::size_t>(coded.source.outputs()[*reader.label].classes.size());
    found.labels.emplace(records, found.classes <= RecordCodes::kFew);
  }
  if (!found.column && !found.labels) return found;
  const FittedCache cache(context.cache_folder, "splits");
  const auto hash = context.cache_folder.empty() ? std::nullopt : codes_hash(coded, request);
  if (hash)
    if (auto kept = cache.find(*hash)) {
      CodedRecords read = found;
      if (take_kept_codes(std::move(*kept), records, read)) return read;
    }
  if (Status passed = CodingPass(reader, found, context).run(threads); !passed) return fail(std::move(passed.error()));
  if (hash) (void)cache.keep(*hash, std::string(coded.type), codes_to_keep(found));  // the next run then looks again
  return found;
}

}  // namespace feedline::inline plan
