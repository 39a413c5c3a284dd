// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/gallery_model.h"

#include <QObject>

class QMenu;

namespace feedline::gui::inline start {

/// The examples in a menu as the gallery shows them: title, what it does, a picture of the graph. Pictures are drawn
/// when the menu is opened for the first time.
class ExampleMenu : public QObject {
  Q_OBJECT

 public:
  explicit ExampleMenu(QMenu* menu);

 Q_SIGNALS:
  void chosen(const QString& name);  ///< the example's file name

 private:
  void draw();

  QMenu* menu_;
  GalleryModel model_;
};

}  // namespace feedline::gui::inline start
