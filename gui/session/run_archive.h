// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "gui/session/disk_thread.h"
#include "runs/run_record.h"

#include <QObject>
#include <QString>

#include <functional>
#include <memory>
#include <vector>

namespace feedline::inline runs {
class Database;
}  // namespace feedline::inline runs

namespace feedline::gui::inline session {

/// The record of runs, read and marked on a thread of its own, whoever writes it: runs of the command line appear while
/// they go on. Answers arrive as signals; nothing here waits for the disk but the destructor, which has all that was
/// changed written, seconds at most.
class RunArchive : public QObject {
  Q_OBJECT

 public:
  explicit RunArchive(QObject* parent = nullptr);
  ~RunArchive() override;

  /// Somebody looks: reads the list anew where it has changed, unless the disk is still at the last wish.
  void look();
  /// See RunQuery::text.
  void set_search(const QString& words);
  /// Reads the list anew, changed or not.
  void refresh();

  void set_note(qint64 run, const QString& note);
  void set_pinned(const std::vector<qint64>& runs, bool pinned);
  /// In place of those that it has.
  void set_tags(qint64 run, const QStringList& tags);
  void remove(const std::vector<qint64>& runs);
  void restore(const std::vector<qint64>& runs);

  /// Answered by `done` on this object's thread, or by failed().
  void load(const std::vector<qint64>& runs, std::function<void(std::vector<RunRecord>)> done);
  /// What `work` makes of a run, on the archive's thread; `done` is called with no error if all went well.
  void write(qint64 run, std::function<Status(const RunRecord&)> work, std::function<void()> done);

 Q_SIGNALS:
  void listed(const std::vector<feedline::RunSummary>& runs);
  void failed(const feedline::Error& error);

 private:
  struct Shared;
  using Job = std::function<Status(Database&)>;
  /// Does it on the archive's thread; tells its error, unless it is one that was told already for looking only.
  void enqueue(Job job, bool looking = false);
  /// Changes something, then reads the list.
  void change(Job job);
  void poll(bool always);

  std::shared_ptr<Shared> shared_;
  QString search_{};
  DiskThread disk_;
};

}  // namespace feedline::gui::inline session
