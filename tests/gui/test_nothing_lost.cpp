// SPDX-License-Identifier: GPL-3.0-or-later
// Keys in text fields, hasty Enters and second clicks: with events on the real window.
#include "gui/app/main_window.h"
#include "gui/app/run_bar.h"
#include "gui/base/plain_numbers.h"
#include "gui/canvas/comment_item.h"
#include "gui/canvas/frame_item.h"
#include "gui/canvas/graph_view.h"
#include "gui/inspector/inspector_panel.h"
#include "gui/inspector/number_field.h"
#include "gui/inspector/palette_panel.h"
#include "gui/inspector/param_row.h"
#include "gui/plots/plot_panel.h"
#include "gui/start/gallery.h"
#include "gui/workspace/find_bar.h"
#include "gui/workspace/rescue_folder.h"
#include "support/answer.h"
#include "support/mouse.h"
#include "support/run_recorder.h"
#include "support/test_program.h"
#include "support/window_home.h"

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QDirIterator>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QPlainTextEdit>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTabBar>
#include <QTest>
#include <QTreeView>
#include <QUndoStack>

#include <clocale>

namespace feedline::gui::test_nothing_lost {

using test::Answer;

namespace {

Edit rename(const char* from, const char* to) { return Edit{RenameNode{from, to}}; }

}  // namespace

class TestNothingLost : public QObject {
  Q_OBJECT

  test::WindowHome home_{};
  Document network_{};

  struct Bench {
    explicit Bench(const Document& document) {
      window.resize(1280, 800);
      window.show();
      window.activateWindow();
      if (!QTest::qWaitForWindowActive(&window)) qFatal("no window");
      window.document().reset(document, {});
      Panels::show(window.panels().inspector);
    }
    ~Bench() { window.close_quietly(); }
    template <class T>
    [[nodiscard]] T* field(const char* param) {
      return window.panels().inspector->findChild<ParamRow*>(param)->findChild<T*>();
    }
    [[nodiscard]] QString value(const char* node, const char* param) {
      const auto& params = window.document().document().find(node)->params;
      const auto found = params.find(param);
      return found == params.end() ? QStringLiteral("(unset)") : QString::fromStdString(to_text(found->second));
    }
    static void type(QWidget* into, const char* text) {
      into->setFocus();
      QTest::keyClick(into, Qt::Key_A, Qt::ControlModifier);
      QTest::keyClicks(into, text);
    }
    static void undo(QWidget* with) { QTest::keyClick(with, Qt::Key_Z, Qt::ControlModifier); }
    static void redo(QWidget* with) { QTest::keyClick(with, Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier); }
    static void redo_by_y(QWidget* with) { QTest::keyClick(with, Qt::Key_Y, Qt::ControlModifier); }
    MainWindow window{};
  };

 private Q_SLOTS:
  void initTestCase() { network_ = test::small_network(home_.path(), 320); }
  void init() { QSettings().clear(); }

  // --- keys in fields ----------------------------------------------------------------------------------------------
  void undo_works_while_a_number_field_has_the_focus() {
    Bench b(network_);
    b.window.view().select_node("batch");
    auto* size = b.field<NumberField>("size");
    const QString before = b.value("batch", "size");
    b.type(size, "128");
    QCOMPARE(b.value("batch", "size"), QString("128"));
    b.undo(size);
    QCOMPARE(b.value("batch", "size"), before);
    QVERIFY(size->hasFocus());
    b.redo(size);
    QCOMPARE(b.value("batch", "size"), QString("128"));
    b.undo(size);
    b.redo_by_y(size);
    QCOMPARE(b.value("batch", "size"), QString("128"));
    QCOMPARE(size->text(), QString("128"));
    // Finished by Enter, it is a step like any other; below it nothing is left of what was typed.
    b.type(size, "64");
    QTest::keyClick(size, Qt::Key_Return);
    QCOMPARE(b.value("batch", "size"), QString("64"));
    b.undo(size);
    QCOMPARE(b.value("batch", "size"), QString("128"));
    b.undo(size);
    QCOMPARE(b.value("batch", "size"), before);
    b.undo(size);  // nothing is left
    QCOMPARE(b.value("batch", "size"), before);
    QCOMPARE(size->text(), before);
    b.redo(size);
    b.redo_by_y(size);
    b.redo(size);
    QCOMPARE(size->text(), QString("64"));
  }

