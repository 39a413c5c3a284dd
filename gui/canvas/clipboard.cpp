// SPDX-License-Identifier: GPL-3.0-or-later
#include "canvas/clipboard.h"

#include "graph/json.h"

#include <QMimeData>

namespace feedline::gui {

QMimeData* to_mime(const Document& part) {
  const QByteArray json = QByteArray::fromStdString(to_json(part));
  auto* mime = new QMimeData;
  mime->setData(QString::fromLatin1(kGraphMime), json);
  mime->setText(QString::fromUtf8(json));
  return mime;
}

std::optional<Document> from_mime(const QMimeData* mime) {
  if (mime == nullptr) return std::nullopt;
  const QString type = QString::fromLatin1(kGraphMime);
  const QByteArray json = mime->hasFormat(type) ? mime->data(type) : mime->text().toUtf8();
  if (json.isEmpty()) return std::nullopt;
  Result<Loaded> loaded = from_json({json.constData(), static_cast<std::size_t>(json.size())});
  if (!loaded || loaded->document.empty()) return std::nullopt;
  return std::move(loaded->document);
}

}  // namespace feedline::gui
