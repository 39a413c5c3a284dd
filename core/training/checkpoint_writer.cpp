// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/checkpoint_writer.h"

#include "base/plain_text.h"
#include "state/checkpoint_files.h"

#include <algorithm>
#include <exception>
#include <system_error>
#include <utility>

namespace feedline::inline training {
namespace {

namespace fs = std::filesystem;

/// Gives a file a second name, in place of what had it. False: the file system cannot, or the machine is at fault.
bool link_as(const fs::path& file, const fs::path& name) {
  const fs::path part = name.parent_path() / ("." + name.filename().string() + ".link.part");
  std::error_code error;
  fs::remove(part, error);
  fs::create_hard_link(file, part, error);
  if (!error) fs::rename(part, name, error);
  return !error;
}

}  // namespace

CheckpointWriter::CheckpointWriter(fs::path folder, std::size_t keep, std::function<void(const Error&)> on_fault)
    : folder_(std::move(folder)),
      keep_(std::max<std::size_t>(keep, 1)),
      on_fault_(std::move(on_fault)),
      thread_([this](const std::stop_token& stop) { main(stop); }) {}

CheckpointWriter::~CheckpointWriter() {
  finish();
  thread_.request_stop();
}

bool CheckpointWriter::idle() const {
  const std::lock_guard lock(mutex_);
  return !writing_ && !waiting_ && !waiting_best_;
}

void CheckpointWriter::write(Work work) {
  {
    const std::lock_guard lock(mutex_);
    (work.numbered || !work.best ? waiting_ : waiting_best_) = std::move(work);
  }
  changed_.notify_all();
}

void CheckpointWriter::finish() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !writing_ && !waiting_ && !waiting_best_; });
}

std::string CheckpointWriter::newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

std::string CheckpointWriter::best() const {
  const std::lock_guard lock(mutex_);
  return best_;
}

void CheckpointWriter::main(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (!changed_.wait(lock, stop, [this] { return waiting_ || waiting_best_; })) return;
    const Work work = *std::exchange(waiting_best_ ? waiting_best_ : waiting_, std::nullopt);
    writing_ = true;
    lock.unlock();
    Status written = put(work);
    if (!written && !std::exchange(told_, true) && on_fault_) {
      Error error = std::move(written.error());
      error.reason = "no checkpoint could be written, and the run goes on without: " + error.reason;
      on_fault_(error);
    }
    lock.lock();
    writing_ = false;
    changed_.notify_all();
  }
}

Status CheckpointWriter::put(const Work& work) {
  try {
    std::error_code ignored;  // writing says it better
    fs::create_directories(folder_, ignored);
    const fs::path numbered = folder_ / checkpoint_name(work.state->position.step);
    const fs::path best = folder_ / kBestCheckpoint;
    if (work.numbered) {
      if (Status saved = save_training_state(*work.state, numbered); !saved) return saved;
      keep_newest_checkpoints(folder_, keep_);
    }
    if (work.best && !(work.numbered && link_as(numbered, best)))
      if (Status saved = save_training_state(*work.state, best); !saved) return saved;
    const std::lock_guard lock(mutex_);
    if (work.numbered) newest_ = escape_name(numbered.string());
    if (work.best) best_ = escape_name(best.string());
    return {};
  } catch (const std::exception& fault) {  // out of memory
    return fail(Error{.code = ErrorCode::Failed, .reason = fault.what(), .file = escape_name(folder_.string())});
  }
}

}  // namespace feedline::inline training
