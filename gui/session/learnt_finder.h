// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/commands/document_controller.h"
#include "gui/session/latest_worker.h"

#include <QFileSystemWatcher>
#include <QObject>
#include <QTimer>

#include <filesystem>

namespace feedline::gui::inline session {

/// Looks up what the graph's fitted nodes have learnt, on a thread of its own, so that wires show the size of a
/// vocabulary and the inspector its words. Nothing is learnt here: what a run, a preview or another program has left in
/// the cache folder is found as soon as it is there.
///
/// Sources must have been looked into by then (Prober); those that are dear to open are left alone.
class LearntFinder : public QObject {
  Q_OBJECT

 public:
  /// An empty folder: default_cache_folder().
  explicit LearntFinder(DocumentController& document, std::filesystem::path cache_folder = {},
                        QObject* parent = nullptr);

 private:
  struct Question {
    Document document{};
    LearningHashes hashes{};
  };

  /// What there is to look up; none while the sources are not known.
  [[nodiscard]] LearningHashes wanted() const;
  void follow_document();
  void watch();
  void ask();

  DocumentController& document_;
  const std::filesystem::path cache_folder_;
  QTimer debounce_{};
  QFileSystemWatcher watcher_{};
  quint64 seen_analysis_ = 0;
  LearningHashes asked_{};
  LatestWorker<Question, LearntBefore> worker_;
};

}  // namespace feedline::gui::inline session
