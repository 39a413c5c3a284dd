// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/starter.h"
#include "gui/session/latest_worker.h"
#include "gui/start/starter_offer.h"

#include <QFileDialog>
#include <QObject>
#include <QPointer>
#include <QString>

namespace feedline::gui::inline workspace {
class DocumentTab;
class Workspace;
}  // namespace feedline::gui::inline workspace

namespace feedline::gui::inline start {

/// From data to a graph that trains on them: a folder or file that is dropped on an empty canvas, or chosen in the
/// menu, becomes the source at once; it is looked at on a thread, and then the whole graph is offered.
class StarterController : public QObject {
  Q_OBJECT

 public:
  /// `window`: parent of the dialogs that ask for data.
  StarterController(Workspace& workspace, QWidget* window);

  /// Asks for a folder, and goes on as if it had been dropped on an empty canvas.
  void choose_folder();
  /// The same of a file: a table, an archive, arrays, a text.
  void choose_file();
  /// The same for this path.
  void train_on(const QString& path);
  /// Null while none is shown.
  [[nodiscard]] StarterOffer* offer() const { return offer_; }

 Q_SIGNALS:
  void message(const QString& text);

 private:
  struct Question {
    std::string path{};
    std::string label{};  ///< column of a table that is to be predicted; empty: found out
    bool operator==(const Question&) const = default;
  };
  void choose(const QString& title, QFileDialog::FileMode mode);
  void connect_tab(DocumentTab& tab);
  void look_at(DocumentTab& tab, const QString& path);
  /// The same data, of which another column is to be predicted.
  void predict(const QString& label);
  void answer(Result<StarterData> data);
  void build();
  void close();
  /// Is there nothing in the tab but what the offer is about?
  [[nodiscard]] bool still_begins() const;

  Workspace& workspace_;
  QWidget* window_;
  QPointer<DocumentTab> tab_{};
  QPointer<StarterOffer> offer_{};
  QString path_{};  ///< of what is offered
  std::optional<StarterData> data_{};
  LatestWorker<Question, Result<StarterData>> worker_;
};

}  // namespace feedline::gui::inline start
