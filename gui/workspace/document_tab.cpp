// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/workspace/document_tab.h"

#include "gui/canvas/graph_view.h"
#include "gui/workspace/find_bar.h"
#include "gui/workspace/notice_bar.h"

#include <QFileInfo>
#include <QVBoxLayout>

#include <utility>

namespace feedline::gui::inline workspace {

DocumentTab::DocumentTab(const QString& untitled, QWidget* parent)
    : QWidget(parent),
      notice_(new NoticeBar(this)),
      view_(new GraphView(document_, this)),
      find_(new FindBar(document_, *view_, this)),
      untitled_(untitled) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addWidget(notice_);
  layout->addWidget(view_, 1);
  setFocusProxy(view_);
  connect(&document_, &DocumentController::file_changed, this, &DocumentTab::titled);
  connect(&document_.undo_stack(), &QUndoStack::cleanChanged, this, &DocumentTab::titled);
  connect(&document_, &DocumentController::changed, this, [this] {
    if (std::exchange(told_analysis_, document_.analyses()) != document_.analyses()) Q_EMIT problems_changed();
  });
  connect(&prober_, &Prober::probed, this, &DocumentTab::problems_changed);
}

DocumentTab::~DocumentTab() { delete view_; }  // before the document that it shows

QStringList DocumentTab::selected_nodes() const { return view_->selected_paths(); }

void DocumentTab::take_copy(Loaded loaded, const QString& untitled) {
  file_.clear();
  notes_ = std::move(loaded.notes);
  untitled_ = untitled;
  document_.reset(std::move(loaded.document), {});
}

void DocumentTab::take_file(StampedGraph graph, const QString& file) {
  file_.set(file, graph.stamp);
  notes_ = std::move(graph.loaded.notes);
  untitled_.clear();
  document_.reset(std::move(graph.loaded.document), file);
}

void DocumentTab::reload(StampedGraph graph) {
  file_.set(file_.path(), graph.stamp);
  notes_ = std::move(graph.loaded.notes);
  document_.reload(std::move(graph.loaded.document), tr("Reload %1").arg(display_name()));
}

void DocumentTab::mark_saved(const QString& file, const FileStamp& stamp) {
  file_.set(file, stamp);
  document_.mark_saved(file);
}

void DocumentTab::take_rescued(Loaded loaded, const QString& file, const QString& untitled, const QDateTime& time) {
  file_.clear();
  if (!file.isEmpty()) file_.set_rescued(file, time.toMSecsSinceEpoch());
  notes_ = std::move(loaded.notes);
  untitled_ = untitled;
  document_.reset(std::move(loaded.document), file);
  document_.undo_stack().resetClean();
}

QString DocumentTab::display_name() const {
  return document_.file().isEmpty() ? untitled_ : QFileInfo(document_.file()).fileName();
}

void DocumentTab::set_untitled_name(const QString& name) {
  if (!document_.file().isEmpty()) return;
  untitled_ = name;
  Q_EMIT titled();
}

bool DocumentTab::pristine() const {
  return document_.file().isEmpty() && document_.document() == Document() && document_.undo_stack().count() == 0;
}

const SplitOffer* DocumentTab::split_offer() const {
  return prober_.splits().empty() ? nullptr : &prober_.splits().front();
}

void DocumentTab::take_split_offer() {
  const SplitOffer* offer = split_offer();
  if (offer == nullptr) return;
  if (const auto edit = wire_splits(document_.document(), offer->node, offer->param, offer->paths))
    (void)document_.apply(*edit);
}

std::vector<Problem> DocumentTab::problems() const {
  std::vector<Problem> all = document_.analysis().problems;
  all.insert(all.end(), prober_.problems().begin(), prober_.problems().end());
  all.insert(all.end(), notes_.begin(), notes_.end());
  return all;
}

}  // namespace feedline::gui::inline workspace
