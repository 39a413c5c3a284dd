// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/inspector/text_editors.h"

#include "gui/base/field_keys.h"
#include "gui/base/theme.h"
#include "gui/inspector/themed_combo.h"
#include "gui/models/text.h"

#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QMimeData>
#include <QPainter>
#include <QSignalBlocker>
#include <QToolButton>

#include <algorithm>

namespace feedline::gui::inline inspector {
namespace {

QHBoxLayout* bare_layout(QWidget* widget) {
  auto* layout = new QHBoxLayout(widget);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(Theme::kUnit / 2);
  return layout;
}

/// A check box drawn as a switch: seen from the last row, in both themes.
class Toggle : public QCheckBox {
 public:
  using QCheckBox::QCheckBox;
  [[nodiscard]] QSize sizeHint() const override {
    return {kTrackWidth + Theme::kUnit + fontMetrics().horizontalAdvance(text()) + Theme::kUnit,
            std::max(kTrackHeight, fontMetrics().height()) + 6};
  }

 protected:
  [[nodiscard]] bool hitButton(const QPoint& pos) const override { return rect().contains(pos); }
  void paintEvent(QPaintEvent*) override {
    const Theme::Colors& c = Theme::instance().colors();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF track(1.5, (height() - kTrackHeight) / 2.0, kTrackWidth, kTrackHeight);
    painter.setPen(QPen(hasFocus() ? c.text : isChecked() ? c.accent : c.muted, 1.5));
    const bool mixed = checkState() == Qt::PartiallyChecked;
    painter.setBrush(isChecked() && !mixed ? c.accent : c.panel);
    painter.drawRoundedRect(track, kTrackHeight / 2.0, kTrackHeight / 2.0);
    painter.setPen(Qt::NoPen);
    painter.setBrush(isChecked() && !mixed ? c.accent_text : c.muted);
    const qreal radius = kTrackHeight / 2.0 - 4;
    const qreal knob = mixed         ? track.center().x()
                       : isChecked() ? track.right() - radius - 4
                                     : track.left() + radius + 4;
    painter.drawEllipse({knob, track.center().y()}, radius, radius);
    painter.setPen(c.text);
    painter.drawText(rect().adjusted(kTrackWidth + Theme::kUnit + 2, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft,
                     text());
  }

 private:
  static constexpr int kTrackWidth = 34;
  static constexpr int kTrackHeight = 18;
};

}  // namespace

CheckEditor::CheckEditor(const ParamSpec& spec, QWidget* parent) : ParamEditor(parent), box_(new Toggle(this)) {
  bare_layout(this)->addWidget(box_, 0, Qt::AlignLeft);
  box_->setAccessibleName(spaced(spec.name));
  connect(box_, &QCheckBox::clicked, this, [this] {
    box_->setTristate(false);  // a mixed one is switched on first
    const bool on = box_->isChecked();
    box_->setText(on ? tr("on") : tr("off"));
    Q_EMIT edited(on);
    Q_EMIT gesture_ended();
  });
}

void CheckEditor::show_mixed() {
  box_->setTristate(true);
  box_->setCheckState(Qt::PartiallyChecked);
  box_->setText(tr("mixed"));
}

void CheckEditor::show_value(const Value& value) {
  box_->setTristate(false);
  const bool* on = std::get_if<bool>(&value);
  box_->setChecked(on != nullptr && *on);
  box_->setText(on == nullptr ? to_qstring(to_text(value)) : *on ? tr("on") : tr("off"));
}

ChoiceEditor::ChoiceEditor(const ParamSpec& spec, QWidget* parent) : ParamEditor(parent), box_(new ThemedCombo(this)) {
  bare_layout(this)->addWidget(box_);
  box_->setAccessibleName(spaced(spec.name));
  box_->setFocusPolicy(Qt::StrongFocus);
  for (const std::string& choice : spec.choices) box_->addItem(to_qstring(choice));
  connect(box_, &QComboBox::activated, this, [this](int index) {
    Q_EMIT edited(box_->itemText(index).toStdString());
    Q_EMIT gesture_ended();
  });
}

void ChoiceEditor::show_value(const Value& value) {
  const QString text = to_qstring(to_text(value));
  const QSignalBlocker quiet(box_);
  box_->setCurrentIndex(box_->findText(text));
  box_->setPlaceholderText(text);  // seen when it is none of the choices
}

void ChoiceEditor::show_mixed() {
  const QSignalBlocker quiet(box_);
  box_->setCurrentIndex(-1);
  box_->setPlaceholderText(tr("mixed"));
}

TextEditor::TextEditor(const ParamSpec& spec, QWidget* parent) : ParamEditor(parent), line_(new QLineEdit(this)) {
  bare_layout(this)->addWidget(line_);
  line_->setAccessibleName(spaced(spec.name));
  FieldKeys::write_through(line_);
  connect(line_, &QLineEdit::textEdited, this, [this](const QString& text) { Q_EMIT edited(text.toStdString()); });
  connect(line_, &QLineEdit::editingFinished, this, &ParamEditor::gesture_ended);
}

void TextEditor::show_mixed() {
  line_->clear();
  line_->setPlaceholderText(tr("mixed"));
}

void TextEditor::show_value(const Value& value) {
  const QString text = to_qstring(to_text(value));
  line_->setPlaceholderText(placeholder_);
  if (line_->text() != text) line_->setText(text);
}

PathEditor::PathEditor(const ParamSpec& spec, QWidget* parent)
    : TextEditor(spec, parent), folder_(spec.kind == ParamKind::Folder) {
  placeholder_ = folder_ ? tr("Choose or drop a folder") : tr("Choose or drop a file");
  line_->setPlaceholderText(placeholder_);
  line_->setAcceptDrops(true);
  line_->installEventFilter(this);
  auto* button = new QToolButton(this);
  const QString icon = QStringLiteral("open");
  button->setIcon(Theme::instance().icon(icon));
  button->setToolTip(folder_ ? tr("Choose a folder") : tr("Choose a file"));
  button->setAccessibleName(button->toolTip());
  layout()->addWidget(button);
  connect(button, &QToolButton::clicked, this, &PathEditor::browse);
  connect(&Theme::instance(), &Theme::changed, button,
          [button, icon] { button->setIcon(Theme::instance().icon(icon)); });
}

void PathEditor::browse() {
  const QString path = folder_ ? QFileDialog::getExistingDirectory(this, tr("Choose a folder"), line_->text())
                               : QFileDialog::getOpenFileName(this, tr("Choose a file"), line_->text());
  if (!path.isEmpty()) take(path);
}

void PathEditor::take(const QString& path) {
  line_->setText(path);
  Q_EMIT gesture_ended();
  Q_EMIT edited(path.toStdString());
  Q_EMIT gesture_ended();
}

bool PathEditor::wants(const QString& path) const { return QFileInfo(path).isDir() == folder_; }

bool PathEditor::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::DragEnter || event->type() == QEvent::Drop) {
    auto* drop = static_cast<QDropEvent*>(event);
    const QList<QUrl> urls = drop->mimeData()->urls();
    if (urls.size() == 1 && urls.front().isLocalFile() && wants(urls.front().toLocalFile())) {
      drop->acceptProposedAction();
      if (event->type() == QEvent::Drop) take(urls.front().toLocalFile());
      return true;
    }
  }
  return TextEditor::eventFilter(watched, event);
}

}  // namespace feedline::gui::inline inspector
