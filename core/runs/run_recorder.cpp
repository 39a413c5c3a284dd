// SPDX-License-Identifier: GPL-3.0-or-later
#include "runs/run_recorder.h"

#include <exception>
#include <utility>

namespace feedline::inline runs {

RunRecorder::RunRecorder(RunHeader header, std::filesystem::path file, OnFault on_fault,
                         std::chrono::milliseconds period)
    : writer_(std::move(header)), file_(std::move(file)), on_fault_(std::move(on_fault)), period_(period) {
  try {
    thread_ = std::jthread([this] { main(); });
  } catch (const std::system_error& fault) {
    if (on_fault_)
      on_fault_({.code = ErrorCode::Failed, .reason = std::string("the run is not recorded: ") + fault.what()});
  }
}

RunRecorder::~RunRecorder() { close(); }

std::int64_t RunRecorder::close() {
  {
    const std::lock_guard lock(mutex_);
    end_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  return id_;
}

void RunRecorder::tell(RunNews news) {
  const std::lock_guard lock(mutex_);
  urgent_ |= news.status.has_value();
  news_.merge(std::move(news));
  if (urgent_) wake_.notify_all();
}

Status RunRecorder::flush(std::optional<Database>& database, RunNews news) {
  if (!database) {
    auto opened = Database::open(file_);
    if (!opened) return fail(std::move(opened.error()));
    database.emplace(std::move(*opened));
  }
  Status written = writer_.write(*database, std::move(news));
  if (written) {
    started_at_ = writer_.started_at();
    id_ = writer_.id();
  }
  return written;
}

void RunRecorder::main() {
  std::optional<Database> database;
  bool told = false;
  for (bool last = false; !last;) {
    RunNews news;
    {
      std::unique_lock lock(mutex_);
      if (id_ != 0 || told) wake_.wait_for(lock, period_, [this] { return end_ || urgent_; });
      last = end_;
      urgent_ = false;
      news = std::exchange(news_, {});
    }
    Status written;
    try {
      written = flush(database, std::move(news));
    } catch (const std::exception& fault) {  // out of memory: the run goes on without this piece of its record
      written = fail(Error{.code = ErrorCode::Failed, .reason = fault.what()});
    }
    if (written || told) continue;
    told = true;
    if (on_fault_) on_fault_(written.error());
    if (!database) return;  // a file that cannot be opened will not open by itself
  }
}

}  // namespace feedline::inline runs