  void undo_of_what_is_red_brings_back_what_counts() {
    Bench b(network_);
    b.window.view().select_node("batch");
    auto* size = b.field<NumberField>("size");
    const QString before = b.value("batch", "size");
    const int steps = b.window.document().undo_stack().index();
    for (const bool left : {false, true}) {
      b.type(size, "0");
      if (left) QTest::keyClick(size, Qt::Key_Return);
      QVERIFY(!size->fault().isEmpty());
      b.undo(size);
      QVERIFY(size->fault().isEmpty());
      QCOMPARE(size->text(), before);
      QCOMPARE(b.value("batch", "size"), before);
      QCOMPARE(b.window.document().undo_stack().index(), steps);
    }
  }

  /// Where nothing is typed, undo is the document's, whatever has the keyboard; where something is, it is the field's.
  void undo_and_redo_from_every_other_field() {
    Bench b(network_);
    QVERIFY(b.window.document().apply(rename("relu", "act")));
    const auto renamed = [&] { return b.window.document().document().find("act") != nullptr; };
    b.window.view().select_node("sgd");
    Panels::show(b.window.panels().palette);
    QWidget* stops[] = {b.window.panels().inspector->findChild<QComboBox*>(),
                        b.window.panels().inspector->findChild<QCheckBox*>(),
                        b.window.panels().inspector->findChild<QLineEdit*>("node_id"),
                        b.window.panels().inspector->findChild<QPlainTextEdit*>("node_comment"),
                        b.window.panels().palette->findChild<QLineEdit*>(),
                        b.window.panels().palette->findChild<QTreeView*>()};
    for (QWidget* stop : stops) {
      if (stop == nullptr) continue;
      stop->setFocus();
      b.undo(stop);
      QVERIFY2(!renamed(), stop->metaObject()->className());
      b.redo_by_y(stop);
      QVERIFY2(renamed(), stop->metaObject()->className());
    }
    QLineEdit* search = b.window.panels().palette->findChild<QLineEdit*>();
    search->setFocus();
    QTest::keyClicks(search, "conv");
    b.undo(search);
    QCOMPARE(search->text(), QString());
    QVERIFY(renamed());
    b.redo_by_y(search);  // a line edit knows only Ctrl+Shift+Z
    QCOMPARE(search->text(), QString("conv"));
    search->clear();
    auto* find = b.window.workspace().current().find_bar().findChild<QLineEdit*>();
    QTest::keyClick(&b.window.view(), Qt::Key_F, Qt::ControlModifier);
    QVERIFY(find->hasFocus());
    b.undo(find);
    QVERIFY(!renamed());
    b.redo(find);
    QVERIFY(renamed());
    QTest::keyClicks(find, "sgd");
    b.undo(find);
    QCOMPARE(find->text(), QString());
    QVERIFY(renamed());
    b.redo(find);
    QCOMPARE(find->text(), QString("sgd"));
  }

