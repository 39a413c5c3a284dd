// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/fix_nodes.h"

#include "graph/path.h"

#include <algorithm>

namespace feedline::inline diagnosis {
namespace {

struct TouchedNodes {
  const Document& document;
  std::vector<std::string>& found;
  std::string scope{};

  void add(const std::string& node) {
    const std::string path = join_path(scope, node);
    if (document.find(path) != nullptr && std::find(found.begin(), found.end(), path) == found.end())
      found.push_back(path);
  }
  void collect(const Edit& edit) { std::visit(*this, edit.change); }

  void operator()(const Edit::List& list) {
    for (const Edit& edit : list) collect(edit);
  }
  void operator()(const Within& within) {
    TouchedNodes inside{document, found, join_path(scope, within.scope)};
    for (const Edit& edit : within.edits) inside.collect(edit);
  }
  void operator()(const SetParam& set) { add(set.node); }
  void operator()(const SetMuted& set) { add(set.node); }
  void operator()(const RemoveNode& removed) { add(removed.id); }
  void operator()(const RenameNode& renamed) { add(renamed.from); }
  void operator()(const AddLink& added) {
    add(added.link.from.node);
    add(added.link.to.node);
  }
  void operator()(const RemoveLink& removed) { add(removed.to.node); }
  template <class Other>
  void operator()(const Other&) {}
};

}  // namespace

std::vector<std::string> nodes_of_edit(const Document& document, const Edit& edit) {
  std::vector<std::string> found;
  TouchedNodes{document, found}.collect(edit);
  return found;
}

}  // namespace feedline::inline diagnosis
