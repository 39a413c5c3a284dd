// SPDX-License-Identifier: GPL-3.0-or-later
#include "exporting/event_file.h"

#include "base/clock.h"
#include "base/plain_text.h"
#include "exporting/event_messages.h"
#include "runs/run_record.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <exception>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace feedline::inline exporting {
namespace {

constexpr Nanos kFlushEvery = 1'000'000'000;
/// Of pictures, and of histograms: between two of them. Short epochs must not wait for a copy each.
constexpr Nanos kWatchEvery = 1'000'000'000;
/// Of a disk that does not answer.
constexpr std::size_t kMostWaiting = 16 << 20;

std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1U) != 0 ? crc >> 1U ^ 0x82F63B78U : crc >> 1U;
    table[i] = crc;
  }
  return table;
}

template <class Number>
std::string little_endian(Number number) {
  std::string bytes(sizeof number, '\0');
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}

/// As a record of TFRecord.
std::string framed(std::string_view event) {
  const std::string length = little_endian(static_cast<std::uint64_t>(event.size()));
  std::string record = length + little_endian(masked_crc32c(length));
  record.append(event).append(little_endian(masked_crc32c(event)));
  return record;
}

/// At most once in so long; says so only once.
bool is_time(std::optional<Nanos>& before) {
  const Nanos now = Clock::system().now();
  if (before && now - *before < kWatchEvery) return false;
  before = now;
  return true;
}

}  // namespace

std::uint32_t masked_crc32c(std::string_view bytes) {
  static const std::array<std::uint32_t, 256> table = crc_table();
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char byte : bytes) crc = crc >> 8U ^ table[(crc ^ static_cast<unsigned char>(byte)) & 0xFFU];
  crc ^= 0xFFFFFFFFU;
  return (crc >> 15U | crc << 17U) + 0xA282EAD8U;
}

std::filesystem::path event_folder(const std::filesystem::path& all, const std::string& graph) {
  std::string name;
  for (const char c : graph) name += c == '/' || static_cast<unsigned char>(c) < ' ' ? '_' : c;
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return all / fmt::format("{} {:%Y%m%d-%H%M%S}", name, fmt::localtime(now));
}

Result<std::shared_ptr<EventFile>> EventFile::open(const std::filesystem::path& folder, const Document& document) {
  auto made = std::make_shared<EventFile>(folder, document);
  if (Status fine = made->status(); !fine) return fail(std::move(fine.error()));
  return made;
}

EventFile::EventFile(std::filesystem::path folder, Document document, std::function<void(const Error&)> on_fault)
    : folder_(std::move(folder)), document_(std::move(document)), on_fault_(std::move(on_fault)) {
  static std::atomic<unsigned> given{0};
  path_ = folder_ / fmt::format("events.out.tfevents.{:010}.feedline.{}.{}", static_cast<std::int64_t>(wall_clock()),
                                ::getpid(), given++);
  try {
    thread_ = std::jthread([this](const std::stop_token& stop) { main(stop); });
  } catch (const std::system_error&) {
    busy_ = false;
    note_fault({.reason = "no thread can be started that writes it", .file = escape_name(path_.string())});
  }
}

EventFile::~EventFile() {
  hurry();
  thread_.request_stop();
}

void EventFile::hurry() {
  {
    const std::lock_guard lock(mutex_);
    due_ = true;
  }
  changed_.notify_all();
}

void EventFile::main(const std::stop_token& stop) {
  make();
  std::unique_lock lock(mutex_);
  for (;;) {
    busy_ = shows_ = false;
    changed_.notify_all();
    changed_.wait(lock, stop, [this] { return due_; });
    due_ = false;
    if (!waiting_.any()) {
      if (stop.stop_requested()) return;
      continue;
    }
    const Waiting work = std::exchange(waiting_, {});
    busy_ = true;
    shows_ = work.rows || work.tensors;
    lock.unlock();
    try {
      write(work);
    } catch (const std::exception& fault) {  // no memory
      note_fault({.reason = fault.what(), .file = escape_name(path_.string())});
    }
    lock.lock();
  }
}

void EventFile::make() {
  try {
    std::error_code ignored;  // opening says it better
    std::filesystem::create_directories(folder_, ignored);
    file_.open(path_, std::ios::binary);
    write({.events = framed(version_event().bytes()) + framed(graph_event(document_).bytes())});
  } catch (const std::exception& fault) {
    note_fault({.reason = fault.what(), .file = escape_name(path_.string())});
  }
}

void EventFile::write(const Waiting& work) {
  file_ << work.events;
  if (work.rows) file_ << framed(pictures_event(*work.rows).bytes());
  if (work.tensors) file_ << framed(histograms_event(*work.tensors).bytes());
  file_.flush();
  if (!file_)
    note_fault({.reason = "it cannot be written",
                .remedy = "Choose a folder that may be written and has room: --tensorboard FOLDER",
                .file = escape_name(path_.string())});
}

void EventFile::note_fault(Error error) {
  {
    const std::lock_guard lock(mutex_);
    if (fault_) return;
    fault_ = error;
  }
  if (on_fault_) on_fault_(error);
}

Status EventFile::status() {
  std::unique_lock lock(mutex_);
  if (thread_.joinable()) {
    due_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !busy_ && !waiting_.any(); });
  }
  if (fault_) return fail(*fault_);
  return {};
}

void EventFile::put(std::string_view event) {
  const std::string record = framed(event);
  const std::lock_guard lock(mutex_);
  if (!fault_ && waiting_.events.size() + record.size() <= kMostWaiting) waiting_.events += record;
}

void EventFile::scalar(std::uint64_t step, const std::string& tag, double value) {
  if (std::isfinite(value)) put(scalar_event(step, tag, value).bytes());
}

void EventFile::take(const Snapshot& now) {
  const TrainerSample& trainer = now.trainer;
  bool newer = false;
  bool due = false;
  {
    const std::lock_guard lock(mutex_);
    newer = trainer.steps > last_step_ && !trainer.validating;
    if (newer) last_step_ = trainer.steps;
    due = now.at - flushed_at_ >= kFlushEvery;
    if (due) flushed_at_ = now.at;
  }
  if (newer) scalar(trainer.steps, "loss/running", trainer.loss);
  if (due) hurry();
}

void EventFile::take(const Fact& fact) {
  if (std::holds_alternative<Finished>(fact)) return hurry();
  const auto* done = std::get_if<EpochDone>(&fact);
  if (done == nullptr) return;
  const EpochResult& epoch = done->result;
  std::uint64_t step = epoch.step;
  if (step == 0) {
    const std::lock_guard lock(mutex_);
    step = last_step_;
  }
  for (const MetricValue& metric : epoch.metrics)
    scalar(step, metric_key(metric.name) + "/" + metric.split, metric.value);
  scalar(step, "learning_rate", epoch.learning_rate);
  scalar(step, "samples_per_second", epoch.samples_per_s);
  scalar(step, "epoch", epoch.epoch);
}

bool EventFile::wants_rows() {
  const std::lock_guard lock(mutex_);
  return !fault_ && !shows_ && !waiting_.rows && is_time(rows_at_);
}

bool EventFile::wants_tensors() {
  const std::lock_guard lock(mutex_);
  return !fault_ && !shows_ && !waiting_.tensors && is_time(tensors_at_);
}

void EventFile::take(WatchedRows rows) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.rows = std::move(rows);
  }
  hurry();
}

void EventFile::take(WatchedTensors tensors) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.tensors = std::move(tensors);
  }
  hurry();
}

}  // namespace feedline::inline exporting
