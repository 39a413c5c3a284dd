// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/node_file.h"
#include "gui/canvas/canvas_parts.h"

#include <QObject>
#include <QPointF>
#include <QStringList>
#include <QThreadPool>
#include <QTimer>

#include <functional>
#include <map>
#include <string>

namespace feedline::gui::inline canvas {

class CanvasEditor;

/// Sub-graphs and their files (graph/node_file.h) on one canvas: saving, inserting, updating, and the marks of copies
/// whose file has changed. All reading and writing is done on a thread of its own; what comes of it is one step of
/// undo.
class NodeFiles : public QObject {
  Q_OBJECT

 public:
  NodeFiles(CanvasParts& parts, CanvasEditor& editor);
  /// Does not wait for a file on a dead server.
  ~NodeFiles() override;

  /// Node files of this folder are found by search-to-add: `nodes` in the data folder.
  [[nodiscard]] static QString own_folder();
  [[nodiscard]] static bool is_node_file(const QString& path);

  void ask_and_save(const std::string& id);  ///< the sub-graph of this id that is shown; asks where to
  void save(const std::string& id, const QString& file);
  void ask_and_insert(QPointF place);  ///< asks which
  void insert(const QString& file, QPointF place);
  /// Takes in what its file holds now, and says what does not fit.
  void update(const std::string& id);
  /// What is known of the file of a node that is shown; null where there is nothing to update from.
  [[nodiscard]] const OriginLook* outdated(const std::string& id) const;
  /// Gives the node files that come with Feedline (example:residual) and those of own_folder() to `take`, once they are
  /// known.
  void list_own(std::function<void(const QStringList& files)> take);

  /// Other nodes are shown, or the same in another state.
  void show_marks();
  /// Looks at the files, unless it is just going to.
  void look_soon();

 private:
  template <class Work, class Then>
  void on_thread(Work work, Then then);
  [[nodiscard]] std::filesystem::path folder() const;
  void document_changed();
  void look();
  void refuse(const Error& error, const std::string& id);
  void take_update(const std::string& path, const Result<NodeUpdate>& update, quint64 analyses);

  CanvasParts& parts_;
  CanvasEditor& editor_;
  QThreadPool* pool_;
  QTimer debounce_{};
  std::map<std::string, OriginLook> looks_{};  ///< by path
  quint64 seen_analysis_ = 0;
  quint64 asked_ = 0;  ///< looks so far: an older one that comes late is not shown
};

}  // namespace feedline::gui::inline canvas
