// SPDX-License-Identifier: GPL-3.0-or-later
#include "canvas/clipboard.h"

#include "graph/json.h"

#include <QMimeData>

#include <map>
#include <set>

namespace feedline::gui {
namespace {

/// conv12 -> conv, so that a copy of conv12 is called conv13 and not conv122.
std::string stem_of(const std::string& id) {
  const std::size_t end = id.find_last_not_of("0123456789");
  return end == std::string::npos ? id : id.substr(0, end + 1);
}

}  // namespace

Document part_of(const Document& document, const std::vector<std::string>& ids) {
  const std::set<std::string_view> wanted(ids.begin(), ids.end());
  Edit::List steps;
  for (const Node& node : document.nodes())
    if (wanted.contains(node.id)) steps.push_back({AddNode{.node = node}});
  for (const Link& link : document.links())
    if (wanted.contains(link.from.node) && wanted.contains(link.to.node)) steps.push_back({AddLink{.link = link}});
  for (const Comment& comment : document.comments())
    if (wanted.contains(comment.id)) steps.push_back({AddComment{.comment = comment}});
  Document part;
  (void)part.apply(Edit{std::move(steps)});
  return part;
}

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
  if (!loaded || (loaded->document.nodes().empty() && loaded->document.comments().empty())) return std::nullopt;
  return std::move(loaded->document);
}

Paste make_paste(const Document& document, const Document& part, Position offset) {
  Document trial = document;
  Edit::List steps;
  Paste paste;
  std::map<std::string, std::string> renamed;
  const auto carry_out = [&](Edit edit) {
    if (trial.apply(edit)) steps.push_back(std::move(edit));
  };
  for (Node node : part.nodes()) {
    const std::string id = trial.free_id(stem_of(node.id));
    renamed[node.id] = id;
    node.id = id;
    node.position = {node.position.x + offset.x, node.position.y + offset.y};
    carry_out({AddNode{.node = std::move(node)}});
    paste.ids.push_back(id);
  }
  for (Link link : part.links()) {
    link.from.node = renamed[link.from.node];
    link.to.node = renamed[link.to.node];
    carry_out({AddLink{.link = std::move(link)}});
  }
  for (Comment comment : part.comments()) {
    comment.id = trial.free_id(stem_of(comment.id));
    comment.position = {comment.position.x + offset.x, comment.position.y + offset.y};
    paste.ids.push_back(comment.id);
    carry_out({AddComment{.comment = std::move(comment)}});
  }
  paste.edit = Edit{std::move(steps)};
  return paste;
}

}  // namespace feedline::gui
