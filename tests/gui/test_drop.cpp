// SPDX-License-Identifier: GPL-3.0-or-later
// What is dropped on the canvas from a file manager becomes the source that reads it.
#include "app/main_window.h"
#include "canvas/graph_view.h"
#include "graph/json.h"
#include "models/dropped_source.h"
#include "support/fixtures.h"
#include "support/small_data.h"
#include "support/window_home.h"

#include <QDir>
#include <QDropEvent>
#include <QMimeData>
#include <QTest>

namespace feedline::gui {

class TestDrop : public QObject {
  Q_OBJECT

  test::WindowHome home_{};

  [[nodiscard]] static QString text(const DroppedSource& source, const char* param) {
    const auto found = source.params.find(param);
    return found == source.params.end() ? QString() : QString::fromStdString(std::get<std::string>(found->second));
  }

  static bool drop_on(QWidget* widget, const QString& path) {
    QMimeData mime;
    mime.setUrls({QUrl::fromLocalFile(path)});
    QDragEnterEvent enter({60, 60}, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(widget, &enter);
    if (!enter.isAccepted()) return false;
    QDragMoveEvent move({60, 60}, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(widget, &move);
    QDropEvent drop({60, 60}, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(widget, &drop);
    return true;
  }

 private Q_SLOTS:
  void initTestCase() {
    for (const char* set : {"train", "t10k"}) {
      test::write_file(home_.file(QString("mnist/%1-images-idx3-ubyte.gz").arg(set)), "x");
      test::write_file(home_.file(QString("mnist/%1-labels-idx1-ubyte").arg(set)), "x");
    }
    test::write_file(home_.file("lone/train-images.idx3-ubyte"), "x");
    test::write_file(home_.file("notes.txt"), "x");
    test::write_picture_folder(home_.file("photos"), 4);
  }

  void idx_files_are_paired_by_their_names_data() {
    QTest::addColumn<QString>("dropped");
    QTest::addColumn<QString>("images");
    QTest::addColumn<QString>("labels");
    QTest::newRow("pictures") << "mnist/t10k-images-idx3-ubyte.gz"
                              << "mnist/t10k-images-idx3-ubyte.gz"
                              << "mnist/t10k-labels-idx1-ubyte";
    QTest::newRow("labels") << "mnist/train-labels-idx1-ubyte"
                            << "mnist/train-images-idx3-ubyte.gz"
                            << "mnist/train-labels-idx1-ubyte";
    QTest::newRow("folder") << "mnist"
                            << "mnist/train-images-idx3-ubyte.gz"
                            << "mnist/train-labels-idx1-ubyte";
    QTest::newRow("alone") << "lone/train-images.idx3-ubyte"
                           << "lone/train-images.idx3-ubyte" << QString();
  }
  void idx_files_are_paired_by_their_names() {
    QFETCH(QString, dropped);
    QFETCH(QString, images);
    QFETCH(QString, labels);
    const auto source = dropped_source(home_.file(dropped));
    QVERIFY(source.has_value());
    QCOMPARE(source->type, QString("idx"));
    QCOMPARE(text(*source, "images"), home_.file(images));
    QCOMPARE(text(*source, "labels"), labels.isEmpty() ? QString() : home_.file(labels));
  }

  void other_files_make_nothing() {
    QVERIFY(!dropped_source(home_.file("notes.txt")).has_value());
    QVERIFY(!dropped_source(home_.file("none")).has_value());
  }

  void a_folder_dropped_on_the_canvas_is_one_undoable_step() {
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    GraphView& view = window.view();
    QVERIFY(drop_on(view.viewport(), home_.file("photos")));
    QCOMPARE(window.document().document().nodes().size(), std::size_t{1});
    const Node& node = window.document().document().nodes().front();
    QCOMPARE(node.type, std::string("image_folder"));
    QCOMPARE(QString::fromStdString(std::get<std::string>(node.params.at("folder"))), home_.file("photos"));
    QCOMPARE(window.workspace().current().selected_nodes().size(), 1);
    QCOMPARE(window.document().undo_stack().count(), 1);
    window.document().undo_stack().undo();
    QVERIFY(window.document().document().nodes().empty());
    QVERIFY(!drop_on(view.viewport(), home_.file("notes.txt")));
    window.close_quietly();
  }

  void a_graph_dropped_on_the_canvas_opens_in_a_tab() {
    const QString path = home_.file("other.feedline");
    QVERIFY(save_document(Document(), path.toStdString()));
    MainWindow window;
    window.show();
    window.view().add_node("relu");
    QVERIFY(drop_on(window.view().viewport(), path));  // no node: Qt goes on to ask the window
    QCOMPARE(window.workspace().count(), 2);
    QCOMPARE(window.document().file(), path);
    window.close_quietly();
  }
};

}  // namespace feedline::gui

QTEST_MAIN(feedline::gui::TestDrop)
#include "test_drop.moc"
