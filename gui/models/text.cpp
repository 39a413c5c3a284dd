// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/text.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
#include <cmath>

namespace feedline::gui::inline models {
namespace {

QString words(const char* text) { return QCoreApplication::translate("Schema", text); }

}  // namespace

QString kind_text(Kind kind) { return words(std::string(kind->title).c_str()); }

QString heading_text(const NodeSpec& spec) { return words(std::string(heading_of(spec)).c_str()); }

QString wire_text(const TensorDesc& desc) {
  switch (desc.kind->on_wire) {
    case WireText::Nothing:
      return {};
    case WireText::Title:
      return kind_text(desc.kind);
    case WireText::Classes:
      return desc.classes.known() ? to_qstring(desc.text()) : kind_text(desc.kind);
    case WireText::Shape:
      break;
  }
  return to_qstring(desc.text());
}

QString short_wire_text(const TensorDesc& desc) {
  QString dims;
  if (desc.kind->on_wire != WireText::Shape) return dims;
  for (const Dim& dim : desc.shape) dims += (dims.isEmpty() ? QString() : QStringLiteral("×")) + to_qstring(dim.text());
  return dims;
}

QString clock_text(double seconds) {
  const auto whole = static_cast<qint64>(std::llround(std::max(0.0, seconds)));
  const QString minutes = QStringLiteral("%1:%2")
                              .arg(whole / 60 % 60, whole >= 3600 ? 2 : 1, 10, QLatin1Char('0'))
                              .arg(whole % 60, 2, 10, QLatin1Char('0'));
  return whole >= 3600 ? QStringLiteral("%1:%2").arg(whole / 3600).arg(minutes) : minutes;
}

QString count_text(qsizetype count, const QString& one, const QString& many) {
  return count == 1 ? one : many.arg(count);
}

QString rate_text(double per_second) {
  if (!std::isfinite(per_second) || per_second < 0) per_second = 0;
  const int decimals = per_second >= 100 || per_second == 0 ? 0 : per_second >= 1 ? 1 : 2;
  return words("%1/s").arg(QLocale().toString(per_second, 'f', decimals));
}

QString capitalised(QString text) {
  if (!text.isEmpty()) text[0] = text[0].toUpper();
  return text;
}

QString spaced(std::string_view name) { return to_qstring(name).replace(QLatin1Char('_'), QLatin1Char(' ')); }

QString port_tip(const PortSpec& port, bool input, const QString& shape) {
  QString tip = QStringLiteral("<b>%1</b> · %2").arg(to_qstring(port.name).toHtmlEscaped(), kind_text(port.kind));
  if (input)
    tip += QStringLiteral(" · ") + (port.optional ? words("optional input")
                                    : port.unless.empty()
                                        ? words("required input")
                                        : words("required input, unless %1 is wired").arg(to_qstring(port.unless)));
  if (!shape.isEmpty()) tip += QStringLiteral("<br>") + shape.toHtmlEscaped();
  if (!port.doc.empty()) tip += QStringLiteral("<br>") + to_qstring(port.doc).toHtmlEscaped();
  return QStringLiteral("<qt>%1</qt>").arg(tip);
}

}  // namespace feedline::gui::inline models
