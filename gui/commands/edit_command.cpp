// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/commands/edit_command.h"

#include "graph/edit_story.h"
#include "gui/commands/document_controller.h"

#include <algorithm>

namespace feedline::gui::inline commands {
namespace {

constexpr int kGestureId = 1;  // QUndoStack only tries to merge commands of one id

struct SameTarget {
  bool operator()(const Edit::List& a, const Edit::List& b) const {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), &same_target);
  }
  bool operator()(const SetParam& a, const SetParam& b) const { return a.node == b.node && a.param == b.param; }
  bool operator()(const MoveNodes& a, const MoveNodes& b) const {
    return std::equal(a.to.begin(), a.to.end(), b.to.begin(), b.to.end(),
                      [](const auto& x, const auto& y) { return x.first == y.first; });
  }
  bool operator()(const SetNodeComment& a, const SetNodeComment& b) const { return a.node == b.node; }
  bool operator()(const ChangeComment& a, const ChangeComment& b) const { return a.comment.id == b.comment.id; }
  bool operator()(const ChangeFrame& a, const ChangeFrame& b) const { return a.frame.id == b.frame.id; }
  bool operator()(const SetWirePoints& a, const SetWirePoints& b) const { return a.to == b.to; }
  bool operator()(const SetTitle&, const SetTitle&) const { return true; }
  bool operator()(const Within& a, const Within& b) const { return a.scope == b.scope && (*this)(a.edits, b.edits); }
  template <class A, class B>
  bool operator()(const A&, const B&) const {
    return false;
  }
};

/// Do both make the same note or frame of it?
struct SameSheet {
  bool operator()(const ChangeComment& a, const ChangeComment& b) const { return a.comment == b.comment; }
  bool operator()(const ChangeFrame& a, const ChangeFrame& b) const { return a.frame == b.frame; }
  bool operator()(const Within& a, const Within& b) const {
    return a.scope == b.scope && a.edits.size() == 1 && b.edits.size() == 1 &&
           std::visit(*this, a.edits.front().change, b.edits.front().change);
  }
  template <class A, class B>
  bool operator()(const A&, const B&) const {
    return false;
  }
};

}  // namespace

bool sets_back(const Edit& edit, const Edit& inverse) {
  if (std::visit(SameSheet{}, edit.change, inverse.change)) return true;
  const std::vector<SetParam> now = sets_of(edit);
  const std::vector<SetParam> then = sets_of(inverse);
  return !now.empty() && std::is_permutation(now.begin(), now.end(), then.begin(), then.end(), [](auto& a, auto& b) {
    return a.node == b.node && a.param == b.param && a.value == b.value;
  });
}

bool same_target(const Edit& a, const Edit& b) { return std::visit(SameTarget{}, a.change, b.change); }

EditCommand::EditCommand(DocumentController& controller, Edit edit, Edit inverse, QString gesture, QString name)
    : controller_(controller),
      edit_(std::move(edit)),
      inverse_(std::move(inverse)),
      folder_(controller.folder()),
      gesture_(std::move(gesture)),
      name_(std::move(name)) {
  tell();
}

void EditCommand::tell() {
  setText(name_.isEmpty() ? QString::fromStdString(tell_edit(edit_, inverse_, controller_.document())) : name_);
}

void EditCommand::undo() {
  gesture_.clear();  // what comes after it has been brought again is a step of its own
  if (!controller_.carry_out(inverse_, folder_)) setObsolete(true);
}

void EditCommand::redo() {
  if (std::exchange(done_, false)) return;
  if (!controller_.carry_out(edit_, folder_)) setObsolete(true);
}

int EditCommand::id() const { return gesture_.isEmpty() ? -1 : kGestureId; }

bool EditCommand::mergeWith(const QUndoCommand* other) {
  const auto* next = dynamic_cast<const EditCommand*>(other);
  if (next == nullptr || next->gesture_ != gesture_) return false;
  if (same_target(edit_, next->edit_)) {
    edit_ = next->edit_;
    if (sets_back(edit_, inverse_)) setObsolete(true);  // nothing is left of the gesture
  } else {
    edit_ = Edit{Edit::List{std::move(edit_), next->edit_}};
    inverse_ = Edit{Edit::List{next->inverse_, std::move(inverse_)}};
  }
  tell();
  return true;
}

}  // namespace feedline::gui::inline commands
