// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/base/save_path.h"

#include <QCoreApplication>
#include <QFileDialog>
#include <QFileInfo>
#include <QMessageBox>

namespace feedline::gui::inline base {
namespace {

QString words(const char* text) { return QCoreApplication::translate("SavePath", text); }

}  // namespace

QString ask_save_path(QWidget* parent, const QString& title, const QString& proposal, const QString& filter,
                      const QString& suffix) {
  QString file = QFileDialog::getSaveFileName(parent, title, proposal, filter);
  if (file.isEmpty() || !QFileInfo(file).suffix().isEmpty()) return file;
  file += QLatin1Char('.') + suffix;
  if (!QFileInfo::exists(file)) return file;
  // The dialog asked about the name without the suffix only.
  const auto answer =
      QMessageBox::question(parent, words("Replace the file?"), words("%1 exists. Replace it?").arg(file),
                            QMessageBox::Yes | QMessageBox::No, QMessageBox::No);
  return answer == QMessageBox::Yes ? file : QString();
}

}  // namespace feedline::gui::inline base
