// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/plots/empty_state.h"
#include "gui/plots/exported_view.h"
#include "gui/plots/run_panel.h"
#include "gui/session/latest_worker.h"
#include "training/inference/occlusion.h"
#include "training/inference/typed_record.h"

#include <QString>
#include <QWidget>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

class QCheckBox;
class QPushButton;
class QSpinBox;
class QStackedLayout;

namespace feedline::gui::inline base {
class Caption;
}  // namespace feedline::gui::inline base

namespace feedline::gui::inline plots {

class AnswerView;
class PanelMenu;
class RecordForm;

/// Asks the newest checkpoint of the run that is shown about a picture that is dropped or chosen: its classes, and on
/// which parts the answer rests. Of a model of texts or tables it asks about what is typed into a form, or about the
/// first records of a file. The model is asked on a thread of its own; a new question replaces the one in work.
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

  /// Of a file's records at most so many are asked about.
  static constexpr std::uint64_t kMostRecords = 100;

  /// Asks about this file.
  void try_file(const QString& file);
  /// Asks about one record: a text, or a cell for each column.
  void try_typed(const QStringList& cells);
  [[nodiscard]] const RecordForm& form() const { return *form_; }
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
    std::filesystem::path folder{};    ///< of the run's checkpoints
    std::string file{};                ///< empty: of what is typed
    std::vector<std::string> cells{};  ///< both empty: only what the model reads
  };
  struct Answer {
    std::vector<ExplainedPicture> records{};
    Error error{};  ///< where there is none
    std::uint64_t step = 0;
    std::uint64_t inputs = 1;  ///< records of the file, of which `records` are the first ones that could be used
    std::optional<ModelInput> input{};  ///< none: not known yet
    bool looked = false;                ///< nothing was asked but that
  };
  [[nodiscard]] static Answer answer(const Question& question, const std::stop_token& stop);
  void build();
  void choose();
  void ask(Question question, const QString& about);
  void show_answer(Answer answer);
  void show_record(int index);
  void show_input(const ModelInput& input);
  void invite();
  /// Learns which columns a model of tables reads, once there is a checkpoint that tells.
  void look();

  const RunController* runs_ = nullptr;
  std::filesystem::path folder_{};
  QString about_{};  ///< what is asked about, as it is told
  ModelInput input_{};
  Answer answer_{};
  bool asking_ = false;
  bool looking_ = false;
  Caption* told_;
  PanelMenu* menu_;
  QPushButton* choose_;
  QCheckBox* shaded_;
  QSpinBox* record_;
  RecordForm* form_;
  AnswerView* view_;
  EmptyState* empty_;
  QStackedLayout* stack_;
  LatestWorker<Question, Answer> worker_;
};

}  // namespace feedline::gui::inline plots
