// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/plots/empty_state.h"
#include "gui/plots/exported_view.h"
#include "gui/plots/run_panel.h"
#include "gui/session/latest_worker.h"
#include "training/inference/occlusion.h"

#include <QString>
#include <QWidget>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

class QCheckBox;
class QPushButton;
class QStackedLayout;

namespace feedline::gui::inline base {
class Caption;
}  // namespace feedline::gui::inline base

namespace feedline::gui::inline plots {

class AnswerView;
class PanelMenu;

/// Asks the newest checkpoint of the run that is shown about a picture that is dropped or chosen: its classes, and on
/// which parts the answer rests. The model is asked on a thread of its own; a new picture replaces the one in work.
class TryoutPanel : public QWidget, public RunView {
  Q_OBJECT

 public:
  explicit TryoutPanel(QWidget* parent = nullptr);

  void begin_run(const Document& graph, bool staged) override;
  void follow_run(RunController& runs) override;
  void show_snapshot(const Snapshot&, const Snapshot&) override {}
  void add_epoch(const EpochResult& result) override;
  void end_run(const RunResult& result) override;
  [[nodiscard]] EmptyState& empty_state() override { return *empty_; }

  /// Asks about this file.
  void try_file(const QString& file);
  [[nodiscard]] bool shows_empty_state() const;
  [[nodiscard]] const AnswerView& view() const { return *view_; }
  /// What is going on, of what the answer is, or why there is none.
  [[nodiscard]] QString told() const;
  [[nodiscard]] ExportedView exported() const;

 protected:
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dragLeaveEvent(QDragLeaveEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  struct Question {
    std::filesystem::path folder{};  ///< of the run's checkpoints
    std::string file{};
  };
  struct Answer {
    std::optional<ExplainedPicture> explained{};
    Error error{};  ///< where there is none
    std::uint64_t step = 0;
  };
  [[nodiscard]] static Answer answer(const Question& question, const std::stop_token& stop);
  void build();
  void choose();
  void show_answer(Answer answer);
  void invite();

  const RunController* runs_ = nullptr;
  std::filesystem::path folder_{};
  QString file_{};
  Caption* told_;
  PanelMenu* menu_;
  QPushButton* choose_;
  QCheckBox* shaded_;
  AnswerView* view_;
  EmptyState* empty_;
  QStackedLayout* stack_;
  LatestWorker<Question, Answer> worker_;
};

}  // namespace feedline::gui::inline plots
