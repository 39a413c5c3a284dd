// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/inspector/param_editor.h"

#include "gui/inspector/column_editors.h"
#include "gui/inspector/list_editor.h"
#include "gui/inspector/number_editor.h"
#include "gui/inspector/text_editors.h"

namespace feedline::gui::inline inspector {

ParamEditor* make_param_editor(const ParamSpec& spec, QWidget* parent) {
  if (spec.columns.of != ColumnNames::Of::Nothing) {
    if (spec.kind == ParamKind::List) return new ColumnListEditor(spec, parent);
    if (spec.kind == ParamKind::Text) return new ColumnBoxEditor(spec, parent);
  }
  switch (spec.kind) {
    case ParamKind::Integer:
    case ParamKind::Real:
    case ParamKind::Seed:
      return new NumberEditor(spec, parent);
    case ParamKind::Boolean:
      return new CheckEditor(spec, parent);
    case ParamKind::Choice:
      return new ChoiceEditor(spec, parent);
    case ParamKind::File:
    case ParamKind::Folder:
      return new PathEditor(spec, parent);
    case ParamKind::List:
      return new ListEditor(spec, parent);
    case ParamKind::Text:
      break;
  }
  return new TextEditor(spec, parent);
}

}  // namespace feedline::gui::inline inspector
