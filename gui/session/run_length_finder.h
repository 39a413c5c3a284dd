// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/commands/document_controller.h"
#include "gui/session/latest_worker.h"
#include "plan/run_length.h"

#include <QObject>
#include <QPointer>
#include <QTimer>

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace feedline::gui::inline session {

/// How long a run of the graph would be (plan/run_length.h), found on a thread of its own: of 10,000 nodes it takes
/// longer than the window's thread has for a frame. That thread copies the graph, ten times a second at most.
class RunLengthFinder : public QObject {
  Q_OBJECT

 public:
  explicit RunLengthFinder(QObject* parent = nullptr);

  /// The graph may have changed, or what is known of its sources: found() follows if so. Costs nothing where not.
  void ask(DocumentController& controller);
  /// The last answer about this graph, which an edit may have made outdated; all zero before the first.
  [[nodiscard]] const RunLength& known(const DocumentController& controller) const;

 Q_SIGNALS:
  /// known() has changed.
  void found();

 private:
  struct Question {
    Document document{};
    std::map<std::string, std::uint64_t, std::less<>> records{};  ///< by source
  };
  void look();
  void deliver(const RunLength& length);

  QPointer<DocumentController> asked_{};  ///< whose graph it is about
  quint64 analysis_ = 0;                  ///< of those that it counts
  RunLength known_{};
  QTimer pause_{};
  LatestWorker<Question, RunLength> worker_;
};

}  // namespace feedline::gui::inline session
