// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/part.h"

#include <map>
#include <set>

namespace feedline {

std::string stem_of(const std::string& id) {
  const std::size_t end = id.find_last_not_of("0123456789");
  return end == std::string::npos ? id : id.substr(0, end + 1);
}

Document part_of(const Diagram& diagram, const std::vector<std::string>& ids) {
  const std::set<std::string_view> wanted(ids.begin(), ids.end());
  Edit::List steps;
  for (const Node& node : diagram.nodes())
    if (wanted.contains(node.id)) steps.push_back({AddNode{.node = node}});
  for (const Link& link : diagram.links())
    if (wanted.contains(link.from.node) && wanted.contains(link.to.node)) steps.push_back({AddLink{.link = link}});
  for (const Comment& comment : diagram.comments())
    if (wanted.contains(comment.id)) steps.push_back({AddComment{.comment = comment}});
  for (const Frame& frame : diagram.frames())
    if (wanted.contains(frame.id)) steps.push_back({AddFrame{.frame = frame}});
  Document part;
  (void)part.apply(Edit{std::move(steps)});
  return part;
}

Paste make_paste(const Diagram& diagram, const Diagram& part, Position offset) {
  Diagram trial = diagram;
  Edit::List steps;
  Paste paste;
  std::map<std::string, std::string> renamed;
  const auto carry_out = [&](Edit edit) {
    if (trial.apply(edit)) steps.push_back(std::move(edit));
  };
  const auto shift = [&](Position& position) { position = {position.x + offset.x, position.y + offset.y}; };
  for (Node node : part.nodes()) {
    const std::string id = trial.free_id(stem_of(node.id));
    renamed[node.id] = id;
    node.id = id;
    shift(node.position);
    carry_out({AddNode{.node = std::move(node)}});
    paste.ids.push_back(id);
  }
  for (Link link : part.links()) {
    link.from.node = renamed[link.from.node];
    link.to.node = renamed[link.to.node];
    for (Position& point : link.via) shift(point);
    carry_out({AddLink{.link = std::move(link)}});
  }
  for (Comment comment : part.comments()) {
    comment.id = trial.free_id(stem_of(comment.id));
    shift(comment.position);
    paste.ids.push_back(comment.id);
    carry_out({AddComment{.comment = std::move(comment)}});
  }
  for (Frame frame : part.frames()) {
    frame.id = trial.free_id(stem_of(frame.id));
    shift(frame.position);
    paste.ids.push_back(frame.id);
    carry_out({AddFrame{.frame = std::move(frame)}});
  }
  paste.edit = Edit{std::move(steps)};
  return paste;
}

}  // namespace feedline
