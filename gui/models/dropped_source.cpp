// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/dropped_source.h"

#include "engine/data_at.h"

#include <QFile>

#include <utility>

namespace feedline::gui {

std::optional<DroppedSource> dropped_source(const QString& path) {
  auto data = data_at(QFile::encodeName(path).toStdString());
  if (!data) return std::nullopt;
  return DroppedSource{.type = QString::fromStdString(data->type),
                       .params = std::move(data->training),
                       .validation = std::move(data->validation)};
}

}  // namespace feedline::gui
