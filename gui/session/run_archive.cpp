// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/session/run_archive.h"

#include "gui/session/work_fault.h"
#include "runs/run_store.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <optional>
#include <utility>

namespace feedline::gui::inline session {

/// What belongs to the archive's thread; it outlives the archive if the disk holds that thread up.
struct RunArchive::Shared {
  std::optional<Database> database{};
  std::int64_t version = -1;  ///< of what was listed last
  bool any_active = false;    ///< of the runs that were listed last: a program may die without changing anything
  bool told = false;          ///< that the record cannot be read
  std::atomic<int> waiting{0};
  std::atomic<bool> closing{false};  ///< nobody looks any more
};

RunArchive::RunArchive(QObject* parent)
    : QObject(parent), shared_(std::make_shared<Shared>()), disk_(this, "changes to the record of runs") {}

RunArchive::~RunArchive() {
  shared_->closing = true;
  disk_.start([shared = std::move(shared_)]() mutable { shared.reset(); });  // closing a database writes, too
}

void RunArchive::enqueue(Job job, bool looking) {
  ++shared_->waiting;
  disk_.start([this, outbox = disk_.outbox(), shared = shared_, job = std::move(job), looking] {
    if (looking && shared->closing) return;
    Status status;
    try {
      if (!shared->database) {
        if (auto opened = Database::open())
          shared->database.emplace(std::move(*opened));
        else
          status = fail(std::move(opened.error()));
      }
      if (status) status = job(*shared->database);
    } catch (const std::exception& fault) {
      status = fail(work_fault(fault));
    }
    --shared->waiting;
    const bool tell = !status && !(looking && std::exchange(shared->told, true));
    if (tell) outbox->post([this, error = status.error()] { Q_EMIT failed(error); });
  });
}

void RunArchive::poll(bool always) {
  enqueue(
      [this, outbox = disk_.outbox(), shared = shared_, always,
       words = search_.toStdString()](Database& database) -> Status {
        const auto version = record_version(database);
        if (!version) return fail(version.error());
        if (!always && *version == shared->version && !shared->any_active) return {};
        auto runs = list_runs(database, {.text = words});
        if (!runs) return fail(std::move(runs.error()));
        shared->version = *version;
        shared->told = false;
        shared->any_active =
            std::any_of(runs->begin(), runs->end(), [](const RunSummary& run) { return is_active(run.status); });
        outbox->post([this, all = std::move(*runs)] { Q_EMIT listed(all); });
        return {};
      },
      true);
}

void RunArchive::look() {
  if (shared_->waiting == 0) poll(false);
}

void RunArchive::set_search(const QString& words) {
  search_ = words;
  poll(true);
}

void RunArchive::refresh() { poll(true); }

void RunArchive::change(Job job) {
  enqueue(std::move(job));
  poll(true);
}

void RunArchive::set_note(qint64 run, const QString& note) {
  change([run, text = note.toStdString()](Database& database) { return feedline::set_note(database, run, text); });
}

void RunArchive::set_pinned(const std::vector<qint64>& runs, bool pinned) {
  change([runs, pinned](Database& database) -> Status {
    for (const qint64 run : runs)
      if (Status done = feedline::set_pinned(database, run, pinned); !done) return done;
    return {};
  });
}

void RunArchive::set_tags(qint64 run, const QStringList& tags) {
  std::vector<std::string> wanted;
  for (const QString& tag : tags) wanted.push_back(tag.toStdString());
  change([run, wanted](Database& database) -> Status {
    const auto present = load_run(database, run);
    if (!present) return fail(present.error());
    for (const std::string& tag : wanted)
      if (Status done = add_tag(database, run, tag); !done) return done;
    for (const std::string& tag : present->tags)
      if (std::find(wanted.begin(), wanted.end(), tag) == wanted.end())
        if (Status done = remove_tag(database, run, tag); !done) return done;
    return {};
  });
}

void RunArchive::remove(const std::vector<qint64>& runs) {
  change([runs](Database& database) -> Status {
    for (const qint64 run : runs)
      if (Status done = remove_run(database, run); !done) return done;
    return {};
  });
}

void RunArchive::restore(const std::vector<qint64>& runs) {
  change([runs](Database& database) -> Status {
    for (const qint64 run : runs)
      if (Status done = restore_run(database, run); !done) return done;
    return {};
  });
}

void RunArchive::load(const std::vector<qint64>& runs, std::function<void(std::vector<RunRecord>)> done) {
  enqueue([outbox = disk_.outbox(), runs, done = std::move(done)](Database& database) -> Status {
    std::vector<RunRecord> all;
    for (const qint64 id : runs) {
      auto run = load_run(database, id);
      if (!run) return fail(std::move(run.error()));
      all.push_back(std::move(*run));
    }
    outbox->post([done, all = std::move(all)] { done(all); });
    return {};
  });
}

void RunArchive::write(qint64 run, std::function<Status(const RunRecord&)> work, std::function<void()> done) {
  enqueue([outbox = disk_.outbox(), run, work = std::move(work), done = std::move(done)](Database& database) -> Status {
    const auto record = load_run(database, run);
    if (!record) return fail(record.error());
    if (Status written = work(*record); !written) return written;
    outbox->post(done);
    return {};
  });
}

}  // namespace feedline::gui::inline session
