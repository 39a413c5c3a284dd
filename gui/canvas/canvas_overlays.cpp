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

}  // namespace

CanvasOverlays::CanvasOverlays(QGraphicsView& view, const GraphScene& scene)
    : view_(view), breadcrumb_(&view), minimap_(scene, &view), hint_(&view), total_(&view), run_notice_(&view) {
  hint_.setText(QStringLiteral("<div style='text-align:center'><p style='font-size:x-large'>%1</p><p>%2</p></div>")
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
  total_.setFont(Theme::instance().small_font());
  total_.setStyleSheet(QStringLiteral("color: %1; background: %2; padding: 3px 8px; border-radius: 4px")
                           .arg(colors.text.name(), mixed(colors.canvas, colors.panel, 0.8).name()));
  run_notice_.setFont(Theme::instance().small_font());
  run_notice_.setStyleSheet(QStringLiteral("color: %1; background: %2; padding: 4px 10px; border-radius: 4px")
                                .arg(colors.text.name(), mixed(colors.panel, colors.warning, 0.22).name()));
}

void CanvasOverlays::place(QWidget& middle) {
  const int width = view_.width();
  const int height = view_.height();
  hint_.adjustSize();
  hint_.move((width - hint_.width()) / 2, (height - hint_.height()) / 2);
  total_.setVisible(!total_.text().isEmpty());
  total_.setWordWrap(false);
  const QSize wanted = total_.sizeHint();
  const int wide = std::min(wanted.width(), width - 2 * Theme::kUnit);
  total_.setWordWrap(wide < wanted.width());
  total_.resize(wide, total_.wordWrap() ? total_.heightForWidth(wide) : wanted.height());
  total_.move(Theme::kUnit, height - total_.height() - Theme::kUnit);
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
