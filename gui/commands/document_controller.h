// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/edit.h"
#include "graph/validate.h"
#include "plan/learning_hashes.h"

#include <QObject>
#include <QString>
#include <QUndoStack>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace feedline::gui::inline commands {

/// What the window knows of a source's data.
struct SourceFacts {
  std::uint64_t records = 0;
  std::string passed_over{};               ///< passed_over_text(): files that are no records; empty: none
  bool counting = false;                   ///< its files are being looked at: the others say nothing yet
  std::vector<std::string> split_names{};  ///< of values by which its records can be divided
};
/// By the path of the node.
using SourceFactsMap = std::map<std::string, SourceFacts>;
/// Of each source that reads a table: all its columns, by the path of the node.
using SourceColumns = std::map<std::string, std::vector<Column>>;

/// A Document of the window with its undo stack and its analysis. Everything that changes the graph goes through
/// apply(); everything that shows it listens to changed(). Commands touch the Document alone, never scene items.
class DocumentController : public QObject {
  Q_OBJECT

 public:
  explicit DocumentController(QObject* parent = nullptr);
  /// An undo stack that goes says once more that it is clean, when its watchers may be half gone.
  ~DocumentController() override { stack_.blockSignals(true); }

  [[nodiscard]] const Document& document() const { return document_; }
  /// Problems and shapes of the document as it is now.
  [[nodiscard]] const Analysis& analysis() const { return analysis_; }
  /// Counts analyses, and what becomes known of sources: while it stays, only the looks of the graph have changed.
  [[nodiscard]] quint64 analyses() const { return analyses_; }
  [[nodiscard]] QUndoStack& undo_stack() { return stack_; }
  [[nodiscard]] const QUndoStack& undo_stack() const { return stack_; }
  /// Where the document lives; empty while it has no file.
  [[nodiscard]] const QString& file() const { return file_; }
  /// The folder of that, in which relative paths of node files begin; empty while it has no file.
  [[nodiscard]] std::filesystem::path folder() const;

  /// Carries out an edit as one undo step. Edits with the same non-empty `gesture` in sequence merge into one step
  /// (a drag, a slider). Returns the error of a refused edit; nothing has changed then.
  Status apply(const Edit& edit, const QString& gesture = {});
  /// Replaces everything (open, new); clears the undo stack.
  void reset(Document document, const QString& file);
  /// Shows what the file holds now, as one step that undo takes back: the view and the history stay. It is saved.
  void reload(Document document, const QString& name);
  /// The document as it is to be written to `file`: its copies of node files go on finding those from there.
  [[nodiscard]] Document as_saved_to(const QString& file) const;
  /// That has been written to `file`, and is the document from now on. What earlier steps bring back finds its node
  /// files, too.
  void mark_saved(const QString& file);
  /// Exact descriptions of the sources, found off the GUI thread; analysed again at once.
  void set_probed(ProbedSources probed, SourceFactsMap facts = {}, SourceColumns columns = {});
  /// What fitted nodes are known to have learnt; analysed again at once. It counts for a node until something upstream
  /// of it changes.
  void set_learnt(LearntBefore learnt);
  /// That which still holds, by the node's id in the flat document.
  [[nodiscard]] const LearntStates& learnt() const { return analysis_.learnt; }
  /// The files of these sources are being looked at.
  void set_counting(const std::vector<std::string>& nodes);
  /// Of each source that has been opened, or is being opened.
  [[nodiscard]] const SourceFactsMap& source_facts() const { return source_facts_; }
  /// Of the tables that have been looked into, those that no run may use too.
  [[nodiscard]] const SourceColumns& source_columns() const { return source_columns_; }

  /// While it lives, what is applied is called by the name of the command that does it ("Duplicate conv"), whatever
  /// edits it takes.
  class Named {
   public:
    Named(DocumentController& controller, const QString& name) : controller_(controller), outer_(controller.name_) {
      if (outer_.isEmpty()) controller.name_ = name;  // a command that is part of another
    }
    ~Named() { controller_.name_ = outer_; }
    Named(const Named&) = delete;
    Named& operator=(const Named&) = delete;

   private:
    DocumentController& controller_;
    QString outer_;
  };

 Q_SIGNALS:
  /// The document or its analysis changed.
  void changed();
  /// Another document altogether: forget selections and zoom to fit.
  void replaced();
  void file_changed();

 private:
  friend class EditCommand;
  friend class ReloadCommand;
  /// `made_in`: folder() when the edit was made.
  bool carry_out(const Edit& edit, const std::filesystem::path& made_in);
  void show_change(const Edit& edit);
  void analyse_again();

  Document document_{};
  Analysis analysis_{};
  quint64 analyses_ = 0;
  ProbedSources probed_{};
  LearntBefore learnt_{};
  SourceFactsMap source_facts_{};
  SourceColumns source_columns_{};
  QUndoStack stack_{};
  QString file_{};
  QString name_{};  ///< of the command at work
};

}  // namespace feedline::gui::inline commands
