// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/about.h"

#include "training/report.h"

#include <QCoreApplication>
#include <QIcon>
#include <QMessageBox>

namespace feedline::gui::inline app {

namespace {

QString words(const char* text) { return QCoreApplication::translate("About", text); }

/// As its makers write it, where reports have a key.
QString library_name(const std::string& key) {
  if (key == "feedline") return QStringLiteral("Feedline");
  if (key == "libtorch") return QStringLiteral("LibTorch");
  if (key == "blas") return QStringLiteral("BLAS");
  if (key == "libjpeg_turbo") return QStringLiteral("libjpeg-turbo");
  return key == "compiler" ? words("Compiler") : QString::fromStdString(key);
}

}  // namespace

void show_about(QWidget* parent) {
  QString versions;
  for (const auto& [name, version] : library_versions()) {
    versions += QStringLiteral("<tr><td>%1&nbsp;&nbsp;</td><td>%2</td></tr>")
                    .arg(library_name(name).toHtmlEscaped(), QString::fromStdString(version).toHtmlEscaped());
  }
  QMessageBox box(parent);
  box.setWindowTitle(words("About Feedline"));
  box.setIconPixmap(QIcon(QStringLiteral(":/icons/feedline.svg")).pixmap(64, 64));
  box.setText(words("<h3>Feedline</h3><p>Draw, run and profile a training pipeline.</p>"));
  box.setInformativeText(words("<table>%1<tr><td>Qt&nbsp;&nbsp;</td><td>%2</td></tr></table>"
                               "<p>Free software under the GNU General Public License, version 3 or later.</p>")
                             .arg(versions, QString::fromLatin1(qVersion())));
  box.exec();
}

}  // namespace feedline::gui::inline app
