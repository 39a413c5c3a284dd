// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/look_history.h"

#include <utility>

namespace feedline::gui::inline canvas {

bool LookHistory::come_back(const std::string& scope) {
  const auto before = left_.find(scope);
  if (before == left_.end()) return false;
  camera_.look_again(before->second);
  return true;
}

void LookHistory::note_arranged(const Camera::Look& before) {
  const int step = index_ - 1;
  arranged_[step] = {shown_.controller().undo_stack().command(step), shown_.scope(), before, camera_.look()};
}

void LookHistory::follow(int index) {
  const int before = std::exchange(index_, index);
  const QUndoStack& stack = shown_.controller().undo_stack();
  if (stack.count() == 0) arranged_.clear();
  if (index < before) {
    const auto undone = arranged_.lower_bound(index);
    if (undone == arranged_.end() || undone->first >= before || undone->second.scope != shown_.scope()) return;
    camera_.look_again(undone->second.before);
  } else if (index > before) {
    auto done = arranged_.lower_bound(index);
    if (done == arranged_.begin()) return;
    --done;
    if (done->first < before) return;
    if (stack.command(done->first) != done->second.command) {  // another step in its place
      arranged_.erase(arranged_.lower_bound(before), arranged_.end());
    } else if (done->second.scope == shown_.scope()) {
      camera_.look_again(done->second.after);
    }
  }
}

}  // namespace feedline::gui::inline canvas
