// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/workspace/files.h"

#include "base/embedded.h"
#include "gui/base/save_path.h"
#include "gui/base/settings.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QMessageBox>
#include <QPushButton>

#include <algorithm>
#include <utility>

namespace feedline::gui::inline workspace {

namespace {

constexpr char kSuffix[] = ".feedline";

QString filter() { return Files::tr("Feedline graphs (*.feedline);;All files (*)"); }

}  // namespace

Files::Files(Workspace& workspace, QWidget* window) : QObject(window), workspace_(workspace), window_(window) {}

bool Files::may_leave(DocumentTab& tab) {
  if (!tab.modified()) return true;
  workspace_.show(tab);
  QMessageBox box(QMessageBox::Warning, tr("Unsaved changes"), tr("Save the changes to %1?").arg(tab.display_name()),
                  QMessageBox::Save | QMessageBox::Discard | QMessageBox::Cancel, window_);
  box.setInformativeText(tr("They are lost if you do not save them."));
  box.setDefaultButton(QMessageBox::Save);
  switch (box.exec()) {
    case QMessageBox::Save:
      return save(tab);
    case QMessageBox::Discard:
      return true;
    default:
      return false;
  }
}

bool Files::may_leave_all() {
  QList<DocumentTab*> changed;
  for (DocumentTab* tab : workspace_.documents())
    if (tab->modified()) changed << tab;
  if (changed.size() < 2) return changed.isEmpty() || may_leave(*changed.front());
  QStringList names;
  for (const DocumentTab* tab : changed) names << QStringLiteral("• ") + tab->display_name();
  QMessageBox box(QMessageBox::Warning, tr("Unsaved changes"), tr("Save the changes to %1 graphs?").arg(changed.size()),
                  QMessageBox::NoButton, window_);
  box.setInformativeText(names.join(QLatin1Char('\n')) + QStringLiteral("\n\n") +
                         tr("They are lost if you do not save them."));
  QPushButton* all = box.addButton(tr("&Save all"), QMessageBox::AcceptRole);
  QPushButton* none = box.addButton(tr("&Discard all"), QMessageBox::DestructiveRole);
  box.addButton(QMessageBox::Cancel);
  box.setDefaultButton(all);
  box.exec();
  return box.clickedButton() == none || (box.clickedButton() == all && save_all());
}

bool Files::save_all() {
  for (DocumentTab* tab : workspace_.documents()) {
    if (!tab->modified()) continue;
    if (tab->document().file().isEmpty()) workspace_.show(*tab);  // a name is asked for: the user sees of what
    if (!save(*tab)) return false;
  }
  return true;
}

void Files::new_document() { workspace_.add(); }

QStringList Files::examples() {
  QStringList names;
  for (const EmbeddedFile& file : embedded_examples()) {
    names << QString::fromUtf8(file.name.data(), static_cast<qsizetype>(file.name.size()));
  }
  return names;
}

bool Files::open_example(const QString& name) {
  const QString full = name.endsWith(QLatin1String(kSuffix)) ? name : name + QLatin1String(kSuffix);
  const auto examples = embedded_examples();
  const auto found = std::find_if(examples.begin(), examples.end(),
                                  [&](const EmbeddedFile& file) { return file.name == full.toStdString(); });
  if (found == examples.end()) return false;
  Result<Loaded> loaded = from_json(found->text);
  if (!loaded) {
    show_error(tr("The example cannot be opened"), loaded.error());
    return false;
  }
  DocumentTab& tab = workspace_.free_tab();
  tab.take_copy(std::move(*loaded), QFileInfo(full).completeBaseName());
  Q_EMIT opened(tab);
  return true;
}

bool Files::open() {
  const QString file = QFileDialog::getOpenFileName(window_, tr("Open a graph"), Settings::last_folder(), filter());
  return !file.isEmpty() && open(file);
}

bool Files::open(const QString& file) {
  if (DocumentTab* tab = workspace_.showing(file)) {
    workspace_.show(*tab);
    // Whoever opens it wants what it holds. With changes of one's own on top, the notice above the canvas asks.
    if (!tab->modified() && tab->file().look().state == OnDisk::Changed) return reload(*tab);
    return true;
  }
  Result<StampedGraph> graph = read_graph_file(to_path(file));
  if (!graph) {
    show_error(tr("The file cannot be opened"), graph.error());
    return false;
  }
  DocumentTab& tab = workspace_.free_tab();
  tab.take_file(std::move(*graph), QFileInfo(file).absoluteFilePath());
  remember(file);
  Q_EMIT opened(tab);
  return true;
}

bool Files::reload(DocumentTab& tab) {
  Result<StampedGraph> graph = read_graph_file(to_path(tab.document().file()));
  if (!graph) {
    show_error(tr("The file cannot be opened"), graph.error());
    return false;
  }
  tab.reload(std::move(*graph));
  Q_EMIT opened(tab);
  Q_EMIT message(tr("%1 as it is on the disk; undo brings back what was here.").arg(tab.display_name()));
  return true;
}

void Files::remember(const QString& file) {
  Settings::set_last_folder(QFileInfo(file).absolutePath());
  Settings::add_recent_file(file);
  Q_EMIT recent_changed();
}

bool Files::save(DocumentTab& tab) {
  const QString file = tab.document().file();
  if (file.isEmpty()) return save_as(tab);
  return tab.file().look().state == OnDisk::Changed ? save_changed(tab) : write(tab, file);
}

bool Files::overwrite(DocumentTab& tab) { return write(tab, tab.document().file()); }

bool Files::save_changed(DocumentTab& tab) {
  QMessageBox box(QMessageBox::Warning, tr("The file has changed"),
                  tr("%1 was changed by another program since it was opened here.").arg(tab.display_name()),
                  QMessageBox::NoButton, window_);
  box.setInformativeText(
      tr("Overwrite loses what the other program wrote. Reload takes it in; undo then brings back "
         "what is here now."));
  QPushButton* elsewhere = box.addButton(tr("Save &as…"), QMessageBox::AcceptRole);
  QPushButton* reread = box.addButton(tr("&Reload"), QMessageBox::ActionRole);
  QPushButton* over = box.addButton(tr("&Overwrite"), QMessageBox::DestructiveRole);
  box.addButton(QMessageBox::Cancel);
  box.setDefaultButton(elsewhere);
  box.exec();
  if (box.clickedButton() == elsewhere) return save_as(tab);
  if (box.clickedButton() == over) return overwrite(tab);
  if (box.clickedButton() == reread) (void)reload(tab);
  return false;  // nothing has been saved
}

bool Files::save_as(DocumentTab& tab) {
  const QString proposal = tab.document().file().isEmpty() ? Settings::last_folder() + QLatin1Char('/') +
                                                                 tab.untitled_name() + QLatin1String(kSuffix)
                                                           : tab.document().file();
  const QString file =
      ask_save_path(window_, tr("Save the graph"), proposal, filter(), QString::fromLatin1(kSuffix).mid(1));
  return !file.isEmpty() && write(tab, file);
}

bool Files::write(DocumentTab& tab, const QString& file, Protected write_protected) {
  if (write_protected == Protected::Refuse && is_write_protected(to_path(file))) return write_over_protected(tab, file);
  const Result<FileStamp> written = write_graph_file(tab.document().as_saved_to(file), to_path(file), write_protected);
  if (!written) {
    QMessageBox box(QMessageBox::Critical, tr("The file cannot be saved"), tr("The file cannot be saved"),
                    QMessageBox::NoButton, window_);
    box.setInformativeText(QString::fromStdString(written.error().line()));
    QPushButton* elsewhere = box.addButton(tr("Save &as…"), QMessageBox::AcceptRole);
    box.addButton(QMessageBox::Cancel);
    box.setDefaultButton(elsewhere);
    box.exec();
    return box.clickedButton() == elsewhere && save_as(tab);
  }
  tab.mark_saved(QFileInfo(file).absoluteFilePath(), *written);
  remember(file);
  Q_EMIT saved(tab);
  return true;
}

bool Files::write_over_protected(DocumentTab& tab, const QString& file) {
  QMessageBox box(QMessageBox::Warning, tr("The file is write-protected"),
                  tr("%1 is write-protected.").arg(QFileInfo(file).fileName()), QMessageBox::NoButton, window_);
  box.setInformativeText(tr("Replace it all the same? It stays write-protected."));
  QPushButton* elsewhere = box.addButton(tr("Save &as…"), QMessageBox::AcceptRole);
  QPushButton* replace = box.addButton(tr("&Replace"), QMessageBox::DestructiveRole);
  box.addButton(QMessageBox::Cancel);
  box.setDefaultButton(elsewhere);
  box.exec();
  if (box.clickedButton() == elsewhere) return save_as(tab);
  return box.clickedButton() == replace && write(tab, file, Protected::Replace);
}

void Files::show_error(const QString& title, const Error& error) {
  QMessageBox box(QMessageBox::Critical, title, title, QMessageBox::Ok, window_);
  box.setInformativeText(QString::fromStdString(error.line()));
  box.exec();
}

}  // namespace feedline::gui::inline workspace
