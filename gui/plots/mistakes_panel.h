// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"
#include "gui/models/worst_model.h"
#include "gui/plots/confusion_view.h"
#include "gui/plots/empty_state.h"
#include "gui/plots/exported_view.h"
#include "gui/plots/readings.h"
#include "gui/plots/residual_view.h"
#include "gui/plots/run_panel.h"
#include "gui/session/latest_worker.h"
#include "training/run.h"

#include <QImage>
#include <QList>
#include <QStringList>
#include <QWidget>

#include <memory>

class QListView;
class QStackedLayout;
class QStackedWidget;

namespace feedline::gui::inline plots {

class PanelMenu;

/// What the model gets wrong, after each epoch: the confusion matrix of its validation data, and the samples that it
/// got most wrong, with their pictures, or the words of their texts and rows. A chosen cell of the matrix leaves only
/// its samples. Both are made off the GUI thread, and only while the panel can be seen. Where numbers are predicted,
/// not classes, they stand against the true ones, with their residuals.
class MistakesPanel : public QWidget, public RunView {
  Q_OBJECT

 public:
  explicit MistakesPanel(QWidget* parent = nullptr);

  /// A run of this graph begins.
  void begin(const Document& document);
  void begin_run(const Document& graph, bool) override { begin(graph); }
  void show_snapshot(const Snapshot&, const Snapshot&) override {}  // an epoch tells all that it shows
  void add_epoch(const EpochResult& result) override;

  [[nodiscard]] bool shows_empty_state() const;
  [[nodiscard]] EmptyState& empty_state() override { return *empty_; }
  [[nodiscard]] ConfusionView& matrix() { return *matrix_; }
  [[nodiscard]] ResidualView& residual_view() { return *residual_view_; }
  /// Of numbers, in place of the matrix?
  [[nodiscard]] bool shows_residuals() const;
  [[nodiscard]] WorstModel& model() { return model_; }
  [[nodiscard]] const QListView& samples() const { return *list_; }
  [[nodiscard]] const Readings& readings() const { return *readings_; }
  [[nodiscard]] ExportedView exported() const;

 private:
  struct Question {
    Document document{};
    std::string node{};
    std::vector<std::uint64_t> records{};
  };
  /// One a sample: a picture, or words.
  struct Looks {
    QList<QImage> pictures{};
    QStringList words{};
  };
  void build();
  void show_looks(Looks looks);
  void show_readings();
  void show_residual_readings();
  void fit_captions();
  void ask_for_pictures();
  [[nodiscard]] QString csv() const;
  [[nodiscard]] QString residual_csv() const;

  Document document_{};
  std::shared_ptr<const Evaluation> evaluation_{};
  std::shared_ptr<const ResidualPlot> residuals_{};
  Metrics metrics_{};  ///< of the same epoch
  bool pictures_asked_ = false;
  bool listed_ = false;  ///< samples stand below each other, with words
  Readings* readings_;
  PanelMenu* menu_;
  ConfusionView* matrix_;
  QListView* list_;
  ResidualView* residual_view_;
  QStackedWidget* views_;  ///< of classes, of numbers
  EmptyState* empty_;
  QStackedLayout* stack_;
  WorstModel model_{};
  LatestWorker<Question, Looks> worker_;
};

}  // namespace feedline::gui::inline plots
