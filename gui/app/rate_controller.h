// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/app/diagnosis_controller.h"
#include "gui/app/live_run_controller.h"

#include <QObject>
#include <QPointer>
#include <QString>

namespace feedline::gui::inline diagnosis {
class FindRateWindow;
}  // namespace feedline::gui::inline diagnosis

namespace feedline::gui::inline inspector {
class InspectorPanel;
}  // namespace feedline::gui::inline inspector

namespace feedline::gui::inline app {

/// What the window does about learning rates: where a run's stands, marked in the inspector's schedule, and the range
/// test that proposes one for the graph that is looked at.
class RateController : public QObject {
  Q_OBJECT

 public:
  RateController(Workspace& workspace, Actions& actions, LiveRunController& live_run, DiagnosisController& diagnosis,
                 InspectorPanel& inspector, QWidget* window);

  ~RateController() override;

  /// Tests the graph that is looked at.
  void find();
  /// Null while none is open.
  [[nodiscard]] FindRateWindow* find_window() const;

 Q_SIGNALS:
  void refused(DocumentTab& tab);  ///< its graph cannot run yet
  void message(const QString& text);

 private:
  void follow_run();
  void connect_test();
  void mark(const TrainerSample* now);
  void test(DocumentTab& tab, std::uint64_t steps);
  void test_longer();
  void use(const QString& node, double rate);

  Workspace& workspace_;
  LiveRunController& live_run_;
  DiagnosisController& diagnosis_;
  InspectorPanel& inspector_;
  QWidget* window_;
  QPointer<FindRateWindow> shown_{};
  QPointer<DocumentTab> tested_{};
  std::uint64_t steps_ = 0;  ///< of the newest test
  bool testing_ = false;     ///< what the experiments are busy with is a test of ours
};

}  // namespace feedline::gui::inline app
