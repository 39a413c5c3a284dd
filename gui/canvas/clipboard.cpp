// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/clipboard.h"

#include "graph/json.h"
#include "gui/canvas/canvas_text.h"

#include <QCoreApplication>
#include <QMimeData>

namespace feedline::gui::inline canvas {
QMimeData* to_mime(const Document& part) {
  const QByteArray json = QByteArray::fromStdString(to_json(part));
  auto* mime = new QMimeData;
  mime->setData(QString::fromLatin1(kGraphMime), json);
  mime->setText(QString::fromUtf8(json));
  return mime;
}

Result<Document> from_mime(const QMimeData* mime) {
  const auto refuse = [](const QString& reason) {
    return fail(Error{.reason = reason.toStdString(),
                      .remedy = words("Copy nodes of a graph, or the text of a .feedline file").toStdString()});
  };
  if (mime == nullptr || mime->formats().isEmpty()) return refuse(words("nothing to paste: the clipboard is empty"));
  const QString type = QString::fromLatin1(kGraphMime);
  const QByteArray json = mime->hasFormat(type) ? mime->data(type) : mime->text().toUtf8();
  if (json.isEmpty())
    return refuse(mime->hasImage() ? words("the clipboard holds a picture, no nodes")
                                   : words("the clipboard holds no nodes"));
  Result<Loaded> loaded = from_json({json.constData(), static_cast<std::size_t>(json.size())});
  if (!loaded)
    return refuse(
        words("the clipboard holds text that is not a graph (%1)").arg(QString::fromStdString(loaded.error().reason)));
  if (loaded->document.empty()) return refuse(words("the graph in the clipboard is empty"));
  return std::move(loaded->document);
}

}  // namespace feedline::gui::inline canvas
