// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/json.h"
#include "gui/commands/document_controller.h"
#include "gui/session/learnt_finder.h"
#include "gui/session/prober.h"
#include "gui/workspace/tab_file.h"

#include <QDateTime>
#include <QString>
#include <QStringList>
#include <QWidget>

#include <vector>

namespace feedline::gui::inline canvas {
class GraphView;
}  // namespace feedline::gui::inline canvas

namespace feedline::gui::inline workspace {

class FindBar;
class NoticeBar;

/// One open graph: the document with its undo stack, its canvas with selection and view, and what its sources say.
/// Nothing of it is shared with another tab.
class DocumentTab : public QWidget {
  Q_OBJECT

 public:
  /// `untitled`: what it is called until it has a file.
  explicit DocumentTab(const QString& untitled, QWidget* parent = nullptr);
  ~DocumentTab() override;

  [[nodiscard]] DocumentController& document() { return document_; }
  [[nodiscard]] const DocumentController& document() const { return document_; }
  [[nodiscard]] GraphView& view() { return *view_; }
  [[nodiscard]] QStringList selected_nodes() const;

  /// Shows a copy that has no file, called `untitled`.
  void take_copy(Loaded loaded, const QString& untitled);
  /// Shows what was read from `file`.
  void take_file(StampedGraph graph, const QString& file);
  /// Shows what its file holds now, as a step that undo takes back.
  void reload(StampedGraph graph);
  /// It has been written to `file`, which is this now.
  void mark_saved(const QString& file, const FileStamp& stamp);
  /// Shows what a window that broke off had not saved: changed, and still of `file`.
  /// `time`: of its last change.
  void take_rescued(Loaded loaded, const QString& file, const QString& untitled, const QDateTime& time);

  [[nodiscard]] TabFile& file() { return file_; }
  [[nodiscard]] FindBar& find_bar() { return *find_; }
  [[nodiscard]] NoticeBar& notice() { return *notice_; }
  /// Another window shows the same file, and the user has been told.
  [[nodiscard]] bool shared() const { return shared_; }
  void set_shared(bool shared) { shared_ = shared; }

  /// What stands on the tab: the file's name, or of an unsaved document what it was made from.
  [[nodiscard]] QString display_name() const;
  [[nodiscard]] const QString& untitled_name() const { return untitled_; }
  /// Of a document that has no file yet: after the data that it was built for.
  void set_untitled_name(const QString& name);
  [[nodiscard]] bool modified() const { return !document_.undo_stack().isClean(); }
  /// Nobody has drawn or opened anything here yet.
  [[nodiscard]] bool pristine() const;
  /// What the reader said of the file: unknown keys and the like.
  [[nodiscard]] const std::vector<Problem>& notes() const { return notes_; }
  /// All that is known to be wrong: of the graph, of its sources, of the file.
  [[nodiscard]] std::vector<Problem> problems() const;
  /// The first source that reads the parent of train and val instead of them; null: there is none.
  [[nodiscard]] const SplitOffer* split_offer() const;
  /// Makes two sources of it, as one undo step.
  void take_split_offer();
  /// A run of it has begun: its sources may have made their data.
  void look_at_made_data() { prober_.look_again(); }

 Q_SIGNALS:
  void titled();  ///< display_name() or modified() may have changed
  void problems_changed();

 private:
  DocumentController document_{};
  Prober prober_{document_};
  LearntFinder learnt_finder_{document_};
  NoticeBar* notice_;
  GraphView* view_;
  FindBar* find_;
  TabFile file_{};
  bool shared_ = false;
  quint64 told_analysis_ = 0;
  QString untitled_;
  std::vector<Problem> notes_{};
};

}  // namespace feedline::gui::inline workspace
