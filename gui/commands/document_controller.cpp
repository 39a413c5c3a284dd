// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/commands/document_controller.h"

#include "graph/node_file.h"
#include "gui/commands/edit_command.h"
#include "gui/commands/reload_command.h"
#include "schema/ask_later.h"

#include <QDebug>
#include <QFile>
#include <QFileInfo>

namespace feedline::gui::inline commands {
namespace {

std::filesystem::path folder_of_file(const QString& file) {
  if (file.isEmpty()) return {};
  return QFile::encodeName(QFileInfo(file).absolutePath()).toStdString();
}

}  // namespace

DocumentController::DocumentController(QObject* parent) : QObject(parent) { analyse_again(); }

Status DocumentController::apply(const Edit& edit, const QString& gesture) {
  Result<Edit> inverse = document_.apply(edit);
  if (!inverse) return fail(std::move(inverse.error()));
  stack_.push(new EditCommand(*this, edit, std::move(*inverse), gesture, name_));
  show_change(edit);
  return {};
}

void DocumentController::reset(Document document, const QString& file) {
  document_ = std::move(document);
  probed_.clear();
  learnt_ = {};
  source_facts_.clear();
  stack_.clear();
  file_ = file;
  analyse_again();
  Q_EMIT changed();
  Q_EMIT replaced();
  Q_EMIT file_changed();
}

void DocumentController::reload(Document document, const QString& name) {
  if (document != document_) stack_.push(new ReloadCommand(*this, std::move(document), name));
  stack_.setClean();
}

std::filesystem::path DocumentController::folder() const { return folder_of_file(file_); }

Document DocumentController::as_saved_to(const QString& file) const {
  Document saved = document_;
  const std::filesystem::path to = folder_of_file(file);
  if (to != folder()) static_cast<void>(saved.apply(moved_origins(saved, folder(), to)));
  return saved;
}

void DocumentController::mark_saved(const QString& file) {
  Document saved = as_saved_to(file);
  const bool moved = saved != document_;
  document_ = std::move(saved);
  file_ = file;
  stack_.setClean();
  if (moved) Q_EMIT changed();
  Q_EMIT file_changed();
}

void DocumentController::set_probed(ProbedSources probed, SourceFactsMap facts, SourceColumns columns) {
  probed_ = std::move(probed);
  source_facts_ = std::move(facts);
  source_columns_ = std::move(columns);
  analyse_again();
  Q_EMIT changed();
}

void DocumentController::set_learnt(LearntBefore learnt) {
  learnt_ = std::move(learnt);
  analyse_again();
  Q_EMIT changed();
}

void DocumentController::set_counting(const std::vector<std::string>& nodes) {
  if (nodes.empty()) return;
  for (const std::string& node : nodes) source_facts_[node] = {.counting = true};
  ++analyses_;  // the analysis is the same, the cards of the canvas are not
  Q_EMIT changed();
}

bool DocumentController::carry_out(const Edit& edit, const std::filesystem::path& made_in) {
  const std::filesystem::path now = folder();
  const Document before = made_in == now ? Document() : document_;
  const Result<Edit> inverse = document_.apply(edit);
  if (!inverse) {
    qCritical("undo history does not fit the document: %s", inverse.error().line().c_str());
    return false;
  }
  if (made_in != now) static_cast<void>(document_.apply(moved_origins(document_, made_in, now, before)));
  show_change(edit);
  return true;
}

void DocumentController::show_change(const Edit& edit) {
  if (!looks_only(edit)) analyse_again();
  Q_EMIT changed();
}

void DocumentController::analyse_again() {
  const AskLater no_files;
  const LearntStates known =
      learnt_.states.empty() ? LearntStates{} : still_learnt(learnt_, learning_hashes(document_));
  analysis_ = analyse(document_, probed_, Registry::instance(), known);
  ++analyses_;
}

}  // namespace feedline::gui::inline commands
