// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/exhibit.h"

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

namespace feedline::gui {

namespace {

constexpr int kScreenDpi = 96;
constexpr int kSharpness = 2;

QString words(const char* text) { return QCoreApplication::translate("Exhibit", text); }

QImage picture_of(const Exhibit& exhibit) {
  QImage image(exhibit.size * kSharpness, QImage::Format_ARGB32_Premultiplied);
  image.setDevicePixelRatio(kSharpness);
  image.fill(Theme::instance().colors().panel);
  exhibit.paint(image, exhibit.size);
  return image;
}

void write_svg(const Exhibit& exhibit, QIODevice& file) {
  QSvgGenerator svg;
  svg.setOutputDevice(&file);
  svg.setSize(exhibit.size);
  svg.setViewBox(QRect({}, exhibit.size));
  svg.setResolution(kScreenDpi);
  svg.setTitle(exhibit.title);
  exhibit.paint(svg, exhibit.size);
}

void write_pdf(const Exhibit& exhibit, QIODevice& file) {
  QPdfWriter pdf(&file);
  pdf.setTitle(exhibit.title);
  pdf.setResolution(kScreenDpi);
  pdf.setPageMargins({});
  pdf.setPageSize(QPageSize(QSizeF(exhibit.size) * 72 / kScreenDpi, QPageSize::Point, {}, QPageSize::ExactMatch));
  exhibit.paint(pdf, exhibit.size);
}

}  // namespace

QString suffix_of(ExhibitFormat format) {
  switch (format) {
    case ExhibitFormat::Png:
      return QStringLiteral("png");
    case ExhibitFormat::Svg:
      return QStringLiteral("svg");
    case ExhibitFormat::Pdf:
      return QStringLiteral("pdf");
    case ExhibitFormat::Csv:
      break;
  }
  return QStringLiteral("csv");
}

QString save_exhibit(const Exhibit& exhibit, ExhibitFormat format, const QString& path) {
  QSaveFile file(path);
  if (!file.open(QIODevice::WriteOnly)) return file.errorString();
  bool written = true;
  switch (format) {
    case ExhibitFormat::Png:
      written = picture_of(exhibit).save(&file, "PNG");
      break;
    case ExhibitFormat::Svg:
      write_svg(exhibit, file);
      break;
    case ExhibitFormat::Pdf:
      write_pdf(exhibit, file);
      break;
    case ExhibitFormat::Csv:
      written = file.write(exhibit.csv().toUtf8()) >= 0;
      break;
  }
  if (written && file.commit()) return {};
  return file.errorString();
}

void save_exhibit_as(const Exhibit& exhibit, ExhibitFormat format, QWidget* parent) {
  const QString suffix = suffix_of(format);
  QString name = exhibit.title.toLower();
  name.replace(QLatin1Char(' '), QLatin1Char('-'));
  const QString proposal = Settings::last_folder() + QLatin1Char('/') + name + QLatin1Char('.') + suffix;
  const QString path = ask_save_path(parent, words("Export %1").arg(exhibit.title), proposal,
                                     words("%1 file (*.%2)").arg(suffix.toUpper(), suffix), suffix);
  if (path.isEmpty()) return;
  Settings::set_last_folder(QFileInfo(path).absolutePath());
  if (const QString fault = save_exhibit(exhibit, format, path); !fault.isEmpty())
    QMessageBox::warning(parent, words("Export"), words("%1 was not written: %2").arg(path, fault));
}

void copy_exhibit(const Exhibit& exhibit) { QGuiApplication::clipboard()->setImage(picture_of(exhibit)); }

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

}  // namespace feedline::gui
