// SPDX-License-Identifier: GPL-3.0-or-later
// Node files on the canvas: dropped, marked when the file has changed, updated by the menu, found by search-to-add.
#include "graph/grouping.h"
#include "graph/node_file.h"
#include "gui/canvas/search_popup.h"
#include "gui/canvas_bench.h"
#include "gui/models/palette_model.h"
#include "support/test_program.h"

#include <QContextMenuEvent>
#include <QDir>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFile>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QMimeData>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <QUrl>

namespace test_node_files {

using namespace feedline;
using namespace feedline::gui;
using namespace feedline::test;

namespace {

/// decode -> block (flip), and a folder for files.
struct WithBlock : Bench {
  WithBlock() {
    must(wire({"decode", "image"}, {"flip", "image"}));
    const auto grouped = group(document(), {"flip"});
    if (!grouped) qFatal("%s", grouped.error().line().c_str());
    must(grouped->edit);
    view.zoom_to_fit();
  }
  [[nodiscard]] QString path(const QString& name) const { return folder.filePath(name); }
  [[nodiscard]] const Node* node(const char* id) const { return document().find(id); }
  [[nodiscard]] QString mark(const char* id) const { return view.graph_scene().node(id)->outdated(); }

  void drop(const QString& file) {
    QMimeData mime;
    mime.setUrls({QUrl::fromLocalFile(file)});
    QDragEnterEvent enter(nowhere(), Qt::CopyAction, &mime, Qt::LeftButton, {});
    QApplication::sendEvent(port(), &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent event(nowhere(), Qt::CopyAction, &mime, Qt::LeftButton, {});
    QApplication::sendEvent(port(), &event);
  }
  /// A right click on the node, then a left click on the entry that begins so.
  bool choose(const char* id, const QString& begin) {
    QTest::mouseMove(port(), title_of(id));
    bool chosen = false;
    QTimer::singleShot(0, &view, [&] {  // behind the move, which handles events itself
      auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
      QVERIFY(menu != nullptr);
      for (QAction* action : menu->actions()) {
        if (chosen || !action->text().startsWith(begin)) continue;
        chosen = true;
        QTest::mouseClick(menu, Qt::LeftButton, {}, menu->actionGeometry(action).center());
      }
      while (QWidget* open = QApplication::activePopupWidget()) open->close();
    });
    QContextMenuEvent event(QContextMenuEvent::Mouse, title_of(id), port()->mapToGlobal(title_of(id)));
    QApplication::sendEvent(port(), &event);
    return chosen;
  }

  QTemporaryDir folder{};
};

}  // namespace

class TestNodeFiles : public QObject {
  Q_OBJECT

  const QByteArray data_ = qgetenv("FEEDLINE_DATA");

 private Q_SLOTS:
  void cleanup() { data_.isNull() ? qunsetenv("FEEDLINE_DATA") : qputenv("FEEDLINE_DATA", data_); }

  void a_copy_is_dropped_marked_and_updated() {
    WithBlock b;
    const QString file = b.path(QStringLiteral("part.feedline-node"));
    b.view.node_files().save("block", file);
    QTRY_VERIFY(b.node("block")->origin.has_value());
    b.drop(file);
    QTRY_VERIFY(b.node("block2") != nullptr);
    QVERIFY(b.node("block2")->origin == b.node("block")->origin);
    QVERIFY(b.mark("block2").isEmpty());
    QVERIFY(!b.choose("block2", QStringLiteral("Update from file")));

    Node author = *b.node("block");
    QVERIFY(author.inner->apply({SetParam{"flip", "probability", 0.25}}));
    QVERIFY(save_node_file(author, file.toStdString(), {}));
    b.view.node_files().look_soon();
    QTRY_COMPARE(b.mark("block2"), QStringLiteral("version 1 → 2"));
    b.view.zoom_to_fit();
    const std::string before = b.json();
    const int steps = b.steps();
    QVERIFY(b.choose("block2", QStringLiteral("Update from file (version 1 → 2)")));
    QTRY_COMPARE(b.node("block2")->origin->version, 2);
    QVERIFY(b.mark("block2").isEmpty());
    QVERIFY(!b.mark("block").isEmpty());  // each copy by itself
    b.check_step(before, steps);
  }

  void a_damaged_file_is_told_of() {
    WithBlock b;
    const QString path = b.path(QStringLiteral("broken.feedline-node"));
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("{\"feedline\": 2, \"nodes\": [");
    file.close();
    const std::string before = b.json();
    b.drop(path);
    QTRY_VERIFY(b.view.shown_reason().contains(QStringLiteral("not valid JSON"), Qt::CaseInsensitive));
    QCOMPARE(b.json(), before);
  }

  void search_finds_the_users_own() {
    WithBlock b;
    qputenv("FEEDLINE_DATA", b.folder.path().toUtf8());
    b.view.node_files().save("block", NodeFiles::own_folder() + QStringLiteral("/zyx_part.feedline-node"));
    QTRY_VERIFY(b.node("block")->origin.has_value());
    b.view.setFocus();
    QTest::keyClick(&b.view, Qt::Key_Tab);
    auto* search = b.view.findChild<SearchPopup*>();
    QVERIFY(search->isVisible());
    auto* line = search->findChild<QLineEdit*>();
    QTest::keyClicks(line, QStringLiteral("zyx_part"));
    QTRY_COMPARE(search->findChild<QListView*>()->model()->rowCount(), 1);
    QTest::keyClick(line, Qt::Key_Return);
    QTRY_VERIFY(b.node("block2") != nullptr);
  }

  /// example:residual, which is in no folder.
  void search_finds_what_comes_with_feedline() {
    WithBlock b;
    b.view.setFocus();
    QTest::keyClick(&b.view, Qt::Key_Tab);
    auto* search = b.view.findChild<SearchPopup*>();
    QVERIFY(search->isVisible());
    auto* line = search->findChild<QLineEdit*>();
    auto* list = search->findChild<QListView*>();
    QTest::keyClicks(line, QStringLiteral("residual"));
    const QString type = SearchModel::type_of(QStringLiteral("example:residual"));
    QModelIndex found;
    const auto finds = [&] {
      const QModelIndexList all = list->model()->match(list->model()->index(0, 0), PaletteModel::TypeRole, type, 1,
                                                       Qt::MatchExactly | Qt::MatchCaseSensitive);
      if (!all.isEmpty()) found = all.front();
      return found.isValid();
    };
    QTRY_VERIFY(finds());
    QCOMPARE(found.data().toString(), QStringLiteral("residual"));
    QVERIFY(found.data(PaletteModel::SummaryRole).toString().contains(QStringLiteral("example:residual")));
    list->setCurrentIndex(found);
    QTest::keyClick(line, Qt::Key_Return);
    const auto copy = [&]() -> const Node* {
      for (const Node& node : b.document().nodes())
        if (node.origin && node.origin->file == "example:residual") return &node;
      return nullptr;
    };
    QTRY_VERIFY(copy() != nullptr);
    QVERIFY(copy()->inner && copy()->origin->version >= 1);
  }
};

FEEDLINE_WINDOW_TEST(TestNodeFiles)

}  // namespace test_node_files

#include "test_node_files.moc"
