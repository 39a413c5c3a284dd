// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/exported_view.h"

#include "gui/base/save_path.h"
#include "gui/base/settings.h"
#include "gui/base/theme.h"

#include <QClipboard>
#include <QCoreApplication>
#include <QFileInfo>
#include <QGuiApplication>
#include <QImage>
#include <QMessageBox>
#include <QPageSize>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>

#include <cmath>

namespace feedline::gui::inline plots {

namespace {

constexpr int kScreenDpi = 96;
constexpr int kSharpness = 2;

QString words(const char* text) { return QCoreApplication::translate("Exhibit", text); }

QImage picture_of(const ExportedView& exported) {
  QImage image(exported.size * kSharpness, QImage::Format_ARGB32_Premultiplied);
  image.setDevicePixelRatio(kSharpness);
  image.fill(Theme::instance().colors().panel);
  exported.paint(image, exported.size);
  return image;
}

void write_svg(const ExportedView& exported, QIODevice& file) {
  QSvgGenerator svg;
  svg.setOutputDevice(&file);
  svg.setSize(exported.size);
  svg.setViewBox(QRect({}, exported.size));
  svg.setResolution(kScreenDpi);
  svg.setTitle(exported.title);
  exported.paint(svg, exported.size);
}

void write_pdf(const ExportedView& exported, QIODevice& file) {
  QPdfWriter pdf(&file);
  pdf.setTitle(exported.title);
  pdf.setResolution(kScreenDpi);
  pdf.setPageMargins({});
  pdf.setPageSize(QPageSize(QSizeF(exported.size) * 72 / kScreenDpi, QPageSize::Point, {}, QPageSize::ExactMatch));
  exported.paint(pdf, exported.size);
}

}  // namespace

QString suffix_of(ExportFormat format) {
  switch (format) {
    case ExportFormat::Png:
      return QStringLiteral("png");
    case ExportFormat::Svg:
      return QStringLiteral("svg");
    case ExportFormat::Pdf:
      return QStringLiteral("pdf");
    case ExportFormat::Csv:
      break;
  }
  return QStringLiteral("csv");
}

QString save_view(const ExportedView& exported, ExportFormat format, const QString& path) {
  QSaveFile file(path);
  if (!file.open(QIODevice::WriteOnly)) return file.errorString();
  bool written = true;
  switch (format) {
    case ExportFormat::Png:
      written = picture_of(exported).save(&file, "PNG");
      break;
    case ExportFormat::Svg:
      write_svg(exported, file);
      break;
    case ExportFormat::Pdf:
      write_pdf(exported, file);
      break;
    case ExportFormat::Csv:
      written = file.write(exported.csv().toUtf8()) >= 0;
      break;
  }
  if (written && file.commit()) return {};
  return file.errorString();
}

void save_view_as(const ExportedView& exported, ExportFormat format, QWidget* parent) {
  const QString suffix = suffix_of(format);
  QString name = exported.title.toLower();
  name.replace(QLatin1Char(' '), QLatin1Char('-'));
  const QString proposal = Settings::last_folder() + QLatin1Char('/') + name + QLatin1Char('.') + suffix;
  const QString path = ask_save_path(parent, words("Export %1").arg(exported.title), proposal,
                                     words("%1 file (*.%2)").arg(suffix.toUpper(), suffix), suffix);
  if (path.isEmpty()) return;
  Settings::set_last_folder(QFileInfo(path).absolutePath());
  if (const QString fault = save_view(exported, format, path); !fault.isEmpty())
    QMessageBox::warning(parent, words("Export"), words("%1 was not written: %2").arg(path, fault));
}

void copy_view(const ExportedView& exported) { QGuiApplication::clipboard()->setImage(picture_of(exported)); }

QString csv_line(const QStringList& cells) {
  QStringList quoted;
  for (QString cell : cells) {
    const bool plain =
        !cell.contains(QLatin1Char(',')) && !cell.contains(QLatin1Char('"')) && !cell.contains(QLatin1Char('\n'));
    if (!plain) cell = QLatin1Char('"') + cell.replace(QLatin1Char('"'), QLatin1String("\"\"")) + QLatin1Char('"');
    quoted << cell;
  }
  return quoted.join(QLatin1Char(',')) + QLatin1Char('\n');
}

QString csv_number(double value) { return std::isfinite(value) ? QString::number(value, 'g', 12) : QString(); }

}  // namespace feedline::gui::inline plots
