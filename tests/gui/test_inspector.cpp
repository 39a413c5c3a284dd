// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/json.h"
#include "inspector/inspector_panel.h"
#include "inspector/node_form.h"
#include "inspector/number_editor.h"
#include "inspector/param_row.h"
#include "inspector/text_editors.h"
#include "support/places.h"

#include <QComboBox>
#include <QLineEdit>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QSignalSpy>
#include <QSlider>
#include <QTest>
#include <QToolButton>
#include <QUrl>

using namespace feedline;
using namespace feedline::gui;

namespace {

using Nodes = std::vector<std::pair<std::string, std::string>>;

struct Bench {
  DocumentController c{};
  InspectorPanel panel{c};

  explicit Bench(const Nodes& nodes) {
    Document document;
    for (const auto& [id, type] : nodes)
      if (!document.apply({AddNode{.node = {.id = id, .type = type}}})) qFatal("fixture");
    c.reset(std::move(document), {});
    panel.resize(320, 800);
    panel.show();
    QStringList ids;
    for (const auto& [id, type] : nodes) ids << QString::fromStdString(id);
    panel.show_nodes(ids);
    panel.activateWindow();
    if (!QTest::qWaitForWindowActive(&panel)) qFatal("no window");
  }
  [[nodiscard]] ParamRow* row(const char* param) const { return panel.findChild<ParamRow*>(param); }
  template <class T>
  [[nodiscard]] T* field(const char* param) const {
    return row(param)->findChild<T*>();
  }
  [[nodiscard]] const Node& node(const char* id = "n") const { return *c.document().find(id); }
  [[nodiscard]] QString value(const char* param, const char* id = "n") const {
    const auto found = node(id).params.find(param);
    return found == node(id).params.end() ? QStringLiteral("(unset)") : QString::fromStdString(to_text(found->second));
  }
  [[nodiscard]] int steps() { return c.undo_stack().count(); }
};

void type_into(QWidget* field, const char* text) {
  field->setFocus();
  QTest::keyClick(field, Qt::Key_A, Qt::ControlModifier);
  QTest::keyClicks(field, text);
}

QLineEdit* line_of(QWidget* box) { return box->findChild<QLineEdit*>(); }

}  // namespace

