// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/start/example_menu.h"

#include "graph/json.h"
#include "gui/base/theme.h"
#include "gui/start/graph_picture.h"

#include <QAction>
#include <QMenu>
#include <QProxyStyle>

namespace feedline::gui::inline start {
namespace {

/// Menus make their rows as high as icons are wide: larger ones would need more columns than 1280 pixels have.
constexpr QSize kMenuPicture(40, 24);
constexpr qsizetype kLongest = 64;  ///< letters of a line
constexpr char kRow[] = "example_row";

/// Menus draw icons of one size; here they are pictures.
class WideIcons : public QProxyStyle {
 public:
  using QProxyStyle::QProxyStyle;
  [[nodiscard]] int pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const override {
    return metric == PM_SmallIconSize ? kMenuPicture.width() : QProxyStyle::pixelMetric(metric, option, widget);
  }
};

}  // namespace

ExampleMenu::ExampleMenu(QMenu* menu)
    : QObject(menu), menu_(menu), model_([menu](const std::string& graph) {
        const Result<Loaded> loaded = from_json(graph);
        return loaded ? graph_picture(loaded->document, kMenuPicture, menu->devicePixelRatioF()) : QPixmap();
      }) {
  auto* style = new WideIcons;
  style->setParent(this);
  menu->setStyle(style);
  menu->setToolTipsVisible(true);
  for (int row = 0; row < model_.rowCount(); ++row) {
    const QModelIndex index = model_.index(row);
    const QString summary = index.data(GalleryModel::SummaryRole).toString();
    QString text = index.data().toString() + QStringLiteral(" – ") + summary;
    if (text.size() > kLongest) text = text.left(text.lastIndexOf(QLatin1Char(' '), kLongest)) + QStringLiteral("…");
    text.replace(QLatin1Char('&'), QStringLiteral("&&"));
    auto* action = menu->addAction(
        text, this, [this, name = index.data(GalleryModel::NameRole).toString()] { Q_EMIT chosen(name); });
    action->setToolTip(summary);
    action->setStatusTip(summary);
    action->setProperty(kRow, row);
  }
  connect(menu, &QMenu::aboutToShow, this, &ExampleMenu::draw);
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    model_.forget_pictures();
    for (QAction* action : menu_->actions())
      if (action->property(kRow).isValid()) action->setIcon({});
  });
}

void ExampleMenu::draw() {
  for (QAction* action : menu_->actions()) {
    const QVariant row = action->property(kRow);
    if (!row.isValid() || !action->icon().isNull()) continue;
    action->setIcon(QIcon(model_.index(row.toInt()).data(Qt::DecorationRole).value<QPixmap>()));
    action->setIconVisibleInMenu(true);
  }
}

}  // namespace feedline::gui::inline start