  void and_in_texts_names_and_comments() {
    Bench b(network_);
    b.window.view().select_node("source");
    auto* path = b.field<QLineEdit>("images");
    const QString before = b.value("source", "images");
    b.type(path, "/x");
    QCOMPARE(b.value("source", "images"), QString("/x"));
    b.undo(path);
    QCOMPARE(b.value("source", "images"), before);
    auto* name = b.window.panels().inspector->findChild<QLineEdit*>("node_id");
    b.type(name, "numbers");
    b.undo(name);  // its own: nothing is in the document yet
    QVERIFY(b.window.document().document().find("source") != nullptr);
    b.type(name, "numbers");
    QTest::keyClick(name, Qt::Key_Return);
    QVERIFY(b.window.document().document().find("numbers") != nullptr);
    b.window.view().select_node("relu");
    auto* comment = b.window.panels().inspector->findChild<QPlainTextEdit*>("node_comment");
    comment->setFocus();
    QTest::keyClicks(comment, "why");
    b.undo(comment);
    QVERIFY(b.window.document().document().find("relu")->comment.empty());
    b.undo(comment);  // the step before, which was none of this field's
    QVERIFY(b.window.document().document().find("source") != nullptr);
  }

  void a_command_sees_what_is_being_typed() {
    const QString path = home_.file("typed.feedline");
    QVERIFY(save_document(network_, path.toStdString()));
    Bench b(network_);
    QVERIFY(b.window.files().open(path));
    b.window.view().select_node("relu");
    auto* name = b.window.panels().inspector->findChild<QLineEdit*>("node_id");
    b.type(name, "act");
    QTest::keyClick(name, Qt::Key_S, Qt::ControlModifier);
    QVERIFY(load_document(path.toStdString())->document.find("act") != nullptr);
    QVERIFY(!b.window.isWindowModified());
  }

  void closing_a_tab_or_the_window_sees_what_is_being_typed() {
    const QString path = home_.file("half-typed.feedline");
    QVERIFY(save_document(network_, path.toStdString()));
    Bench b(Document{});
    QVERIFY(b.window.files().open(path));
    b.window.workspace().add();
    b.window.workspace().previous();
    const auto type_a_name = [&] {
      b.window.view().select_node("relu");
      auto* name = b.window.panels().inspector->findChild<QLineEdit*>("node_id");
      b.type(name, "act");
      return name;
    };
    type_a_name();
    {
      Answer cancel("Cancel");
      QVERIFY(!b.window.close());
      QVERIFY(cancel.given());
    }
    QVERIFY(b.window.document().document().find("act") != nullptr);
    b.window.document().undo_stack().undo();
    QVERIFY(!b.window.isWindowModified());
    b.window.activateWindow();  // after the question
    QVERIFY(QTest::qWaitForWindowActive(&b.window));
    type_a_name();
    QWidget* close = b.window.workspace().tabBar()->tabButton(b.window.workspace().currentIndex(), QTabBar::RightSide);
    Answer save("Save");
    QTest::mouseClick(close, Qt::LeftButton);
    QVERIFY(save.given());
    QVERIFY(load_document(path.toStdString())->document.find("act") != nullptr);
  }