class TestInspector : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void every_node_type_gets_a_form_data() {
    QTest::addColumn<QString>("type");
    for (const NodeSpec* spec : Registry::instance().all())
      QTest::newRow(spec->type.c_str()) << QString::fromStdString(spec->type);
  }
  void every_node_type_gets_a_form() {
    QFETCH(QString, type);
    Bench b(Nodes{{"n", type.toStdString()}});
    for (const ParamSpec& param : Registry::instance().find(type.toStdString())->params) {
      ParamRow* row = b.row(param.name.c_str());
      QVERIFY2(row != nullptr, param.name.c_str());
      QVERIFY(row->toolTip().contains(QString::fromStdString(param.name)));
      const bool has_field = row->findChild<NumberBox*>() || row->findChild<QCheckBox*>() ||
                             row->findChild<QComboBox*>() || row->findChild<QLineEdit*>();
      QVERIFY2(has_field, param.name.c_str());
    }
    QCOMPARE(b.steps(), 0);  // showing edits nothing
    QVERIFY(!b.panel.grab().isNull());
  }

  void typing_a_number_is_one_step() {
    Bench b(Nodes{{"n", "random_resized_crop"}});
    auto* box = b.field<NumberBox>("size");
    type_into(line_of(box), "128");
    QCOMPARE(b.value("size"), QString("128"));
    QCOMPARE(b.steps(), 1);
    QTest::keyClick(line_of(box), Qt::Key_Return);
    type_into(line_of(box), "96");
    QCOMPARE(b.steps(), 2);
    b.c.undo_stack().undo();
    QCOMPARE(b.value("size"), QString("128"));
    QCOMPARE(box->value(), 128.0);  // the form follows
    b.c.undo_stack().undo();
    QCOMPARE(b.value("size"), QString("(unset)"));
    QCOMPARE(box->value(), 224.0);
  }

  void reals_take_any_notation() {
    Bench b(Nodes{{"n", "adam"}});
    auto* box = b.field<NumberBox>("learning_rate");
    QVERIFY(box != nullptr);
    type_into(line_of(box), "1e-4");
    QCOMPARE(std::get<double>(b.node().params.at("learning_rate")), 1e-4);
    QTest::keyClick(line_of(box), Qt::Key_Return);
    QCOMPARE(std::get<double>(b.node().params.at("learning_rate")), 1e-4);
    QCOMPARE(b.steps(), 1);
  }

  void a_value_out_of_range_is_refused_beside_the_field() {
    Bench b(Nodes{{"n", "random_resized_crop"}});
    auto* box = b.field<NumberBox>("size");
    type_into(line_of(box), "0");
    QCOMPARE(b.value("size"), QString("(unset)"));
    QCOMPARE(b.steps(), 0);
    const Status status = b.row("size")->spec().check(Value(std::int64_t{0}));
    QVERIFY(b.row("size")->shown_error().contains(QString::fromStdString(status.error().reason), Qt::CaseInsensitive));
    QTest::keyClick(line_of(box), Qt::Key_Return);  // the field goes back to what the document says
    QCOMPARE(box->value(), 224.0);
    QVERIFY(b.row("size")->shown_error().isEmpty());
    for (int i = 0; i < 300; ++i) box->stepBy(-1);
    QCOMPARE(box->value(), 1.0);  // the arrow keys stop at the hard range
  }

  void a_slider_drag_is_one_step() {
    Bench b(Nodes{{"n", "random_resized_crop"}});
    auto* slider = b.field<QSlider>("size");
    QVERIFY(slider != nullptr);
    slider->setSliderDown(true);
    for (int step = slider->value(); step < slider->value() + 10; step += 3) slider->setSliderPosition(step + 3);
    slider->setSliderPosition(40);
    slider->setSliderPosition(60);
    slider->setSliderDown(false);
    QCOMPARE(b.steps(), 1);
    QVERIFY(b.value("size") != "(unset)");
    slider->setSliderDown(true);
    slider->setSliderPosition(80);
    slider->setSliderDown(false);
    QCOMPARE(b.steps(), 2);
  }

  void a_switch_and_a_choice_are_one_step_each() {
    Bench b(Nodes{{"n", "decode"}});
    QTest::mouseClick(b.field<QCheckBox>("exact"), Qt::LeftButton);
    QCOMPARE(b.value("exact"), QString("true"));
    auto* combo = b.field<QComboBox>("color");
    combo->setFocus();
    QTest::keyClick(combo, Qt::Key_Down);
    QCOMPARE(b.value("color"), QString("grey"));
    QCOMPARE(b.steps(), 2);
    b.c.undo_stack().undo();
    QCOMPARE(combo->currentText(), QString("rgb"));
  }

  void dice_give_another_seed() {
    Bench b(Nodes{{"n", "trainer"}});
    auto* dice = qobject_cast<QToolButton*>(b.field<NumberEditor>("seed")->findChild<QToolButton*>());
    QVERIFY(dice != nullptr);
    QTest::mouseClick(dice, Qt::LeftButton);
    QTest::mouseClick(dice, Qt::LeftButton);
    QCOMPARE(b.steps(), 2);
    QVERIFY(std::holds_alternative<std::int64_t>(b.node().params.at("seed")));
  }

  void paths_are_typed_or_dropped() {
    Bench b(Nodes{{"n", "image_folder"}});
    auto* line = b.field<QLineEdit>("folder");
    type_into(line, "/data");
    QCOMPARE(b.value("folder"), QString("/data"));
    QCOMPARE(b.steps(), 1);
    QMimeData mime;
    mime.setUrls({QUrl::fromLocalFile(feedline::test::source_dir("/core"))});
    QDragEnterEvent enter({4, 4}, Qt::CopyAction, &mime, Qt::LeftButton, {});
    QApplication::sendEvent(line, &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent drop({4, 4}, Qt::CopyAction, &mime, Qt::LeftButton, {});
    QApplication::sendEvent(line, &drop);
    QCOMPARE(b.value("folder"), feedline::test::source_dir("/core"));
    QCOMPARE(line->text(), feedline::test::source_dir("/core"));
    QCOMPARE(b.steps(), 2);
    b.c.undo_stack().undo();
    QCOMPARE(line->text(), QString("/data"));
  }

  void a_missing_path_is_named_at_its_field() {
    Bench b(Nodes{{"n", "image_folder"}});
    QVERIFY(!b.row("folder")->shown_error().isEmpty());
    type_into(b.field<QLineEdit>("folder"), "/data");
    QVERIFY(b.row("folder")->shown_error().isEmpty());
  }

  void values_of_the_wrong_kind_are_shown_and_named() {
    Bench b(Nodes{{"n", "batch"}});
    QVERIFY(b.c.apply({SetParam{.node = "n", .param = "size", .value = Value(std::string("many"))}}));
    QVERIFY(!b.row("size")->shown_error().isEmpty());
    QCOMPARE(line_of(b.field<NumberBox>("size"))->text(), QString("many"));
    QCOMPARE(b.value("size"), QString("many"));
    type_into(line_of(b.field<NumberBox>("size")), "32");
    QCOMPARE(b.value("size"), QString("32"));
    QVERIFY(b.row("size")->shown_error().isEmpty());
  }

  void reset_returns_to_the_default() {
    Bench b(Nodes{{"n", "random_resized_crop"}});
    auto* reset = b.row("size")->findChild<QToolButton*>();
    QVERIFY(!reset->isVisible());
    type_into(line_of(b.field<NumberBox>("size")), "128");
    QVERIFY(reset->isVisible());
    QTest::mouseClick(reset, Qt::LeftButton);
    QCOMPARE(b.value("size"), QString("(unset)"));
    QCOMPARE(b.field<NumberBox>("size")->value(), 224.0);
    QCOMPARE(b.steps(), 2);
    b.c.undo_stack().undo();
    QCOMPARE(b.value("size"), QString("128"));
  }

  void renaming_keeps_the_form() {
    Bench b(Nodes{{"n", "relu"}, {"other", "relu"}});
    b.panel.show_nodes({"n"});
    auto* line = b.panel.findChild<QLineEdit*>("node_id");
    const auto* form = b.panel.findChild<NodeForm*>();
    type_into(line, "act1");
    QTest::keyClick(line, Qt::Key_Return);
    QVERIFY(b.c.document().find("act1") != nullptr);
    QCOMPARE(b.steps(), 1);
    b.panel.show_nodes({"act1"});
    QCOMPARE(b.panel.findChild<NodeForm*>(), form);
    for (const char* bad : {"other", "2 words", ""}) {
      type_into(line, bad);
      if (*bad == '\0') QTest::keyClick(line, Qt::Key_Delete);
      QTest::keyClick(line, Qt::Key_Return);
      QVERIFY(b.c.document().find("act1") != nullptr);
      QCOMPARE(line->text(), QString("act1"));
    }
    QCOMPARE(b.steps(), 1);
  }

  void a_comment_is_one_step() {
    Bench b(Nodes{{"n", "relu"}});
    auto* text = b.panel.findChild<QPlainTextEdit*>("node_comment");
    text->setFocus();
    QTest::keyClicks(text, "because");
    QCOMPARE(b.node().comment, std::string("because"));
    QCOMPARE(b.steps(), 1);
    b.c.undo_stack().undo();
    QVERIFY(text->toPlainText().isEmpty());
  }

  void nodes_of_one_type_are_edited_together() {
    Bench b(Nodes{{"a", "batch"}, {"b", "batch"}});
    type_into(line_of(b.field<NumberBox>("size")), "32");
    QCOMPARE(b.value("size", "a"), QString("32"));
    QCOMPARE(b.value("size", "b"), QString("32"));
    QCOMPARE(b.steps(), 1);
    b.c.undo_stack().undo();
    QCOMPARE(b.value("size", "a"), QString("(unset)"));
    QCOMPARE(b.value("size", "b"), QString("(unset)"));
  }

  void fields_that_differ_say_mixed_and_take_one_value() {
    Bench b(Nodes{{"a", "decode"}, {"b", "decode"}});
    QVERIFY(b.c.apply({SetParam{.node = "a", .param = "color", .value = Value(std::string("grey"))}}));
    QVERIFY(b.c.apply({SetParam{.node = "b", .param = "exact", .value = Value(true)}}));
    auto* combo = b.field<QComboBox>("color");
    QCOMPARE(combo->currentIndex(), -1);
    QCOMPARE(combo->placeholderText(), QString("mixed"));
    auto* box = b.field<QCheckBox>("exact");
    QCOMPARE(box->checkState(), Qt::PartiallyChecked);
    QCOMPARE(box->text(), QString("mixed"));
    QTest::mouseClick(box, Qt::LeftButton);
    QCOMPARE(b.value("exact", "a"), b.value("exact", "b"));
    QVERIFY(box->checkState() != Qt::PartiallyChecked);
    combo->setFocus();
    QTest::keyClick(combo, Qt::Key_Down);
    QVERIFY(b.value("color", "a") == b.value("color", "b"));
    b.c.undo_stack().undo();
    QCOMPARE(combo->placeholderText(), QString("mixed"));

    Bench n(Nodes{{"a", "batch"}, {"b", "batch"}});
    QVERIFY(n.c.apply({SetParam{.node = "a", .param = "size", .value = Value(std::int64_t{16})}}));
    auto* size = n.field<NumberBox>("size");
    QVERIFY(line_of(size)->text().isEmpty());
    QCOMPARE(line_of(size)->placeholderText(), QString("mixed"));
    type_into(line_of(size), "64");
    QCOMPARE(n.value("size", "a"), QString("64"));
    QCOMPARE(n.value("size", "b"), QString("64"));
    QCOMPARE(n.steps(), 2);
    n.c.undo_stack().undo();
    QVERIFY(line_of(size)->text().isEmpty());
    QCOMPARE(n.value("size", "a"), QString("16"));
    QTest::mouseClick(n.row("size")->findChild<QToolButton*>(), Qt::LeftButton);  // back to the default: alike again
    QCOMPARE(size->value(), 64.0);
  }

  void an_arrow_key_held_down_is_one_step() {
    Bench b(Nodes{{"n", "batch"}});
    auto* box = b.field<NumberBox>("size");
    box->setFocus();
    const auto hold = [&](int key, int times) {
      for (int i = 0; i < times; ++i) {
        QKeyEvent press(QEvent::KeyPress, key, {}, {}, i > 0);
        QApplication::sendEvent(box, &press);
      }
      QKeyEvent release(QEvent::KeyRelease, key, {});
      QApplication::sendEvent(box, &release);
    };
    hold(Qt::Key_Up, 9);
    const QString up = b.value("size");
    QVERIFY2(up.toInt() >= 73, qPrintable(up));
    QCOMPARE(b.steps(), 1);
    hold(Qt::Key_Down, 3);
    QVERIFY(b.value("size").toInt() < up.toInt());
    QCOMPARE(b.steps(), 2);
    b.c.undo_stack().undo();
    QCOMPARE(b.value("size"), up);
    b.c.undo_stack().undo();
    QCOMPARE(b.value("size"), QString("(unset)"));
  }

  void a_field_for_folders_takes_no_files() {
    Bench b(Nodes{{"n", "image_folder"}});
    auto* line = b.field<QLineEdit>("folder");
    QMimeData mime;
    mime.setUrls({QUrl::fromLocalFile(feedline::test::source_dir("/README.md"))});
    QDragEnterEvent enter({4, 4}, Qt::CopyAction, &mime, Qt::LeftButton, {});
    QApplication::sendEvent(line, &enter);
    QDropEvent drop({4, 4}, Qt::CopyAction, &mime, Qt::LeftButton, {});
    QApplication::sendEvent(line, &drop);
    QCOMPARE(b.value("folder"), QString("(unset)"));
  }

  void it_follows_the_document() {
    Bench b(Nodes{{"n", "batch"}, {"r", "relu"}});
    QVERIFY(b.panel.findChild<NodeForm*>() == nullptr);  // different types: no form
    b.panel.show_nodes({"n"});
    QVERIFY(b.row("size") != nullptr);
    QVERIFY(b.c.apply({RemoveNode{"n"}}));
    QTRY_VERIFY(b.panel.findChild<NodeForm*>() == nullptr);
    b.c.undo_stack().undo();
    b.panel.show_nodes({"n"});
    QVERIFY(b.row("size") != nullptr);
    b.c.reset({}, {});
    QTRY_VERIFY(b.panel.findChild<NodeForm*>() == nullptr);
    auto* title = b.panel.findChild<QLineEdit*>("document_title");
    type_into(title, "Flowers");
    QTest::keyClick(title, Qt::Key_Return);
    QCOMPARE(b.c.document().title(), std::string("Flowers"));
  }
};

QTEST_MAIN(TestInspector)
#include "test_inspector.moc"
