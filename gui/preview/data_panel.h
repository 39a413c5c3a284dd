// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/preview/record_model.h"
#include "gui/session/latest_worker.h"
#include "schema/node_spec.h"

#include <QPointer>
#include <QStringList>
#include <QTimer>
#include <QWidget>

#include <memory>
#include <optional>
#include <string>

class QLabel;
class QPushButton;
class QTableView;

namespace feedline::gui::inline commands {
class DocumentController;
}  // namespace feedline::gui::inline commands

namespace feedline::gui::inline preview {

/// The data of a source as a table: its first records, read as they come into view, and in the head what a sample says
/// of each column. It shows the source that is selected, else the first of the graph. Opening, reading and describing
/// go on off the GUI thread; another source abandons them. Nothing is generated unless somebody asks for it here.
class DataPanel : public QWidget {
  Q_OBJECT

 public:
  explicit DataPanel(QWidget* parent = nullptr);

  /// From now on it is about another document, with nothing selected.
  void show_document(DocumentController& document);
  void show_nodes(const QStringList& ids);
  [[nodiscard]] const RecordModel& model() const { return model_; }

 private:
  /// What is to be opened.
  struct Target {
    std::string node{};
    const NodeSpec* spec = nullptr;
    ParamMap params{};
    bool operator==(const Target&) const = default;
  };
  struct Question {
    Target target{};
    bool fresh = false;  ///< its columns are wanted, too
    bool make = false;   ///< what is generated may be made
    int page = 0;
  };
  struct Answer {
    std::optional<Error> error{};
    std::shared_ptr<const Source> source{};  ///< null: only a page of what is shown
    std::vector<RecordColumn> columns{};
    std::size_t left_out = 0;
    int page = 0;
    RecordModel::Page rows{};
  };
  struct Described {
    std::optional<Error> error{};
    SourceDescription description{};
  };

  void build();
  [[nodiscard]] std::optional<Target> find_target() const;
  void later_look();
  void look();
  void ask_afresh(bool make);
  void receive(Answer answer);
  void describe(const Described& described);
  void show_hint(const QString& text, bool can_make = false);

  QPointer<DocumentController> document_{};
  QString selected_{};
  std::optional<Target> target_{};  ///< that is shown, or being opened
  bool unseen_ = true;              ///< nobody could see what there was to look at
  std::size_t left_out_ = 0;
  QTimer debounce_{};

  QLabel* title_;
  QLabel* about_;
  QLabel* classes_;
  QLabel* hint_;
  QPushButton* make_;
  RecordModel model_{};
  QTableView* table_;
  LatestWorker<Question, Answer> reader_;
  LatestWorker<std::shared_ptr<const Source>, Described> describer_;
};

}  // namespace feedline::gui::inline preview
