// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/preview.h"
#include "engine/preview_view.h"

#include <QImage>
#include <QList>
#include <QString>

namespace feedline::gui::inline preview {

/// One value of a preview, ready to be drawn. Made off the GUI thread.
struct PreviewPicture {
  enum class Form { Nothing, Picture, Maps, Histogram, Text };

  QString port{};
  Form form = Form::Nothing;
  QList<QImage> images{};  ///< one, or one a channel
  Distribution numbers{};  ///< of everything that has numbers, so that it can also be seen as a histogram
  QString text{};
  QString shape{};   ///< "f32 3×64×64 CHW"
  QString remark{};  ///< what the shades mean, what was left out
};

[[nodiscard]] PreviewPicture make_preview_picture(const PreviewValue& value);

}  // namespace feedline::gui::inline preview
