// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/runs/report_pdf.h"

#include "gui/models/text.h"
#include "recording/report_page.h"

#include <QAbstractTextDocumentLayout>
#include <QBuffer>
#include <QCoreApplication>
#include <QImage>
#include <QImageReader>
#include <QPageSize>
#include <QPdfWriter>
#include <QSaveFile>
#include <QTextDocument>
#include <QUrl>

namespace feedline::gui::inline runs {
namespace {

constexpr int kResolution = 150;  ///< dots an inch of the layout
constexpr double kSharper = 3;    ///< pictures have so many times the pixels of their place
constexpr double kPixels = 96;    ///< an inch, in the sizes of HTML
/// Pictures that are wider have a line for themselves; two of the others share one.
constexpr double kWide = 600;
constexpr double kHalf = 0.48;

std::string words(const char* text) { return QCoreApplication::translate("Report", text).toStdString(); }

Error cannot_write(const QString& file, const QString& why) {
  return {.code = ErrorCode::Failed,
          .reason = words("cannot be written: ") + why.toStdString(),
          .remedy = words("Choose a path in a folder that exists, is yours and has room"),
          .file = file.toStdString()};
}

/// Empty where Qt cannot read SVG.
QImage drawn(const markup::Picture& picture, double width) {
  QByteArray svg = QByteArray::fromStdString(picture.svg);
  QBuffer buffer(&svg);
  QImageReader reader(&buffer, "svg");
  reader.setScaledSize(QSize(qRound(width * kSharper), qRound(width * kSharper * picture.height / picture.width)));
  return reader.read();
}

/// The parts as what QTextDocument understands, on a page that is so many of HTML's pixels wide.
QString fill(QTextDocument& document, const RunRecord& run, double width) {
  QString html = QStringLiteral("<h1>%1</h1>").arg(to_qstring(report_title(run)).toHtmlEscaped());
  int number = 0;
  for (const ReportPart& part : report_parts(run)) {
    if (!part.heading.empty()) html += QStringLiteral("<h2>%1</h2>").arg(to_qstring(part.heading).toHtmlEscaped());
    html += to_qstring(part.html);
    if (!part.pictures.empty()) html += QStringLiteral("<p>");
    for (const markup::Picture& picture : part.pictures) {
      const double wide = picture.width > kWide ? width : width * kHalf;
      const QImage image = drawn(picture, wide);
      if (image.isNull()) continue;
      const QString name = QStringLiteral("picture%1").arg(++number);
      document.addResource(QTextDocument::ImageResource, QUrl(name), image);
      html += QStringLiteral("<img src=\"%1\" width=\"%2\" height=\"%3\"> ")
                  .arg(name)
                  .arg(qRound(wide))
                  .arg(qRound(wide * picture.height / picture.width));
    }
    if (!part.pictures.empty()) html += QStringLiteral("</p>");
  }
  return html;
}

}  // namespace

Status write_report_pdf(const RunRecord& run, const QString& file) {
  QSaveFile out(file);
  if (!out.open(QIODevice::WriteOnly)) return fail(cannot_write(file, out.errorString()));
  {
    QPdfWriter writer(&out);
    writer.setTitle(to_qstring(report_title(run)));
    writer.setCreator(QStringLiteral("Feedline"));
    writer.setPageSize(QPageSize(QPageSize::A4));
    writer.setPageMargins(QMarginsF(15, 15, 15, 15), QPageLayout::Millimeter);
    writer.setResolution(kResolution);
    QTextDocument document;
    document.documentLayout()->setPaintDevice(&writer);
    document.setDocumentMargin(0);
    document.setDefaultFont(QFont(QStringLiteral("sans-serif"), 9));
    const QSizeF page(writer.width(), writer.height());
    document.setHtml(fill(document, run, page.width() * kPixels / kResolution));
    document.setPageSize(page);
    document.print(&writer);
  }
  if (!out.commit()) return fail(cannot_write(file, out.errorString()));
  return {};
}

Status write_report_page(const RunRecord& run, const QString& file) {
  QSaveFile out(file);
  const QByteArray page = QByteArray::fromStdString(report_page(run));
  if (!out.open(QIODevice::WriteOnly) || out.write(page) != page.size() || !out.commit())
    return fail(cannot_write(file, out.errorString()));
  return {};
}

}  // namespace feedline::gui::inline runs
