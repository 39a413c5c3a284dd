// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/part.h"

#include "graph/free_ids.h"
#include "graph/key.h"

#include <map>
#include <set>

namespace feedline::inline graph {

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

namespace {

/// All of them as one change; those that cannot be carried out are left out.
Edit what_goes(const Diagram& diagram, Edit all) {
  if (Diagram trial = diagram; trial.apply(all)) return all;
  Diagram trial = diagram;
  Edit::List steps;
  for (Edit& edit : std::get<Edit::List>(all.change))
    if (trial.apply(edit)) steps.push_back(std::move(edit));
  return Edit{std::move(steps)};
}

}  // namespace

Paste make_paste(const Diagram& diagram, const Diagram& part, Position offset, PasteKeys keys) {
  FreeIds free(diagram);
  Edit::List steps;
  Paste paste;
  std::map<std::string, std::string> renamed;
  const auto shift = [&](Position& position) { position = {position.x + offset.x, position.y + offset.y}; };
  for (Node node : part.nodes()) {
    std::string id = free.take(stem_of(node.id));
    renamed[node.id] = id;
    node.id = id;
    if (keys == PasteKeys::New) forget_keys(node);
    shift(node.position);
    steps.push_back({AddNode{.node = std::move(node)}});
    paste.ids.push_back(std::move(id));
  }
  for (Link link : part.links()) {
    link.from.node = renamed[link.from.node];
    link.to.node = renamed[link.to.node];
    for (Position& point : link.via) shift(point);
    steps.push_back({AddLink{.link = std::move(link)}});
  }
  for (Comment comment : part.comments()) {
    comment.id = free.take(stem_of(comment.id));
    shift(comment.position);
    paste.ids.push_back(comment.id);
    steps.push_back({AddComment{.comment = std::move(comment)}});
  }
  for (Frame frame : part.frames()) {
    frame.id = free.take(stem_of(frame.id));
    shift(frame.position);
    paste.ids.push_back(frame.id);
    steps.push_back({AddFrame{.frame = std::move(frame)}});
  }
  paste.edit = what_goes(diagram, Edit{std::move(steps)});
  return paste;
}

}  // namespace feedline::inline graph
