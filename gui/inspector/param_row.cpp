// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/inspector/param_row.h"

#include "gui/base/theme.h"
#include "gui/models/text.h"

#include <QVBoxLayout>

namespace feedline::gui::inline inspector {

ParamRow::ParamRow(const ParamSpec& spec, QWidget* parent)
    : QWidget(parent),
      spec_(spec),
      editor_(make_param_editor(spec, this)),
      head_(new QHBoxLayout),
      reset_(new QToolButton(this)),
      error_(new Caption(Caption::Tone::Error, {}, this)) {
  setObjectName(to_qstring(spec.name));
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, Theme::kUnit / 2);
  layout->setSpacing(Theme::kUnit / 4);
  head_->addWidget(new Caption(Caption::Tone::Normal, spaced(spec.name), this), 1);
  reset_->setAutoRaise(true);
  reset_->setFixedSize(3 * Theme::kUnit, 3 * Theme::kUnit);
  const QString fallback = to_text(spec.default_value).empty() ? tr("empty") : to_qstring(to_text(spec.default_value));
  reset_->setToolTip(tr("Back to the default: %1").arg(fallback));
  reset_->setAccessibleName(tr("Reset %1 to its default").arg(spaced(spec.name)));
  head_->addWidget(reset_);
  layout->addLayout(head_);
  layout->addWidget(editor_);
  layout->addWidget(error_);
  if (!spec.doc.empty()) layout->addWidget(new Caption(Caption::Tone::Muted, to_qstring(spec.doc), this));
  const QString constraint = to_qstring(spec.constraint()).toHtmlEscaped();
  setToolTip(QStringLiteral("<qt><b>%1</b><br>%2<br>%3</qt>")
                 .arg(to_qstring(spec.name).toHtmlEscaped(), to_qstring(spec.doc).toHtmlEscaped(), constraint));
  error_->hide();
  connect(reset_, &QToolButton::clicked, this, &ParamRow::reset_requested);
  connect(editor_, &ParamEditor::fault_changed, this, [this](const QString& fault) {
    fault_ = fault;
    tell_error();
  });
  connect(&Theme::instance(), &Theme::changed, this, &ParamRow::restyle);
  restyle();
}

void ParamRow::add_tool(QWidget* tool) { head_->insertWidget(head_->indexOf(reset_), tool); }

void ParamRow::restyle() { reset_->setIcon(Theme::instance().icon(QStringLiteral("reset"))); }

void ParamRow::show_value(const Value& value, bool set) {
  editor_->show_value(value);
  QSizePolicy policy = reset_->sizePolicy();
  policy.setRetainSizeWhenHidden(true);
  reset_->setSizePolicy(policy);
  reset_->setVisible(set);
}

void ParamRow::show_mixed() {
  editor_->show_mixed();
  reset_->setVisible(true);
}

void ParamRow::show_error(const QString& text) {
  problem_ = text;
  tell_error();
}

void ParamRow::tell_error() {
  const QString& text = fault_.isEmpty() ? problem_ : fault_;
  error_->setText(text);
  error_->setVisible(!text.isEmpty());
  setAccessibleDescription(text);
}

}  // namespace feedline::gui::inline inspector
