// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/diagnosis/whatif_form.h"

#include "gui/base/theme.h"
#include "gui/plots/plot_panel.h"

#include <QComboBox>
#include <QGridLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSlider>

#include <cmath>

namespace feedline::gui::inline diagnosis {
namespace {

/// Half powers of two: a slider of so many steps reaches 2^(steps / 2).
double half_powers(int position) { return std::pow(2.0, position / 2.0); }
double memory_bytes(int position) { return position == 0 ? 0 : std::pow(2.0, position - 1) * (1 << 28); }
double disk_rate(int position) { return position == 0 ? 0 : 50e6 * half_powers(position - 1); }

/// From 0.1 Gbit/s to 100.
double network_rate(int position) { return 12.5e6 * std::pow(10.0, (position - 1) / 2.0); }

QString times(double factor) {
  return factor == 1 ? QStringLiteral("—") : QStringLiteral("× %1").arg(short_number(factor));
}

}  // namespace

WhatIfForm::WhatIfForm(QWidget* parent) : QWidget(parent), grid_(new QGridLayout(this)), node_(new QComboBox(this)) {
  grid_->setContentsMargins(0, 0, 0, 0);
  grid_->setHorizontalSpacing(Theme::kUnit);
  grid_->setVerticalSpacing(Theme::kUnit / 2);
  grid_->setColumnStretch(1, 1);
  add_row("cores", tr("cores"), 13, [this](int at) { return at == 0 ? QStringLiteral("—") : short_number(cores(at)); });
  add_row("memory", tr("cache memory"), 11, [](int at) {
    return at == 0 ? QStringLiteral("—") : tr("%1 GiB").arg(short_number(memory_bytes(at) / double(1 << 30)));
  });
  add_row("disk", tr("disk"), 14,
          [](int at) { return at == 0 ? QStringLiteral("—") : tr("%1 MB/s").arg(short_number(disk_rate(at) * 1e-6)); });
  add_row("batch", tr("batch size"), 10,
          [this](int at) { return at == 0 ? QStringLiteral("—") : QString::number(std::lround(batch(at))); });
  add_row("step", tr("step faster"), 10, [](int at) { return times(half_powers(at)); });
  add_row("ranks", tr("processes"), 10,
          [](int at) { return at == 0 ? QStringLiteral("—") : short_number(std::pow(2.0, at)); });
  add_row("network", tr("network"), 7, [](int at) {
    return at == 0 ? QStringLiteral("—") : tr("%1 Gbit/s").arg(short_number(network_rate(at) * 8e-9));
  });
  node_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  node_->setMinimumContentsLength(8);
  node_->setToolTip(tr("The node that the slider makes faster"));
  node_->setAccessibleName(tr("Node to make faster"));
  connect(node_, &QComboBox::currentIndexChanged, this, &WhatIfForm::changed);
  add_row("node", node_, 10, [](int at) { return times(half_powers(at)); });
  rows_.back().slider->setAccessibleName(tr("How much faster the node is"));
}

void WhatIfForm::add_row(const QString& name, const QString& label, int steps, std::function<QString(int)> text) {
  auto* caption = new QLabel(label, this);
  add_row(name, caption, steps, std::move(text));
  caption->setBuddy(rows_.back().slider);
  rows_.back().slider->setAccessibleName(label);
}

void WhatIfForm::add_row(const QString& name, QWidget* label, int steps, std::function<QString(int)> text) {
  const int row = static_cast<int>(rows_.size());
  auto* slider = new QSlider(Qt::Horizontal, this);
  slider->setObjectName(name);
  slider->setRange(0, steps);
  slider->setPageStep(2);
  slider->setMinimumWidth(80);
  auto* value = new QLabel(text(0), this);
  value->setMinimumWidth(value->fontMetrics().horizontalAdvance(QStringLiteral("3,200 MB/s")));
  value->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  grid_->addWidget(label, row, 0);
  grid_->addWidget(slider, row, 1);
  grid_->addWidget(value, row, 2);
  rows_.push_back({slider, value, std::move(text)});
  connect(slider, &QSlider::valueChanged, this, [this] {
    retell();
    Q_EMIT changed();
  });
}

/// From one core on, or half as many batches as there are records: the first step is the smallest.
double WhatIfForm::cores(int position) const { return std::max(1.0, std::round(half_powers(position - 1))); }
double WhatIfForm::batch(int position) const { return std::max(1.0, now_batch_ / 4 * half_powers(position - 1)); }

void WhatIfForm::retell() {
  for (const Row& row : rows_) row.value->setText(row.text(row.slider->value()));
}

void WhatIfForm::set_facts(const RunFacts& facts, const Profile& profile) {
  now_cores_ = static_cast<double>(facts.cores);
  now_batch_ = static_cast<double>(facts.batch);
  // Estimators learn in one process, and so do networks that are cut into stages.
  for (const char* name : {"ranks", "network"}) {
    QSlider* of_ranks = slider(QLatin1String(name));
    of_ranks->setEnabled(facts.network && facts.execution.stages < 2);
    if (of_ranks->isEnabled()) continue;
    const QSignalBlocker quiet(of_ranks);
    of_ranks->setValue(0);
  }
  QStringList names;
  for (const NodeCost& node : profile.nodes) names << QString::fromStdString(node.node);
  QStringList present;
  for (int i = 0; i < node_->count(); ++i) present << node_->itemText(i);
  if (names != present) {
    const QSignalBlocker quiet(node_);
    const QString chosen = node_->currentText();
    node_->clear();
    node_->addItems(names);
    node_->setCurrentIndex(std::max(0, static_cast<int>(names.indexOf(chosen))));
  }
  retell();
}

QSlider* WhatIfForm::slider(const QString& name) const { return findChild<QSlider*>(name); }

WhatIf WhatIfForm::change() const {
  const auto at = [this](const char* name) { return slider(QLatin1String(name))->value(); };
  WhatIf change;
  if (at("cores") > 0) change.cores = cores(at("cores"));
  if (at("memory") > 0) change.memory = memory_bytes(at("memory"));
  if (at("disk") > 0) change.disk_bytes_per_s = disk_rate(at("disk"));
  if (at("batch") > 0) change.batch = batch(at("batch"));
  change.step_speedup = half_powers(at("step"));
  if (at("ranks") > 0) change.ranks = std::size_t{1} << static_cast<unsigned>(at("ranks"));
  if (at("network") > 0) change.network_bytes_per_s = network_rate(at("network"));
  if (at("node") > 0 && !node_->currentText().isEmpty())
    change.faster.emplace_back(node_->currentText().toStdString(), half_powers(at("node")));
  return change;
}

void WhatIfForm::clear() {
  for (const Row& row : rows_) {
    const QSignalBlocker quiet(row.slider);
    row.slider->setValue(0);
  }
  retell();
  Q_EMIT changed();
}

}  // namespace feedline::gui::inline diagnosis
