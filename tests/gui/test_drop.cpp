// SPDX-License-Identifier: GPL-3.0-or-later
// What is dropped on the canvas from a file manager becomes the source that reads it.
#include "graph/json.h"
#include "gui/app/main_window.h"
#include "gui/canvas/comment_item.h"
#include "gui/canvas/graph_view.h"
#include "gui/canvas/node_item.h"
#include "gui/canvas/paint_tools.h"
#include "gui/models/text.h"
#include "gui/start/starter_controller.h"
#include "support/archives.h"
#include "support/fixtures.h"
#include "support/small_data.h"
#include "support/test_program.h"
#include "support/window_home.h"

#include <QDir>
#include <QDropEvent>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>
#include <QTest>

namespace feedline::gui::test_drop {

class TestDrop : public QObject {
  Q_OBJECT

  test::WindowHome home_{};

  static bool drop_on(QWidget* widget, const QString& path, QPoint at = {60, 60}) {
    QMimeData mime;
    mime.setUrls({QUrl::fromLocalFile(path)});
    QDragEnterEvent enter(at, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(widget, &enter);
    if (!enter.isAccepted()) return false;
    QDragMoveEvent move(at, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(widget, &move);
    QDropEvent drop(at, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(widget, &drop);
    return true;
  }
  static QRectF body_of(const GraphView& view, const char* id) {
    const NodeItem* item = view.graph_scene().node(id);
    return item->mapRectToScene(item->body());
  }

 private Q_SLOTS:
  void initTestCase() {
    test::write_file(home_.file("notes.txt"), "x");
    test::write_picture_folder(home_.file("photos"), 4);
    test::write_picture_folder(home_.file("split/train"), 4);
    test::write_picture_folder(home_.file("split/val"), 2);
    test::write_picture_folder(home_.file("mixed"), 4);
    for (int i = 0; i < 8; ++i) test::write_file(home_.file(QString("mixed/a/notes%1.txt").arg(i)), "x");
    for (int i = 0; i < 4; ++i) test::write_file(home_.file(QString("mixed/b/%1.raw").arg(i)), "x");
    for (const char* name : {".DS_Store", "Thumbs.db", "a/.DS_Store", "b/Thumbs.db", "b/desktop.ini"}) {
      test::write_file(home_.file(QString("mixed/") + name), "x");
      test::write_file(home_.file(QString("photos/") + name), "x");
    }
  }

  void what_nothing_reads_is_refused_with_the_reason() {
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    QVERIFY(drop_on(window.view().viewport(), home_.file("notes.txt")));
    QVERIFY(window.document().document().nodes().empty());
    QVERIFY2(window.view().shown_reason().contains("source reads"), qPrintable(window.view().shown_reason()));
    QVERIFY(window.welcome().starter().offer() == nullptr);
    window.close_quietly();
  }

  void a_source_tells_what_it_holds_and_what_it_passed_over() {
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    QStringList seen;
    const auto card = [&]() -> QString {
      const NodeItem* item = window.view().graph_scene().node("image_folder");
      return item == nullptr ? QString() : item->face().cost;
    };
    connect(&window.document(), &DocumentController::changed, &window, [&] { seen << card(); });
    QVERIFY(drop_on(window.view().viewport(), home_.file("mixed")));
    const QString whole = "8 records · 2 classes\n12 of 20 files passed over:\n8 .txt, 4 .raw";
    QTRY_COMPARE(card(), whole);
    QVERIFY2(seen.contains("counting records…"), qPrintable(seen.join('|')));
    auto* inspector = window.findChild<QLabel*>("source_size");
    QVERIFY(inspector != nullptr);
    QTRY_VERIFY(inspector->isVisible());
    QCOMPARE(inspector->text(), whole);
    const NodeItem* item = window.view().graph_scene().node("image_folder");
    const QFontMetricsF metrics(scene_small_font());
    for (const QString& line : whole.split('\n'))
      QVERIFY(metrics.horizontalAdvance(line) <= item->boundingRect().width() - 3 * Theme::kUnit);
    QVERIFY(window.document().apply(
        {SetParam{.node = "image_folder", .param = "folder", .value = home_.file("photos").toStdString()}}));
    QTRY_COMPARE(card(), QString("8 records · 2 classes"));  // what systems leave everywhere is not told
    window.close_quietly();
  }

  /// Drop, look, ask, build: by the mouse alone.
  void a_folder_on_an_empty_canvas_becomes_a_graph_that_runs() {
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    QVERIFY(drop_on(window.view().viewport(), home_.file("photos")));
    StarterOffer* offer = window.welcome().starter().offer();
    QVERIFY(offer != nullptr && offer->isVisible());
    QTRY_VERIFY2(offer->build_button().isVisible(), qPrintable(offer->text()));
    QCOMPARE(offer->text(), QString("Build a classifier for 2 classes, 8 pictures?"));
    QVERIFY(window.view().rect().contains(offer->geometry()));
    const QString before = QString::fromStdString(to_json(window.document().document()));
    QTest::mouseClick(&offer->build_button(), Qt::LeftButton);
    QVERIFY(window.welcome().starter().offer() == nullptr);
    QVERIFY(window.document().document().nodes().size() > 10);
    QVERIFY(window.document().analysis().ok());
    QCOMPARE(window.document().undo_stack().count(), 2);
    const Node* trainer = window.document().document().find("trainer");
    QVERIFY(trainer != nullptr && std::get<double>(trainer->params.at("validation_split")) > 0);
    QTest::keyClick(&window.view(), Qt::Key_Z, Qt::ControlModifier);  // one step
    QCOMPARE(QString::fromStdString(to_json(window.document().document())), before);
    QTest::keyClick(&window.view(), Qt::Key_Z, Qt::ControlModifier);
    QVERIFY(window.document().document().nodes().empty());
    window.close_quietly();
  }

  /// What names cannot tell is found out once the archive was opened: it holds train and test.
  void an_archive_on_an_empty_canvas_becomes_a_graph() {
    test::ArchiveContent content;
    for (const char* part : {"train", "test"})
      for (const char* name : {"cups", "pots"})
        for (int i = 0; i < 10; ++i)
          content.emplace_back(std::string(part) + "/" + name + "/" + std::to_string(i) + ".jpg",
                               test::jpeg_of(40, 40, static_cast<std::uint8_t>(25 * i), 90, 90));
    test::write_archive(home_.file("things.zip"), content, test::ArchiveStyle::ZipDeflated);
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    QVERIFY(drop_on(window.view().viewport(), home_.file("things.zip")));
    QCOMPARE(window.document().document().nodes().size(), std::size_t{1});
    QCOMPARE(window.document().document().nodes().begin()->type, std::string("archive"));
    StarterOffer* offer = window.welcome().starter().offer();
    QVERIFY(offer != nullptr);
    QTRY_VERIFY2(offer->build_button().isVisible(), qPrintable(offer->text()));
    QCOMPARE(offer->text(), QString("Build a classifier for 2 classes, 20 pictures and 20 for validation?"));
    QTest::mouseClick(&offer->build_button(), Qt::LeftButton);
    const Node* source = window.document().document().find("source");
    QVERIFY(source != nullptr && source->params.contains("inside"));
    QCOMPARE(std::get<std::string>(source->params.at("inside")), std::string("train"));
    QVERIFY(window.document().document().link_into({"trainer", "validation"}) != nullptr);
    QVERIFY(window.document().analysis().ok());
    window.close_quietly();
  }

  /// The offer names the column that it predicts; another is chosen in its box.
  void another_column_of_a_table_is_predicted() {
    QByteArray bytes = "size,colour,kind\n";
    for (int i = 0; i < 60; ++i)
      bytes += QByteArray::number(i) + ",c" + QByteArray::number(i % 3) + ",k" + QByteArray::number(i % 2) + "\n";
    test::write_file(home_.file("cups.csv"), bytes);
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    QVERIFY(drop_on(window.view().viewport(), home_.file("cups.csv")));
    StarterOffer* offer = window.welcome().starter().offer();
    QVERIFY(offer != nullptr);
    QTRY_VERIFY2(offer->build_button().isVisible(), qPrintable(offer->text()));
    QCOMPARE(offer->text(), QString("Build a classifier for 'kind' (2 classes) from 60 rows of 2 columns?"));
    QVERIFY(window.view().rect().contains(offer->geometry()));
    QVERIFY(offer->label_box().isVisible());
    QCOMPARE(offer->label_box().currentText(), QString("kind"));
    offer->label_box().setFocus();
    QTest::keyClick(&offer->label_box(), Qt::Key_Up);
    QTRY_COMPARE(offer->text(), QString("Build a classifier for 'colour' (3 classes) from 60 rows of 2 columns?"));
    QVERIFY(offer->label_box().hasFocus());
    QTest::keyClick(&offer->label_box(), Qt::Key_Up);
    QTRY_COMPARE(offer->text(), QString("Build a model that predicts 'size' (a number) from 60 rows of 2 columns?"));
    QTest::mouseClick(&offer->build_button(), Qt::LeftButton);
    const Node* source = window.document().document().find("source");
    QVERIFY(source != nullptr && source->params.contains("label"));
    QCOMPARE(std::get<std::string>(source->params.at("label")), std::string("size"));
    QCOMPARE(window.document().document().find("loss")->type, std::string("mse"));
    QCOMPARE(window.workspace().current().display_name(), QString("cups"));  // also what saving proposes
    QVERIFY(window.windowTitle().contains("cups"));
    QVERIFY(window.document().analysis().ok());
    window.close_quietly();
  }

  void train_and_val_become_two_sources() {
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    QVERIFY(drop_on(window.view().viewport(), home_.file("split")));
    QCOMPARE(window.document().document().nodes().size(), std::size_t{2});
    StarterOffer* offer = window.welcome().starter().offer();
    QVERIFY(offer != nullptr);
    QTRY_VERIFY2(offer->build_button().isVisible(), qPrintable(offer->text()));
    QCOMPARE(offer->text(), QString("Build a classifier for 2 classes, 8 pictures and 4 for validation?"));
    QTRY_VERIFY(offer->build_button().hasFocus());
    QTest::keyClick(&offer->build_button(), Qt::Key_Return);
    QVERIFY(window.document().document().link_into({"trainer", "validation"}) != nullptr);
    QVERIFY(window.document().analysis().ok());
    window.close_quietly();
  }

  void the_offer_goes_by_escape_and_when_something_else_is_drawn() {
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    QVERIFY(drop_on(window.view().viewport(), home_.file("photos")));
    QTRY_VERIFY(window.welcome().starter().offer()->build_button().hasFocus());
    QTest::keyClick(&window.welcome().starter().offer()->build_button(), Qt::Key_Escape);
    QVERIFY(window.welcome().starter().offer() == nullptr);
    QCOMPARE(window.document().document().nodes().size(), std::size_t{1});
    QVERIFY(window.view().hasFocus());
    QVERIFY(drop_on(window.view().viewport(), home_.file("photos")));  // not the first thing
    QVERIFY(window.welcome().starter().offer() == nullptr);
    window.welcome().starter().train_on(home_.file("photos"));  // a tab of its own
    QCOMPARE(window.workspace().count(), 2);
    QVERIFY(window.welcome().starter().offer() != nullptr);
    window.view().editor().add_node("relu");
    QVERIFY(window.welcome().starter().offer() == nullptr);
    window.close_quietly();
  }

  void one_class_is_told_in_place_of_the_question() {
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    QVERIFY(drop_on(window.view().viewport(), home_.file("photos/a")));
    StarterOffer* offer = window.welcome().starter().offer();
    QVERIFY(offer != nullptr);
    QTRY_VERIFY2(!offer->text().startsWith("Looking"), qPrintable(offer->text()));
    QVERIFY(!offer->build_button().isVisible());
    window.close_quietly();
  }

  void welcome_leads_from_data_to_a_graph_data() {
    QTest::addColumn<QString>("button");
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("type");
    QByteArray rows = "height,width,kind\n";
    for (int i = 0; i < 40; ++i)
      rows += QByteArray::number(i) + ',' + QByteArray::number(i % 7) + ',' + (i % 2 == 0 ? "cup" : "pot") + '\n';
    test::write_file(home_.file("things.csv"), rows);
    QTest::newRow("folder") << "gallery_folder" << home_.file("photos") << QString("image_folder");
    QTest::newRow("file") << "gallery_file" << home_.file("things.csv") << QString("csv");
  }
  void welcome_leads_from_data_to_a_graph() {
    QFETCH(QString, button);
    QFETCH(QString, path);
    QFETCH(QString, type);
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    window.welcome().show_gallery();
    QTest::mouseClick(window.findChild<QPushButton*>(button), Qt::LeftButton);
    auto* dialog = window.findChild<QFileDialog*>("choose_data");
    QVERIFY(dialog != nullptr);
    auto* name = dialog->findChild<QLineEdit*>("fileNameEdit");
    QVERIFY(name != nullptr);
    name->setText(path);
    QTest::keyClick(name, Qt::Key_Return);
    QTRY_VERIFY(window.welcome().starter().offer() != nullptr);
    QTRY_VERIFY(window.welcome().starter().offer()->build_button().isVisible());
    QCOMPARE(window.document().document().nodes().size(), std::size_t{1});
    QCOMPARE(QString::fromStdString(window.document().document().nodes().begin()->type), type);
    window.close_quietly();
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
    window.close_quietly();
  }

  void a_folder_dropped_on_nodes_covers_none_data() {
    QTest::addColumn<QString>("folder");
    QTest::addColumn<int>("sources");
    QTest::newRow("one source") << "photos" << 1;
    QTest::newRow("two sources") << "split" << 2;
    QTest::newRow("one that says much") << "mixed" << 1;
  }
  /// Neither at once nor when the sources have told what they hold.
  void a_folder_dropped_on_nodes_covers_none() {
    QFETCH(QString, folder);
    QFETCH(int, sources);
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    GraphView& view = window.view();
    const QPointF place = view.mapToScene(QPoint(60, 60));
    for (int row = 0; row < 3; ++row)
      for (int column = 0; column < 3; ++column) {
        Node node{.id = QString("relu%1").arg(3 * row + column).toStdString(), .type = "relu"};
        node.position = {place.x() - 40 + 320 * column, place.y() - 40 + 256 * row};
        QVERIFY(window.document().apply({AddNode{.node = node}}));
      }
    const Position below{place.x() - 40, place.y() + 128};
    QVERIFY(window.document().apply(
        {AddComment{.comment = {.id = "note", .position = below, .width = 160, .height = 64}}}));
    view.setTransform(QTransform());
    const QPoint at = view.mapFromScene(body_of(view, "relu0").center());
    QVERIFY(drop_on(view.viewport(), home_.file(folder), at));
    QCOMPARE(window.document().document().nodes().size(), std::size_t(9 + sources));
    const auto covered = [&] {
      QStringList pairs;
      for (const auto& [a, first] : view.graph_scene().nodes()) {
        const QRectF body = first->mapRectToScene(first->body());
        if (body.intersects(view.graph_scene().comment("note")->sceneBoundingRect())) pairs << to_qstring(a) + " note";
        for (const auto& [b, second] : view.graph_scene().nodes())
          if (a < b && body.intersects(second->mapRectToScene(second->body()))) pairs << to_qstring(a + " " + b);
      }
      return pairs.join(", ");
    };
    QCOMPARE(covered(), QString());
    for (const char* id : {"image_folder", "validation"})
      if (const NodeItem* item = view.graph_scene().node(id)) QTRY_VERIFY(item->face().cost.contains("records ·"));
    QCOMPARE(covered(), QString());
    window.document().undo_stack().undo();  // one step
    QCOMPARE(window.document().document().nodes().size(), std::size_t{9});
    window.close_quietly();
  }

  void a_graph_dropped_on_the_canvas_opens_in_a_tab() {
    const QString path = home_.file("other.feedline");
    QVERIFY(save_document(Document(), path.toStdString()));
    MainWindow window;
    window.show();
    window.view().editor().add_node("relu");
    QVERIFY(drop_on(window.view().viewport(), path));  // no node: Qt goes on to ask the window
    QCOMPARE(window.workspace().count(), 2);
    QCOMPARE(window.document().file(), path);
    window.close_quietly();
  }
};

FEEDLINE_WINDOW_TEST(TestDrop)

}  // namespace feedline::gui::test_drop

#include "test_drop.moc"
