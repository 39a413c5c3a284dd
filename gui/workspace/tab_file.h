// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/graph_file.h"

#include <QLockFile>
#include <QString>

#include <memory>
#include <optional>

namespace feedline::gui::inline workspace {

[[nodiscard]] std::filesystem::path to_path(const QString& file);

/// What a tab knows of its file: what it was when it was read or written last, and whether another window shows it too.
class TabFile {
 public:
  TabFile() = default;
  /// The file has been read or written: this is it now.
  void set(const QString& file, const FileStamp& stamp);
  /// A document of this file whose bytes nobody has compared: it counts as changed if it was written after `time`.
  void set_rescued(const QString& file, qint64 time_ms);
  void clear();

  [[nodiscard]] const QString& path() const { return path_; }
  [[nodiscard]] const FileStamp& stamp() const { return stamp_; }
  /// The file as it is now. One that was only touched is noted as such.
  DiskState look();
  /// The same when it was looked at elsewhere.
  void note(const DiskState& state);
  /// Has the user been told of this state? From now on, yes.
  [[nodiscard]] bool is_news(const DiskState& state);
  /// Does another window have it open, now? All that have it learn so, whichever came first.
  [[nodiscard]] bool open_elsewhere();

 private:
  QString path_{};
  FileStamp stamp_{};
  std::optional<DiskState> told_{};
  std::unique_ptr<QLockFile> mark_{};
};

}  // namespace feedline::gui::inline workspace
