// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/files.h"

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

Files::Files(DocumentController& document, QWidget* window) : QObject(window), document_(document), window_(window) {}

bool Files::may_leave() {
  if (document_.undo_stack().isClean()) return true;
  QMessageBox box(QMessageBox::Warning, tr("Unsaved changes"), tr("Save the changes to %1?").arg(display_name()),
                  QMessageBox::Save | QMessageBox::Discard | QMessageBox::Cancel, window_);
  box.setInformativeText(tr("They are lost if you do not save them."));
  box.setDefaultButton(QMessageBox::Save);
  switch (box.exec()) {
    case QMessageBox::Save:
      return save();
    case QMessageBox::Discard:
      return true;
    default:
      return false;
  }
}

bool Files::new_document() {
  if (!may_leave()) return false;
  take({}, {}, tr("Untitled"));
  return true;
}

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
  if (!may_leave()) return false;
  Result<Loaded> loaded = from_json(found->text);
  if (!loaded) {
    show_error(tr("The example cannot be opened"), loaded.error());
    return false;
  }
  take(std::move(*loaded), {}, QFileInfo(full).completeBaseName());
  return true;
}

bool Files::open() {
  const QString file = QFileDialog::getOpenFileName(window_, tr("Open a graph"), Settings::last_folder(), filter());
  return !file.isEmpty() && open(file);
}

bool Files::open(const QString& file) {
  if (!may_leave()) return false;
  Result<Loaded> loaded = load_document(to_path(file));
  if (!loaded) {
    show_error(tr("The file cannot be opened"), loaded.error());
    return false;
  }
  take(std::move(*loaded), QFileInfo(file).absoluteFilePath(), {});
  Settings::set_last_folder(QFileInfo(file).absolutePath());
  Settings::add_recent_file(file);
  Q_EMIT recent_changed();
  return true;
}

void Files::take(Loaded loaded, const QString& file, const QString& untitled) {
  notes_ = std::move(loaded.notes);
  untitled_ = untitled;
  document_.reset(std::move(loaded.document), file);
  Q_EMIT opened();
}

bool Files::save() { return document_.file().isEmpty() ? save_as() : write(document_.file()); }

bool Files::save_as() {
  const QString proposal = document_.file().isEmpty()
                               ? Settings::last_folder() + QLatin1Char('/') + untitled_ + QLatin1String(kSuffix)
                               : document_.file();
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
  return write(file);
}

bool Files::write(const QString& file) {
  if (const Status saved = save_document(document_.document(), to_path(file)); !saved) {
    show_error(tr("The file cannot be saved"), saved.error());
    return false;
  }
  document_.mark_saved(QFileInfo(file).absoluteFilePath());
  Settings::set_last_folder(QFileInfo(file).absolutePath());
  Settings::add_recent_file(file);
  Q_EMIT recent_changed();
  return true;
}

QString Files::display_name() const {
  return document_.file().isEmpty() ? untitled_ : QFileInfo(document_.file()).fileName();
}

void Files::show_error(const QString& title, const Error& error) {
  QMessageBox box(QMessageBox::Critical, title, title, QMessageBox::Ok, window_);
  box.setInformativeText(QString::fromStdString(error.line()));
  box.exec();
}

}  // namespace feedline::gui
