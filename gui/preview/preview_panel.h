// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/preview/preview_picture.h"
#include "gui/session/latest_worker.h"
#include "training/preview.h"

#include <QPointer>
#include <QTimer>
#include <QWidget>

#include <memory>

class QCheckBox;
class QComboBox;
class QLabel;
class QToolButton;

namespace feedline::gui::inline commands {
class DocumentController;
}  // namespace feedline::gui::inline commands
namespace feedline::gui::inline inspector {
class NumberField;
}  // namespace feedline::gui::inline inspector

namespace feedline::gui::inline preview {

class PreviewView;

/// What leaves the selected node for one record, as it would in a run: a picture, text, numbers, feature maps. A record
/// is chosen by number; the dice throws another augmentation. Everything is computed off the GUI thread; a newer wish
/// abandons the one in work.
class PreviewPanel : public QWidget {
  Q_OBJECT

 public:
  explicit PreviewPanel(QWidget* parent = nullptr);

  /// From now on it is about another document, with nothing selected.
  void show_document(DocumentController& document);
  void show_nodes(const QStringList& ids);
  /// A run is on: layers are said to be shown as they were before it.
  void show_run_active(bool active);
  [[nodiscard]] PreviewView& view() { return *view_; }
  [[nodiscard]] quint32 epoch() const { return epoch_; }

 private:
  struct Question {
    Document document{};
    PreviewRequest request{};
  };
  struct Answer {
    std::optional<Error> error{};
    Preview preview{};
    QList<PreviewPicture> pictures{};
  };

  void build();
  void later_look();
  void look();
  void receive(const Answer& answer);
  void show_port(int index);
  void throw_dice();
  void describe(const Preview& preview);

  QPointer<DocumentController> document_{};
  QString node_{};
  quint32 epoch_ = 1;
  bool run_active_ = false;
  bool unseen_ = true;  ///< nobody could see what there was to look at
  QList<PreviewPicture> pictures_{};
  QTimer debounce_{};
  QTimer patience_{};  ///< says that it is at work, where an answer takes long

  QLabel* title_;
  QComboBox* port_;
  NumberField* record_;
  QToolButton* before_;
  QToolButton* after_;
  QToolButton* dice_;
  QToolButton* histogram_;
  QCheckBox* fixed_;
  PreviewView* view_;
  QLabel* shape_;
  QLabel* about_;
  std::shared_ptr<Previewer> previewer_;  ///< asked by the worker's thread
  LatestWorker<Question, Answer> worker_;
};

}  // namespace feedline::gui::inline preview
