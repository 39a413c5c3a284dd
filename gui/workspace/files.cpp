// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/files.h"

#include "app/settings.h"
#include "base/embedded.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QMessageBox>

#include <algorithm>
#include <utility>

namespace feedline::gui {

namespace {

constexpr char kSuffix[] = ".feedline";

QString filter() { return Files::tr("Feedline graphs (*.feedline);;All files (*)"); }

std::filesystem::path to_path(const QString& file) { return {QFile::encodeName(file).toStdString()}; }

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
  const QList<DocumentTab*> tabs = workspace_.documents();
  return std::all_of(tabs.begin(), tabs.end(), [this](DocumentTab* tab) { return may_leave(*tab); });
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
  tab.take(std::move(*loaded), {}, QFileInfo(full).completeBaseName());
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
    return true;
  }
  Result<Loaded> loaded = load_document(to_path(file));
  if (!loaded) {
    show_error(tr("The file cannot be opened"), loaded.error());
    return false;
  }
  DocumentTab& tab = workspace_.free_tab();
  tab.take(std::move(*loaded), QFileInfo(file).absoluteFilePath(), {});
  remember(file);
  Q_EMIT opened(tab);
  return true;
}

void Files::remember(const QString& file) {
  Settings::set_last_folder(QFileInfo(file).absolutePath());
  Settings::add_recent_file(file);
  Q_EMIT recent_changed();
}

bool Files::save(DocumentTab& tab) {
  const QString& file = tab.document().file();
  return file.isEmpty() ? save_as(tab) : write(tab, file);
}

bool Files::save_as(DocumentTab& tab) {
  const QString proposal = tab.document().file().isEmpty() ? Settings::last_folder() + QLatin1Char('/') +
                                                                 tab.untitled_name() + QLatin1String(kSuffix)
                                                           : tab.document().file();
  QString file = QFileDialog::getSaveFileName(window_, tr("Save the graph"), proposal, filter());
  if (file.isEmpty()) return false;
  if (QFileInfo(file).suffix().isEmpty()) {
    file += QLatin1String(kSuffix);
    // The dialog asked about the name without the suffix only.
    if (QFileInfo::exists(file) && QMessageBox::question(window_, tr("Replace the file?"),
                                                         tr("%1 exists. Replace it?").arg(file)) != QMessageBox::Yes) {
      return false;
    }
  }
  return write(tab, file);
}

bool Files::write(DocumentTab& tab, const QString& file) {
  if (const Status saved = save_document(tab.document().document(), to_path(file)); !saved) {
    show_error(tr("The file cannot be saved"), saved.error());
    return false;
  }
  tab.document().mark_saved(QFileInfo(file).absoluteFilePath());
  remember(file);
  return true;
}

void Files::show_error(const QString& title, const Error& error) {
  QMessageBox box(QMessageBox::Critical, title, title, QMessageBox::Ok, window_);
  box.setInformativeText(QString::fromStdString(error.line()));
  box.exec();
}

}  // namespace feedline::gui
