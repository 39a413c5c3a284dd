// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QSize>
#include <QString>

#include <functional>

class QPaintDevice;
class QWidget;

namespace feedline::gui::inline plots {

/// What a panel shows, to be taken out of the window: as a picture and as numbers.
struct ExportedView {
  QString title{};  ///< also proposes the file's name
  QSize size{};     ///< in pixels, as it is on the screen
  std::function<void(QPaintDevice&, const QSize&)> paint{};
  std::function<QString()> csv{};
};

enum class ExportFormat { Png, Svg, Pdf, Csv };
/// "png", "svg", ...: also the file's suffix.
[[nodiscard]] QString suffix_of(ExportFormat format);

/// Writes a file. A PNG has twice the pixels of the screen; SVG and PDF are drawn, not pixels. Returns what went wrong,
/// in words, or nothing.
[[nodiscard]] QString save_view(const ExportedView& exported, ExportFormat format, const QString& path);
/// Asks for the file, and tells if it could not be written.
void save_view_as(const ExportedView& exported, ExportFormat format, QWidget* parent);
/// To the clipboard, as a picture.
void copy_view(const ExportedView& exported);

/// A line of a CSV table (RFC 4180): quoted where it must be, numbers with a point.
[[nodiscard]] QString csv_line(const QStringList& cells);
/// A number as CSV writes it; empty where it has no meaning.
[[nodiscard]] QString csv_number(double value);

}  // namespace feedline::gui::inline plots
