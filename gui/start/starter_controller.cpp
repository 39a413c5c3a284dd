// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/start/starter_controller.h"

#include "engine/data_at.h"
#include "gui/base/settings.h"
#include "gui/canvas/graph_view.h"
#include "gui/models/text.h"
#include "gui/workspace/workspace.h"
#include "plan/plan.h"

#include <QFile>
#include <QFileInfo>

#include <algorithm>
#include <utility>

namespace feedline::gui::inline start {

StarterController::StarterController(Workspace& workspace, QWidget* window)
    : QObject(window),
      workspace_(workspace),
      window_(window),
      worker_(
          [](const Question& question, const std::stop_token& stop) -> Result<StarterData> {
            auto data = data_at(question.path);
            if (!data) return data;
            if (!question.label.empty())
              if (Status set = predict_column(*data, question.label); !set) return fail(std::move(set.error()));
            return look_into(std::move(*data), {.cache_folder = default_cache_folder(), .stop = stop, .progress = {}});
          },
          [this](Result<StarterData> data) { answer(std::move(data)); }) {
  for (DocumentTab* tab : workspace.documents()) connect_tab(*tab);
  connect(&workspace, &Workspace::added, this, &StarterController::connect_tab);
}

void StarterController::connect_tab(DocumentTab& tab) {
  connect(&tab.view(), &GraphView::data_dropped, this, [this, &tab](const QString& path) { look_at(tab, path); });
  connect(&tab.document(), &DocumentController::changed, this, [this, &tab] {
    if (&tab == tab_ && !still_begins()) close();
  });
}

void StarterController::choose_folder() {
  choose(tr("A folder with one sub-folder per class, or with train and val"), QFileDialog::Directory);
}

void StarterController::choose_file() {
  choose(tr("A table, an archive of pictures, NumPy arrays, IDX or CIFAR files, labelled lines of text"),
         QFileDialog::ExistingFile);
}

void StarterController::choose(const QString& title, QFileDialog::FileMode mode) {
  auto* dialog = new QFileDialog(window_, title, Settings::last_folder());
  dialog->setObjectName(QStringLiteral("choose_data"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(mode);
  dialog->setOption(QFileDialog::ShowDirsOnly, mode == QFileDialog::Directory);
  connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
    Settings::set_last_folder(QFileInfo(path).absolutePath());
    train_on(path);
  });
  dialog->open();
}

void StarterController::train_on(const QString& path) {
  DocumentTab& tab = workspace_.free_tab();
  tab.view().editor().take_data(path, {});
}

void StarterController::look_at(DocumentTab& tab, const QString& path) {
  close();
  tab_ = &tab;
  offer_ = new StarterOffer(&tab.view());
  connect(offer_, &StarterOffer::accepted, this, &StarterController::build);
  connect(offer_, &StarterOffer::label_chosen, this, &StarterController::predict);
  connect(offer_, &StarterOffer::dismissed, this, &StarterController::close);
  path_ = path;
  predict({});
}

void StarterController::predict(const QString& label) {
  data_.reset();
  offer_->show_looking(QFileInfo(path_).fileName());
  worker_.ask({.path = QFile::encodeName(path_).toStdString(), .label = label.toStdString()});
}

void StarterController::answer(Result<StarterData> data) {
  if (!offer_ || !tab_) return;
  if (!data && data.error().code == ErrorCode::Cancelled) return close();
  if (!data) return offer_->show_fault(to_qstring(data.error().line()));
  if (const auto graph = starter_graph(*data); !graph) return offer_->show_fault(to_qstring(graph.error().line()));
  QStringList columns;
  for (const std::string& column : data->label_choices) columns << to_qstring(column);
  offer_->show_labels(columns, to_qstring(data->label));
  offer_->show_offer(to_qstring(size_text(*data)), data->number);
  data_ = std::move(*data);
}

void StarterController::build() {
  if (!tab_ || !data_) return;
  const QPointer<DocumentTab> tab = tab_;
  auto edit = build_starter(tab->document().document(), *data_);
  close();
  const Status built = edit ? tab->document().apply(*edit) : Status(fail(std::move(edit.error())));
  if (!built) {
    Q_EMIT message(to_qstring(built.error().line()));
    return;
  }
  tab->set_untitled_name(QFileInfo(path_).completeBaseName());
  tab->view().zoom_to_fit();
  tab->view().setFocus();
  Q_EMIT message(tr("Built. Run (F5) trains it; Undo (Ctrl+Z) leaves the source alone"));
}

void StarterController::close() {
  worker_.cancel();
  data_.reset();
  if (offer_) {
    const bool had_focus = offer_->isAncestorOf(offer_->window()->focusWidget());
    offer_->hide();
    offer_->deleteLater();
    if (had_focus && tab_) tab_->view().setFocus();
  }
  offer_ = nullptr;
  tab_ = nullptr;
}

bool StarterController::still_begins() const {
  const auto& nodes = tab_->document().document().nodes();
  return !nodes.empty() && std::all_of(nodes.begin(), nodes.end(), [](const Node& node) {
    const NodeSpec* spec = Registry::instance().find(node.type);
    return spec != nullptr && spec->role == Role::Source;
  });
}

}  // namespace feedline::gui::inline start