  // --- hasty Enters ------------------------------------------------------------------------------------------------
  void enter_does_no_harm_while_a_model_is_trained() {
    Bench b(test::with(network_, "trainer", "epochs", std::int64_t{100'000}));
    b.window.actions().run->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(b.window.runs().state(), RunController::State::Running, 60'000);
    {
      Answer enter(Answer::enter());
      QTest::keyClick(&b.window, Qt::Key_W, Qt::ControlModifier);
      QVERIFY(enter.given());
      QCOMPARE(enter.default_button(), QString("Keep running"));
    }
    QCOMPARE(b.window.runs().state(), RunController::State::Running);
    {
      Answer enter(Answer::enter());
      QVERIFY(!b.window.close());
      QVERIFY(enter.given());
    }
    QCOMPARE(b.window.runs().state(), RunController::State::Running);
    b.window.runs().stop();
    QTRY_VERIFY_WITH_TIMEOUT(!b.window.runs().active(), 30'000);
  }

  void quitting_asks_once_for_all_unsaved_graphs_data() {
    QTest::addColumn<QString>("button");
    QTest::addColumn<bool>("closes");
    QTest::addColumn<bool>("saved");
    QTest::newRow("save") << "Save all" << true << true;
    QTest::newRow("discard") << "Discard all" << true << false;
    QTest::newRow("cancel") << "Cancel" << false << false;
    QTest::newRow("enter") << Answer::enter() << true << true;
  }
  void quitting_asks_once_for_all_unsaved_graphs() {
    QFETCH(QString, button);
    QFETCH(bool, closes);
    QFETCH(bool, saved);
    Bench b(Document{});
    const QStringList files{home_.file("one.feedline"), home_.file("two.feedline"), home_.file("three.feedline")};
    for (const QString& file : files) {
      QVERIFY(save_document(network_, file.toStdString()));
      QVERIFY(b.window.files().open(file));
      if (file != files.back()) QVERIFY(b.window.document().apply(rename("relu", "act")));
    }
    Answer answer(button);
    QCOMPARE(b.window.close(), closes);
    QVERIFY(answer.given());
    QVERIFY2(answer.text().contains("2 graphs") && answer.text().contains("one.feedline") &&
                 answer.text().contains("two.feedline") && !answer.text().contains("three.feedline"),
             qPrintable(answer.text()));
    for (const QString& file : files.mid(0, 2))
      QCOMPARE(load_document(file.toStdString())->document.find("act") != nullptr, saved);
  }

  void save_as_has_its_key_and_save_all_its_own() {
    Bench b(network_);
    QCOMPARE(b.window.actions().save_as->shortcut(), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_S));
    QVERIFY(!b.window.actions().quit->shortcut().isEmpty());
    const QString file = home_.file("all.feedline");
    QVERIFY(save_document(network_, file.toStdString()));
    QVERIFY(b.window.files().open(file));
    QVERIFY(b.window.document().apply(rename("relu", "act")));
    b.window.workspace().add();
    QTest::keyClick(&b.window, Qt::Key_S, Qt::ControlModifier | Qt::AltModifier);
    QVERIFY(load_document(file.toStdString())->document.find("act") != nullptr);
  }

  // --- notes -------------------------------------------------------------------------------------------------------
  void escape_keeps_what_was_written_into_a_note() {
    Bench b(network_);
    GraphView& view = b.window.view();
    view.editor().add_comment_at({0, 900});
    QVERIFY(view.graph_scene().comment("note")->editing());
    QTest::keyClicks(&view, "because");
    QTest::keyClick(&view, Qt::Key_Escape);
    QVERIFY(!view.graph_scene().comment("note")->editing());
    QCOMPARE(b.window.document().document().find_comment("note")->text, std::string("because"));
    b.undo(&view);
    QCOMPARE(b.window.document().document().find_comment("note")->text, std::string());
    b.redo(&view);
    QCOMPARE(b.window.document().document().find_comment("note")->text, std::string("because"));
  }

  /// From the first letter on, whatever saves or closes meanwhile.
  void what_is_being_written_into_a_note_or_a_title_is_in_the_document_data() {
    QTest::addColumn<bool>("title");
    QTest::newRow("note") << false;
    QTest::newRow("title of a frame") << true;
  }
  void what_is_being_written_into_a_note_or_a_title_is_in_the_document() {
    QFETCH(bool, title);
    const QString path = home_.file("written.feedline");
    QVERIFY(save_document(network_, path.toStdString()));
    Bench b(Document{});
    QVERIFY(b.window.files().open(path));
    GraphView& view = b.window.view();
    const auto said = [title](const Document& document) {
      return title ? document.find_frame("frame")->title : document.find_comment("note")->text;
    };
    const auto editing = [&] {
      return title ? view.graph_scene().frame("frame")->editing() : view.graph_scene().comment("note")->editing();
    };
    view.setFocus();
    title ? view.editor().add_frame() : view.editor().add_comment_at({0, 900});
    QTest::keyClick(&b.window, Qt::Key_S, Qt::ControlModifier);
    QVERIFY(!b.window.isWindowModified());
    QVERIFY(editing());
    QTest::keyClicks(&view, "why so ");
    QVERIFY(b.window.isWindowModified());
    QTest::keyClick(&b.window, Qt::Key_S, Qt::ControlModifier);
    QVERIFY(!b.window.isWindowModified());
    QCOMPARE(said(load_document(path.toStdString())->document), std::string(title ? "why so" : "why so "));
    QVERIFY(editing());  // and one writes on
    QTest::keyClicks(&view, "slow");
    QCOMPARE(said(b.window.document().document()), std::string("why so slow"));
    const auto rescued = [] {  // by the autosave
      QDirIterator files(RescueFolder::default_root(), {"*.rescue"}, QDir::Files, QDirIterator::Subdirectories);
      while (files.hasNext()) {
        QFile file(files.next());
        if (file.open(QIODevice::ReadOnly) && file.readAll().contains("why so slow")) return true;
      }
      return false;
    };
    QTRY_VERIFY_WITH_TIMEOUT(rescued(), 60'000);
    QVERIFY(editing());
    for (const bool whole : {false, true}) {
      Answer cancel("Cancel");
      if (whole)
        QVERIFY(!b.window.close());
      else
        QTest::keyClick(&b.window, Qt::Key_W, Qt::ControlModifier);
      QVERIFY(cancel.given());
    }
    QCOMPARE(said(b.window.document().document()), std::string("why so slow"));
  }

  void writing_is_one_step_and_undo_shows_in_the_note_that_is_being_written() {
    Bench b(network_);
    GraphView& view = b.window.view();
    QUndoStack& stack = b.window.document().undo_stack();
    const auto text = [&] { return b.window.document().document().find_comment("note")->text; };
    view.editor().add_comment_at({0, 900});
    const int steps = stack.count();
    QTest::keyClicks(&view, "one two");
    QCOMPARE(stack.count(), steps + 1);
    b.window.actions().undo->trigger();
    QCOMPARE(text(), std::string());
    QTest::keyClicks(&view, "three");
    QTest::keyClick(&view, Qt::Key_Escape);
    QCOMPARE(text(), std::string("three"));
    // What was written and taken back by hand is no step.
    const int index = stack.index();
    QTest::keyClick(&view, Qt::Key_F2);
    QVERIFY(view.graph_scene().comment("note")->editing());
    QTest::keyClick(&view, Qt::Key_End);
    QTest::keyClicks(&view, "!");
    QCOMPARE(text(), std::string("three!"));
    QTest::keyClick(&view, Qt::Key_Backspace);
    QTest::keyClick(&view, Qt::Key_Escape);
    QCOMPARE(text(), std::string("three"));
    QCOMPARE(stack.index(), index);
  }

  // --- second clicks -----------------------------------------------------------------------------------------------
  void a_double_click_in_the_gallery_goes_no_further() {
    Bench b(Document{});
    b.window.actions().gallery->trigger();
    auto* gallery = b.window.findChild<Gallery*>();
    QVERIFY(QTest::qWaitForWindowExposed(gallery));
    auto* list = gallery->findChild<QListView*>("gallery_examples");
    const QPoint in_list = list->visualRect(list->model()->index(0, 0)).center();
    const QPoint place = list->viewport()->mapToGlobal(in_list);
    QCursor::setPos(place);
    QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, in_list);
    QVERIFY(!gallery->isVisible());
    GraphView& view = b.window.view();
    view.select_node("decode");
    const auto before = view.selected_paths();
    QWidget* port = view.viewport();
    const int steps = b.window.document().undo_stack().count();
    const auto below = [&](QEvent::Type type, QPoint offset) {
      test::send_mouse(port, type, port->mapFromGlobal(place) + offset);
    };
    below(QEvent::MouseButtonDblClick, {});
    below(QEvent::MouseButtonRelease, {});
    QCOMPARE(view.selected_paths(), before);
    QVERIFY(view.findChild<QLineEdit*>() == nullptr || !view.findChild<QLineEdit*>()->isVisible());
    QCOMPARE(b.window.document().undo_stack().count(), steps);
    // Elsewhere a click is a click.
    QSignalSpy pressed(&view, &GraphView::selection_changed);
    below(QEvent::MouseButtonPress, QPoint(60, 200));
    below(QEvent::MouseButtonRelease, QPoint(60, 200));
    QTest::qWait(QApplication::doubleClickInterval() + 100);
    below(QEvent::MouseButtonDblClick, {});  // and after a while here, too
    below(QEvent::MouseButtonRelease, {});
    QVERIFY(view.selected_paths() != before || pressed.size() > 0 || view.findChild<QLineEdit*>()->isVisible());
  }

  // --- find --------------------------------------------------------------------------------------------------------
  void find_jumps_selects_and_goes_into_subgraphs() {
    Document document = network_;
    Diagram inner;
    QVERIFY(inner.apply(Edit{AddNode{.node = {.id = "deep", .type = "relu"}}}));
    QVERIFY(document.apply(Edit{AddNode{
        .node = {
            .id = "block", .type = "subgraph", .position = {0, 2400}, .inner = Boxed<Diagram>(std::move(inner))}}}));
    QVERIFY(document.apply(
        Edit{AddComment{.comment = {.id = "remark", .text = "relu is enough", .position = {-900, -900}}}}));
    Bench b(document);
    QTest::keyClick(&b.window, Qt::Key_F, Qt::ControlModifier);
    FindBar& find = b.window.workspace().current().find_bar();
    QVERIFY(find.isVisible());
    auto* line = find.findChild<QLineEdit*>();
    QVERIFY(line->hasFocus());
    QTest::keyClicks(line, "relu");
    QCOMPARE(find.shown_count(), QString("1 of 3"));
    QCOMPARE(b.window.workspace().current().selected_nodes(), QStringList{"relu"});
    QTest::keyClick(line, Qt::Key_Return);
    QCOMPARE(b.window.workspace().current().selected_nodes(), QStringList{"block/deep"});
    QCOMPARE(b.window.view().scope(), std::string("block"));
    QVERIFY2(find.shown_why().startsWith("block/deep: "), qPrintable(find.shown_why()));
    QVERIFY(line->hasFocus());
    QTest::keyClick(line, Qt::Key_F3);
    QCOMPARE(b.window.view().scope(), std::string());
    const CommentItem* note = b.window.view().graph_scene().comment("remark");
    QVERIFY(note->isSelected());
    const QRectF seen = b.window.view().mapToScene(b.window.view().viewport()->rect()).boundingRect();
    QVERIFY(seen.intersects(note->sceneBoundingRect()));
    QTest::keyClick(line, Qt::Key_Return);  // round
    QCOMPARE(find.shown_count(), QString("1 of 3"));
    QTest::keyClick(line, Qt::Key_F3, Qt::ShiftModifier);
    QCOMPARE(find.shown_count(), QString("3 of 3"));
    QVERIFY(b.window.document().apply(Edit{RemoveNode{"remark"}}));
    QTest::keyClick(line, Qt::Key_Return);
    QCOMPARE(find.shown_count(), QString("1 of 2"));
    line->selectAll();
    QTest::keyClicks(line, "nowhere");
    QCOMPARE(find.shown_count(), QString("nothing found"));
    QTest::keyClick(line, Qt::Key_Escape);
    QVERIFY(!find.isVisible());
    QVERIFY(b.window.view().hasFocus());
    QVERIFY(find.geometry().isValid());
  }

  // --- history -----------------------------------------------------------------------------------------------------
  void history_tells_values_and_commands() {
    Bench b(network_);
    QUndoStack& stack = b.window.document().undo_stack();
    b.window.view().select_node("batch");
    b.type(b.field<NumberField>("size"), "16*2+16");
    QVERIFY2(stack.undoText().startsWith("batch.size ") && stack.undoText().endsWith("→ 48"),
             qPrintable(stack.undoText()));
    b.window.view().setFocus();
    b.window.view().select_node("relu");
    b.window.actions().duplicate->trigger();
    QCOMPARE(stack.undoText(), QString("Duplicate relu"));
    b.window.actions().copy->trigger();
    b.window.actions().paste->trigger();
    QVERIFY2(stack.undoText().startsWith("Paste relu"), qPrintable(stack.undoText()));
    b.window.view().select_node("dropout");
    b.window.actions().cut->trigger();
    QCOMPARE(stack.undoText(), QString("Cut dropout"));
    b.window.view().editor().lay_out();
    QCOMPARE(stack.undoText(), QString("Arrange in layers"));
    QCOMPARE(b.window.actions().undo->text(), QString("&Undo Arrange in layers"));
  }

  // --- File > New --------------------------------------------------------------------------------------------------
  void file_new_shows_titles_and_pictures() {
    Bench b(Document{});
    QMenu* menu = b.window.actions().examples;
    QVERIFY(menu->actions().contains(b.window.actions().new_graph));
    Q_EMIT menu->aboutToShow();
    int examples = 0;
    QAction* first = nullptr;
    for (QAction* action : menu->actions()) {
      if (action == b.window.actions().new_graph || action->isSeparator()) continue;
      ++examples;
      if (first == nullptr) first = action;
      QVERIFY2(action->text().contains(' ') && !action->text().contains(".feedline"), qPrintable(action->text()));
      QVERIFY(!action->toolTip().isEmpty());
      const QImage picture = action->icon().pixmap(112, 66).toImage();
      QSet<QRgb> colors;
      for (int y = 0; y < picture.height(); ++y)
        for (int x = 0; x < picture.width(); ++x) colors << picture.pixel(x, y);
      QVERIFY(colors.size() > 20);
    }
    QCOMPARE(examples, static_cast<int>(Files::examples().size()));
    first->trigger();
    QVERIFY(!b.window.document().document().nodes().empty());
    QTest::keyClick(&b.window, Qt::Key_N, Qt::ControlModifier);
    QVERIFY(b.window.document().document().nodes().empty());
  }

  // --- one decimal sign --------------------------------------------------------------------------------------------
  void the_window_writes_a_decimal_point_on_a_german_desktop() {
    const QLocale desktop;
    QLocale::setDefault(QLocale(QLocale::German, QLocale::Germany));
    QCOMPARE(QLocale().toString(0.5), QString("0,5"));
    use_plain_numbers();
    QCOMPARE(std::string(std::localeconv()->decimal_point), std::string("."));
    Bench b(test::with(network_, "trainer", "epochs", std::int64_t{3}));
    b.window.actions().run->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(b.window.run_bar().state_text() == "Finished", 60'000);
    static const QRegularExpression comma(R"(\d,\d{1,2}(?!\d))");
    for (const QLabel* label : b.window.findChildren<QLabel*>())
      QVERIFY2(!comma.match(label->text()).hasMatch(), qPrintable(label->text()));
    static const QRegularExpression point(R"(\d\.\d)");
    QVERIFY2(b.window.run_bar().progress_text().contains(point), qPrintable(b.window.run_bar().progress_text()));
    for (const PlotPanel* panel : b.window.findChildren<PlotPanel*>())
      QCOMPARE(panel->locale().decimalPoint(), QString("."));
    b.window.view().select_node("adam");
    auto* rate = b.field<NumberField>("learning_rate");
    QVERIFY2(rate->text().startsWith("0."), qPrintable(rate->text()));
    QLocale::setDefault(desktop);
  }
};

FEEDLINE_WINDOW_TEST(TestNothingLost)

}  // namespace feedline::gui::test_nothing_lost

#include "test_nothing_lost.moc"
