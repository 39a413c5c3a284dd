// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/canvas_overlays.h"

#include "gui/base/theme.h"
#include "gui/canvas/cost_text.h"
#include "gui/canvas/paint_tools.h"
#include "gui/canvas/shown_diagram.h"

#include <QCoreApplication>
#include <QGraphicsView>

#include <algorithm>

namespace feedline::gui::inline canvas {
namespace {

QString overlay_words(const char* text) { return QCoreApplication::translate("Canvas", text); }

/// A label over the canvas, in small writing. The size is told to the style sheet: the application's would undo what
/// setFont() said when the label is first polished.
void restyle_note(QLabel& label, const QColor& text, const QColor& surface, const char* padding) {
  const QFont font = Theme::instance().small_font();
  const QString size = font.pointSizeF() > 0 ? QStringLiteral("%1pt").arg(font.pointSizeF())
                                             : QStringLiteral("%1px").arg(font.pixelSize());
  label.setStyleSheet(QStringLiteral("color: %1; background: %2; padding: %3; border-radius: 4px; font-size: %4")
                          .arg(text.name(), surface.name(), QLatin1String(padding), size));
}

}  // namespace

CanvasOverlays::CanvasOverlays(QGraphicsView& view, const GraphScene& scene)
    : view_(view), breadcrumb_(&view), minimap_(scene, &view), hint_(&view), total_(&view), run_notice_(&view) {
  hint_.setText(
      QStringLiteral("<div style='text-align:center'><p style='font-size:x-large'>%1</p><p>%2</p></div>")
          .arg(overlay_words("An empty canvas"),
               overlay_words("Press <b>Tab</b> or double-click to add a node,<br>or drag one here from the "
                             "palette.<br>Drop a folder of pictures, a table or a text here to train on it.")));
  total_.setAccessibleName(overlay_words("The whole model"));
  run_notice_.setText(overlay_words(
      "The run that is on keeps the graph it started with. To train with this change: stop it and run again."));
  run_notice_.hide();
  for (QLabel* label : {&hint_, &total_, &run_notice_}) label->setAttribute(Qt::WA_TransparentForMouseEvents);
}

void CanvasOverlays::show_diagram(const ShownDiagram& shown) {
  hint_.setVisible(shown.diagram().empty());
  total_.setText(total_text(shown.analysis().total, shown.analysis().batch));
}

void CanvasOverlays::show_run_notice(bool wanted) {
  run_notice_.setVisible(wanted);
  if (wanted) run_notice_.raise();
}

void CanvasOverlays::restyle() {
  const Theme::Colors& colors = Theme::instance().colors();
  hint_.setStyleSheet(QStringLiteral("color: %1; background: transparent").arg(colors.muted.name()));
  restyle_note(total_, colors.text, mixed(colors.canvas, colors.panel, 0.8), "3px 8px");
  restyle_note(run_notice_, colors.text, mixed(colors.panel, colors.warning, 0.22), "4px 10px");
}

void CanvasOverlays::show_seen(const QRectF& area) {
  const bool alone = minimap_.isHidden();
  minimap_.show_view(area);
  if (minimap_.isHidden() != alone) place_total();
}

/// At the left, and never below the overview.
void CanvasOverlays::place_total() {
  const int width = view_.width();
  total_.setVisible(!total_.text().isEmpty());
  total_.setWordWrap(false);
  const QSize wanted = total_.sizeHint();
  const int beside = minimap_.isHidden() ? 0 : minimap_.width() + Theme::kUnit;
  const int wide = std::min(wanted.width(), std::max(width / 3, width - 2 * Theme::kUnit - beside));
  total_.setWordWrap(wide < wanted.width());
  total_.resize(wide, total_.wordWrap() ? total_.heightForWidth(wide) : wanted.height());
  total_.move(Theme::kUnit, view_.height() - total_.height() - Theme::kUnit);
}

void CanvasOverlays::place(QWidget& middle) {
  const int width = view_.width();
  const int height = view_.height();
  hint_.adjustSize();
  hint_.move((width - hint_.width()) / 2, (height - hint_.height()) / 2);
  place_total();
  breadcrumb_.move(Theme::kUnit, Theme::kUnit);
  const int top = breadcrumb_.isHidden() ? Theme::kUnit : breadcrumb_.height() + 2 * Theme::kUnit;
  run_notice_.setWordWrap(run_notice_.fontMetrics().horizontalAdvance(run_notice_.text()) > width - 6 * Theme::kUnit);
  run_notice_.setMaximumWidth(std::max(50, width - 2 * Theme::kUnit));
  run_notice_.adjustSize();
  run_notice_.move((width - run_notice_.width()) / 2, top);
  middle.move((width - middle.width()) / 2, top);
  minimap_.move(width - minimap_.width() - Theme::kUnit, height - minimap_.height() - Theme::kUnit);
}

}  // namespace feedline::gui::inline canvas
