// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/node_files.h"

#include "base/embedded.h"
#include "graph/path.h"
#include "gui/base/save_path.h"
#include "gui/base/settings.h"
#include "gui/canvas/canvas_editor.h"
#include "gui/canvas/graph_scene.h"
#include "gui/canvas/node_item.h"
#include "gui/canvas/reason_bubble.h"
#include "gui/canvas/shown_diagram.h"
#include "gui/commands/document_controller.h"
#include "gui/models/text.h"
#include "gui/session/hand_over.h"
#include "runs/database.h"

#include <QDir>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>

#include <utility>

namespace feedline::gui::inline canvas {
namespace {

constexpr int kLookDelayMs = 300;
constexpr int kNodeFilePatienceMs = 500;

std::filesystem::path disk_path(const QString& file) { return QFile::encodeName(file).toStdString(); }

QString node_suffix() {
  return QString::fromUtf8(kNodeFileSuffix.data(), static_cast<qsizetype>(kNodeFileSuffix.size()));
}

QString node_filter() { return NodeFiles::tr("Feedline nodes (*%1);;All files (*)").arg(node_suffix()); }

}  // namespace

NodeFiles::NodeFiles(CanvasParts& parts, CanvasEditor& editor)
    : parts_(parts), editor_(editor), pool_(new QThreadPool) {
  pool_->setMaxThreadCount(1);
  debounce_.setSingleShot(true);
  debounce_.setInterval(kLookDelayMs);
  connect(&debounce_, &QTimer::timeout, this, &NodeFiles::look);
  DocumentController& controller = parts_.shown.controller();
  connect(&controller, &DocumentController::changed, this, &NodeFiles::document_changed);
  connect(&controller, &DocumentController::replaced, this, &NodeFiles::look_soon);
  connect(&controller, &DocumentController::file_changed, this, &NodeFiles::look_soon);
  connect(qGuiApp, &QGuiApplication::applicationStateChanged, this, [this](Qt::ApplicationState state) {
    if (state == Qt::ApplicationActive) look_soon();  // somebody may have been at work elsewhere
  });
}

NodeFiles::~NodeFiles() {
  pool_->clear();
  if (pool_->waitForDone(kNodeFilePatienceMs)) delete pool_;
}

template <class Work, class Then>
void NodeFiles::on_thread(Work work, Then then) {
  start_on(*pool_, [this, work = std::move(work), then = std::move(then)] {
    post_to(this, [then, found = work()] { then(found); });
  });
}

QString NodeFiles::own_folder() { return QString::fromStdString((default_data_folder() / "nodes").string()); }

bool NodeFiles::is_node_file(const QString& path) { return path.endsWith(node_suffix()); }

std::filesystem::path NodeFiles::folder() const { return parts_.shown.controller().folder(); }

void NodeFiles::refuse(const Error& error, const std::string& id) {
  parts_.shown.say(to_qstring(error.line()));
  const NodeItem* item = id.empty() ? nullptr : parts_.scene.node(id);
  parts_.bubble.show_reason(
      error,
      item == nullptr ? parts_.pointer_or_centre() : parts_.view.mapFromScene(item->sceneBoundingRect().center()),
      false);
}

// --- saving ----------------------------------------------------------------------------------------------------------

void NodeFiles::ask_and_save(const std::string& id) {
  const Node* node = parts_.shown.diagram().find(id);
  if (node == nullptr || !node->inner) return;
  const bool has_file = node->origin && !node->origin->file.empty() && !is_example_node(node->origin->file);
  const QString proposal = has_file ? QFile::decodeName(origin_path(*node->origin, folder()).c_str())
                                    : own_folder() + QLatin1Char('/') + to_qstring(id) + node_suffix();
  const QString file = ask_save_path(&parts_.view, tr("Save as a node"), proposal, node_filter(), node_suffix().mid(1));
  if (!file.isEmpty()) save(id, file);
}

void NodeFiles::save(const std::string& id, const QString& file) {
  const Node* node = parts_.shown.diagram().find(id);
  if (node == nullptr) return;
  on_thread(
      [node = *node, file = disk_path(file), own = disk_path(own_folder()), folder = folder()] {
        std::error_code ignored;  // whoever writes says what is wrong
        if (file.parent_path() == own) std::filesystem::create_directories(own, ignored);
        return save_node_file(node, file, folder);
      },
      [this, id, path = parts_.shown.path_of(id), file](const Result<SavedNode>& saved) {
        if (!saved) return refuse(saved.error(), id);
        const Node* now = parts_.shown.document().find(path);
        if (now == nullptr || !now->inner) return;
        if (now->origin != saved->origin) (void)parts_.shown.controller().apply({SetOrigin{path, saved->origin}});
        const QString name = QFileInfo(file).fileName();
        parts_.shown.say(
            saved->written
                ? tr("Saved as version %1 of %2.").arg(saved->origin.version).arg(name)
                : tr("%1 holds the same already: it is version %2 still.").arg(name).arg(saved->origin.version));
        look_soon();
      });
}

// --- inserting -------------------------------------------------------------------------------------------------------

void NodeFiles::ask_and_insert(QPointF place) {
  const QString last = Settings::last_folder();
  const QString file = QFileDialog::getOpenFileName(&parts_.view, tr("Insert a node"),
                                                    QDir(own_folder()).exists() ? own_folder() : last, node_filter());
  if (!file.isEmpty()) insert(file, place);
}

void NodeFiles::insert(const QString& file, QPointF place) {
  on_thread([file = disk_path(file)] { return read_node_file(file); },
            [this, place, scope = parts_.shown.scope()](const Result<NodeFile>& read) {
              if (!read) return refuse(read.error(), {});
              if (parts_.shown.scope() != scope) return parts_.shown.say(tr("Another graph is shown by now."));
              editor_.add_copy(node_from(*read, read->node.id, {}, folder()), place);
            });
}

void NodeFiles::list_own(std::function<void(const QStringList& files)> take) {
  on_thread(
      [folder = own_folder()] {
        constexpr qsizetype kMost = 1000;
        QStringList files;
        for (const EmbeddedFile& one : embedded_nodes()) {
          const std::string_view name = one.name.substr(0, one.name.size() - kNodeFileSuffix.size());
          files << to_qstring(std::string(kExampleNode) + std::string(name));
        }
        for (const QString& name :
             QDir(folder).entryList({QLatin1Char('*') + node_suffix()}, QDir::Files, QDir::Name).mid(0, kMost))
          files << folder + QLatin1Char('/') + name;
        return files;
      },
      [take = std::move(take)](const QStringList& files) { take(files); });
}

// --- updating --------------------------------------------------------------------------------------------------------

void NodeFiles::update(const std::string& id) {
  const std::string path = parts_.shown.path_of(id);
  const Node* node = parts_.shown.diagram().find(id);
  if (node == nullptr || !node->origin || node->origin->file.empty()) return;
  on_thread(
      [document = parts_.shown.document(), path, file = origin_path(*node->origin, folder()), folder = folder()] {
        const Result<NodeFile> read = read_node_file(file);
        return read ? update_node(document, path, *read, folder) : Result<NodeUpdate>(fail(read.error()));
      },
      [this, path, analyses = parts_.shown.controller().analyses()](const Result<NodeUpdate>& update) {
        take_update(path, update, analyses);
      });
}

void NodeFiles::take_update(const std::string& path, const Result<NodeUpdate>& update, quint64 analyses) {
  const bool here = scope_of(path) == parts_.shown.scope();
  const std::string id = here ? std::string(leaf_of(path)) : std::string();
  if (!update) return refuse(update.error(), id);
  DocumentController& controller = parts_.shown.controller();
  if (controller.analyses() != analyses)
    return parts_.shown.say(tr("The graph was changed meanwhile; update %1 again.").arg(to_qstring(path)));
  {
    const DocumentController::Named name(controller, tr("Update %1 from its file").arg(to_qstring(path)));
    if (const Status done = controller.apply(update->edit); !done) return refuse(done.error(), id);
  }
  QString told = tr("%1 is as its file now").arg(to_qstring(path));
  if (!update->changes.empty()) told += QStringLiteral(": ") + to_qstring(update->changes);
  if (update->own_changes) told += QStringLiteral("; ") + tr("what had been changed here has gone");
  parts_.shown.say(told);
  if (update->lost.empty()) return;
  std::string lost;
  for (const std::string& wire : update->lost) lost += (lost.empty() ? "" : "; ") + wire;
  parts_.bubble.show_reason({.reason = tr("Does not fit any more: ").toStdString() + lost,
                             .remedy = tr("Wire it anew, or undo the update").toStdString(),
                             .node = path},
                            parts_.pointer_or_centre(), false);
}

// --- marks -----------------------------------------------------------------------------------------------------------

void NodeFiles::document_changed() {
  const quint64 now = parts_.shown.controller().analyses();
  if (std::exchange(seen_analysis_, now) != now) look_soon();
}

void NodeFiles::look_soon() { debounce_.start(); }

void NodeFiles::look() {
  const quint64 number = ++asked_;
  if (nodes_with_origin(parts_.shown.document()).empty()) {
    looks_.clear();
    return show_marks();
  }
  on_thread([document = parts_.shown.document(), folder = folder()] { return look_at_origins(document, folder); },
            [this, number](const std::vector<OriginLook>& looks) {
              if (number != asked_) return;
              looks_.clear();
              for (const OriginLook& look : looks) looks_.emplace(look.node, look);
              show_marks();
            });
}

const OriginLook* NodeFiles::outdated(const std::string& id) const {
  const auto look = looks_.find(parts_.shown.path_of(id));
  if (look == looks_.end() || look->second.state != OriginState::Outdated) return nullptr;
  const Node* node = parts_.shown.diagram().find(id);  // it may have been updated since
  return node != nullptr && node->origin == look->second.origin ? &look->second : nullptr;
}

void NodeFiles::show_marks() {
  for (const auto& [id, item] : parts_.scene.nodes()) {
    const OriginLook* look = outdated(id);
    item->set_outdated(look == nullptr ? QString() : to_qstring(version_step(*look)));
  }
}

}  // namespace feedline::gui::inline canvas
