// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/looks/settings_dialog.h"

#include "gui/base/caption.h"
#include "gui/base/docks.h"
#include "gui/base/settings.h"
#include "gui/base/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDockWidget>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSlider>
#include <QVBoxLayout>

#include <cmath>

namespace feedline::gui::inline looks {

namespace {

constexpr Theme::Mode kModes[] = {Theme::Mode::System, Theme::Mode::Light, Theme::Mode::Dark};

QString percent_text(int percent) { return SettingsDialog::tr("%1 %").arg(percent); }

}  // namespace

SettingsDialog::SettingsDialog(const Docks& docks, QWidget* parent) : QDialog(parent) {
  setWindowTitle(tr("Settings"));
  setObjectName(QStringLiteral("settings"));
  auto* layout = new QVBoxLayout(this);
  layout->setSpacing(Theme::kUnit);
  layout->setContentsMargins(2 * Theme::kUnit, 2 * Theme::kUnit, 2 * Theme::kUnit, 2 * Theme::kUnit);
  layout->addWidget(new Caption(Caption::Tone::Title, tr("Looks"), this));
  layout->addWidget(make_looks());
  layout->addSpacing(Theme::kUnit);
  layout->addWidget(new Caption(Caption::Tone::Title, tr("Presenter mode"), this));
  layout->addWidget(make_presenter(docks));
  layout->addSpacing(Theme::kUnit);
  layout->addWidget(new Caption(Caption::Tone::Title, tr("Runs"), this));
  layout->addWidget(make_runs());
  layout->addSpacing(Theme::kUnit);
  layout->addWidget(new Caption(Caption::Tone::Title, tr("Start"), this));
  layout->addWidget(make_start());
  layout->addStretch(1);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  layout->addWidget(buttons);
  setMinimumWidth(60 * Theme::kUnit);
}

QWidget* SettingsDialog::make_looks() {
  auto* page = new QWidget(this);
  auto* form = new QFormLayout(page);
  form->setContentsMargins(0, 0, 0, 0);
  form->setSpacing(Theme::kUnit);
  auto* theme = new QComboBox(page);
  theme->setObjectName(QStringLiteral("settings_theme"));
  theme->setAccessibleName(tr("Theme"));
  theme->addItems({tr("As the system"), tr("Light"), tr("Dark")});
  const auto follow = [theme] {
    for (int i = 0; i < 3; ++i)
      if (kModes[i] == Theme::instance().mode()) theme->setCurrentIndex(i);
  };
  follow();
  connect(&Theme::instance(), &Theme::changed, theme, follow);
  connect(theme, &QComboBox::activated, this, [](int index) {
    Settings::set_theme(kModes[index]);
    Theme::instance().set_mode(kModes[index]);
  });
  form->addRow(tr("&Theme"), theme);
  QWidget* scale = make_scale(tr("Text size"), Settings::kLeastFont, Settings::kLargestFont, Settings::font_scale(),
                              [](double wanted) {
                                Settings::set_font_scale(wanted);
                                Theme::instance().set_font_scale(wanted);
                              });
  form->addRow(tr("Text size"), scale);
  auto* still = new QCheckBox(tr("Reduce &motion: nothing on the canvas moves by itself"), page);
  still->setObjectName(QStringLiteral("settings_motion"));
  still->setChecked(Settings::reduced_motion());
  connect(still, &QCheckBox::toggled, this, [](bool on) {
    Settings::set_reduced_motion(on);
    Theme::instance().set_reduced_motion(on);
  });
  form->addRow(still);
  return page;
}

QWidget* SettingsDialog::make_scale(const QString& name, double least, double most, double now,
                                    void (*apply)(double scale)) {
  auto* line = new QWidget(this);
  auto* layout = new QHBoxLayout(line);
  layout->setContentsMargins(0, 0, 0, 0);
  auto* slider = new QSlider(Qt::Horizontal, line);
  slider->setAccessibleName(name);
  slider->setRange(static_cast<int>(std::lround(least * 100)), static_cast<int>(std::lround(most * 100)));
  slider->setSingleStep(10);
  slider->setPageStep(20);
  slider->setValue(static_cast<int>(std::lround(now * 100)));
  auto* shown = new QLabel(percent_text(slider->value()), line);
  shown->setMinimumWidth(6 * Theme::kUnit);
  layout->addWidget(slider, 1);
  layout->addWidget(shown);
  connect(slider, &QSlider::valueChanged, this, [this, shown, apply](int percent) {
    shown->setText(percent_text(percent));
    apply(percent / 100.0);
    Q_EMIT presenter_changed();
  });
  return line;
}

QWidget* SettingsDialog::make_presenter(const Docks& docks) {
  auto* page = new QWidget(this);
  auto* form = new QFormLayout(page);
  form->setContentsMargins(0, 0, 0, 0);
  form->setSpacing(Theme::kUnit);
  form->addRow(
      new Caption(Caption::Tone::Muted, tr("F11: the whole screen, larger text, the canvas and these panels."), page));
  form->addRow(tr("Larger by"), make_scale(tr("Text size in presenter mode"), 1, 2, Settings::presenter_scale(),
                                           [](double wanted) { Settings::set_presenter_scale(wanted); }));
  auto* panels = new QListWidget(page);
  panels->setObjectName(QStringLiteral("settings_panels"));
  panels->setAccessibleName(tr("Panels in presenter mode"));
  const QStringList chosen = Settings::presenter_panels();
  for (QDockWidget* dock : docks.all()) {
    auto* item = new QListWidgetItem(Docks::title_of(*dock), panels);
    item->setData(Qt::UserRole, dock->objectName());
    item->setCheckState(chosen.contains(dock->objectName()) ? Qt::Checked : Qt::Unchecked);
  }
  panels->setFixedHeight(20 * Theme::kUnit);
  connect(panels, &QListWidget::itemChanged, this, [this, panels] {
    QStringList names;
    for (int i = 0; i < panels->count(); ++i)
      if (panels->item(i)->checkState() == Qt::Checked) names << panels->item(i)->data(Qt::UserRole).toString();
    Settings::set_presenter_panels(names);
    Q_EMIT presenter_changed();
  });
  form->addRow(tr("&Panels"), panels);
  return page;
}

QWidget* SettingsDialog::make_runs() {
  auto* keep = new QCheckBox(tr("Keep checkpoints: a run that stops can &go on (the next run)"), this);
  keep->setObjectName(QStringLiteral("settings_checkpoints"));
  keep->setChecked(Settings::checkpoints());
  connect(keep, &QCheckBox::toggled, this, &Settings::set_checkpoints);
  auto* page = new QWidget(this);
  auto* form = new QFormLayout(page);
  form->setContentsMargins(0, 0, 0, 0);
  form->setSpacing(Theme::kUnit);
  form->addRow(keep);
  form->addRow(tr("Tensor&Board folder"), make_tensorboard());
  return page;
}

/// Where runs write what TensorBoard shows.
QWidget* SettingsDialog::make_tensorboard() {
  auto* line = new QWidget(this);
  auto* layout = new QHBoxLayout(line);
  layout->setContentsMargins(0, 0, 0, 0);
  auto* folder = new QLineEdit(Settings::tensorboard_folder(), line);
  folder->setObjectName(QStringLiteral("settings_tensorboard"));
  folder->setAccessibleName(tr("TensorBoard folder"));
  folder->setPlaceholderText(tr("No events are written"));
  folder->setToolTip(
      tr("From the next run on, each writes a folder of events here, as feedline-cli run --tensorboard does"));
  connect(folder, &QLineEdit::textChanged, this,
          [](const QString& text) { Settings::set_tensorboard_folder(text.trimmed()); });
  auto* choose = new QPushButton(tr("C&hoose…"), line);
  choose->setAutoDefault(false);
  connect(choose, &QPushButton::clicked, this, [this, folder] {
    const QString now = folder->text().isEmpty() ? Settings::last_folder() : folder->text();
    const QString chosen = QFileDialog::getExistingDirectory(this, tr("TensorBoard folder"), now);
    if (!chosen.isEmpty()) folder->setText(chosen);
  });
  layout->addWidget(folder, 1);
  layout->addWidget(choose);
  line->setFocusProxy(folder);  // of the label's key
  return line;
}

QWidget* SettingsDialog::make_start() {
  auto* gallery = new QCheckBox(tr("Show examples and recent files when the window opens"), this);
  gallery->setChecked(Settings::show_gallery());
  connect(gallery, &QCheckBox::toggled, this, &Settings::set_show_gallery);
  return gallery;
}

}  // namespace feedline::gui::inline looks
