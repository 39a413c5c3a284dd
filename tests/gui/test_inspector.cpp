// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/json.h"
#include "gui/base/theme.h"
#include "gui/inspector/inspector_panel.h"
#include "gui/inspector/list_editor.h"
#include "gui/inspector/node_form.h"
#include "gui/inspector/number_editor.h"
#include "gui/inspector/number_field.h"
#include "gui/inspector/param_row.h"
#include "gui/inspector/text_editors.h"
#include "support/places.h"
#include "support/test_program.h"

#include <QComboBox>
#include <QLineEdit>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QSignalSpy>
#include <QSlider>
#include <QTest>
#include <QToolButton>
#include <QUrl>

#include <memory>
#include <set>
#include <vector>

namespace test_inspector {

using namespace feedline;
using namespace feedline::gui;

namespace {

using Nodes = std::vector<std::pair<std::string, std::string>>;

struct Bench {
  DocumentController c{};
  InspectorPanel panel{c};

  explicit Bench(const Nodes& nodes, bool active = true) {
    Document document;
    for (const auto& [id, type] : nodes)
      if (!document.apply({AddNode{.node = {.id = id, .type = type}}})) qFatal("fixture");
    c.reset(std::move(document), {});
    panel.resize(320, 800);
    QStringList ids;
    for (const auto& [id, type] : nodes) ids << QString::fromStdString(id);
    panel.show_nodes(ids);
    panel.show();
    if (!active) return;
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

/// A number that is allowed and is not the default.
QString other_number(const ParamSpec& spec) {
  const bool whole = spec.kind != ParamKind::Real;
  const auto* real = std::get_if<double>(&spec.default_value);
  const double now = real != nullptr ? *real : static_cast<double>(std::get<std::int64_t>(spec.default_value));
  for (const double next : {now + 1, now - 1, now / 2, 0.5, 0.25})
    if (next != now && spec.check(whole ? Value(static_cast<std::int64_t>(next)) : Value(next)))
      return QString::number(next, 'g', 15);
  return {};
}

/// An item that this list may have.
QString other_item(const ParamSpec& spec) {
  if (spec.check(Value(ValueList{std::int64_t{3}}))) return QStringLiteral("3");
  for (const double number : {0.5, 2.0})
    if (spec.check(Value(ValueList{number}))) return QString::number(number);
  for (const char* item : {"x:features", "x=2", "accuracy"})
    if (spec.check(Value(ValueList{std::string(item)}))) return QString::fromLatin1(item);
  return {};
}

/// Nodes in an inspector of their own, which stays open while they are changed. How forms look is tried elsewhere.
class OpenForm {
 public:
  OpenForm(DocumentController& controller, const QStringList& ids) : panel_(controller) {
    panel_.setUpdatesEnabled(false);
    panel_.resize(320, 800);
    panel_.show_nodes(ids);
    panel_.show();
  }
  /// Another value for a parameter, by keys and mouse in its field.
  void change(const ParamSpec& spec) {
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);  // lines of a list that is shorter now
    ParamRow* row = row_of(spec);
    if (auto* box = row->findChild<QCheckBox*>()) return QTest::mouseClick(box, Qt::LeftButton);
    if (auto* combo = row->findChild<QComboBox*>())
      return QTest::keyClick(combo, combo->currentIndex() + 1 < combo->count() ? Qt::Key_Down : Qt::Key_Up);
    auto* line = row->findChild<QLineEdit*>();
    if (line == nullptr) {  // a list that differs shows no lines
      QTest::mouseClick(row->findChild<QToolButton*>("add_item"), Qt::LeftButton);
      line = row->findChild<QLineEdit*>();
    }
    line->setFocus();
    QTest::keyClick(line, Qt::Key_A, Qt::ControlModifier);
    const QString text = spec.kind == ParamKind::List ? other_item(spec) : QStringLiteral("/x/y");
    QTest::keyClicks(line, qobject_cast<NumberField*>(line) != nullptr ? other_number(spec) : text);
    QTest::keyClick(line, Qt::Key_Return);
  }
  void reset(const ParamSpec& spec) { row_of(spec)->findChild<QToolButton*>()->click(); }

 private:
  [[nodiscard]] ParamRow* row_of(const ParamSpec& spec) const {
    return panel_.findChild<ParamRow*>(QString::fromStdString(spec.name));
  }
  InspectorPanel panel_;
};

/// What was done last is one step: undo gives `before` back, redo what is there now.
void check_step(DocumentController& controller, const std::string& before) {
  const std::string after = to_json(controller.document());
  controller.undo_stack().undo();
  QCOMPARE(to_json(controller.document()), before);
  controller.undo_stack().redo();
  QCOMPARE(to_json(controller.document()), after);
}

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
    Bench b(Nodes{{"n", type.toStdString()}}, false);
    for (const ParamSpec& param : Registry::instance().find(type.toStdString())->params) {
      ParamRow* row = b.row(param.name.c_str());
      QVERIFY2(row != nullptr, param.name.c_str());
      QVERIFY(row->toolTip().contains(QString::fromStdString(param.name)));
      const bool has_field = row->findChild<NumberField*>() || row->findChild<QCheckBox*>() ||
                             row->findChild<QComboBox*>() || row->findChild<QLineEdit*>() ||
                             row->findChild<QToolButton*>("add_item");  // of an empty list
      QVERIFY2(has_field, param.name.c_str());
    }
    QCOMPARE(b.steps(), 0);  // showing edits nothing
    QVERIFY(!b.panel.grab().isNull());
  }

  void a_list_is_added_to_renamed_moved_and_cut() {
    Bench b(Nodes{{"source", "image_folder"}, {"n", "batch"}});
    QVERIFY(b.c.apply({AddLink{.link = {.from = {"source", "label"}, .to = {"n", "label"}}}}));
    b.panel.show_nodes({"n"});
    auto* list = b.field<ListEditor>("fields");
    QVERIFY(list != nullptr);
    QCOMPARE(list->items(), (QStringList{"image", "features", "tokens", "label"}));
    const auto named = [&](auto* none, const QString& name) {
      using Part = std::remove_pointer_t<decltype(none)>;
      for (Part* part : list->findChildren<Part*>())
        if (part->isVisible() && part->accessibleName().startsWith(name)) return part;
      qFatal("no %s", qPrintable(name));
      return none;
    };
    const auto line = [&](int i) {
      return named(static_cast<QLineEdit*>(nullptr), QStringLiteral("fields, item %1 of").arg(i + 1));
    };
    const std::string before = to_json(b.c.document());
    int steps = b.steps();
    const auto one_step = [&](const char* fields) {
      QCOMPARE(b.value("fields"), QString(fields));
      QCOMPARE(b.steps(), ++steps);
    };

    // Renamed: the wire stays at it.
    type_into(line(3), "truth:label");
    QTest::keyClick(line(3), Qt::Key_Return);
    one_step("image, features, tokens, truth:label");
    QVERIFY(b.c.document().link_into({"n", "truth"}) != nullptr);
    b.c.undo_stack().undo();
    QCOMPARE(to_json(b.c.document()), before);
    QCOMPARE(list->items().at(3), QString("label"));  // the form follows
    b.c.undo_stack().redo();

    // Moved and cut by keys.
    line(3)->setFocus();
    QTest::keyClick(line(3), Qt::Key_Up, Qt::AltModifier);
    one_step("image, features, truth:label, tokens");
    QTest::keyClick(line(2), Qt::Key_Down, Qt::AltModifier);
    one_step("image, features, tokens, truth:label");
    line(1)->setFocus();
    QTest::keyClick(line(1), Qt::Key_Delete, Qt::ControlModifier);
    one_step("image, tokens, truth:label");
    QVERIFY(b.c.document().link_into({"n", "truth"}) != nullptr);

    // Added: nothing happens until it is something, and a line that is left empty is gone.
    line(0)->setFocus();
    QTest::keyClick(line(0), Qt::Key_Return, Qt::ControlModifier);
    QCOMPARE(list->items(), (QStringList{"image", "", "tokens", "truth:label"}));
    QCOMPARE(b.steps(), steps);
    auto* fresh = qobject_cast<QLineEdit*>(QApplication::focusWidget());
    QVERIFY(fresh != nullptr && fresh->text().isEmpty());
    QTest::keyClicks(fresh, "depth:image");
    QTest::keyClick(fresh, Qt::Key_Return);
    one_step("image, depth:image, tokens, truth:label");
    QTest::mouseClick(list->findChild<QToolButton*>("add_item"), Qt::LeftButton);
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Return);
    QCOMPARE(list->items().size(), 4);
    QCOMPARE(b.steps(), steps);

    // What is no field stays to be mended, with the reason; the document keeps what it had.
    type_into(line(1), "depth");
    QTest::keyClick(line(1), Qt::Key_Return);
    QCOMPARE(b.steps(), steps);
    QVERIFY2(b.row("fields")->accessibleDescription().contains("kind"),
             qPrintable(b.row("fields")->accessibleDescription()));
    QCOMPARE(list->items().at(1), QString("depth"));
    type_into(line(1), "depth:features");
    QTest::keyClick(line(1), Qt::Key_Return);
    one_step("image, depth:features, tokens, truth:label");
    QVERIFY(b.row("fields")->accessibleDescription().isEmpty());

    // The field with the wire goes: the wire goes with it, and comes back.
    auto* last = named(static_cast<QToolButton*>(nullptr), QStringLiteral("Remove fields, item 4 of"));
    QTest::mouseClick(last, Qt::LeftButton);
    one_step("image, depth:features, tokens");
    QVERIFY(b.c.document().links().empty());
    b.c.undo_stack().undo();
    QVERIFY(b.c.document().link_into({"n", "truth"}) != nullptr);
  }

  void typing_a_number_is_one_step() {
    Bench b(Nodes{{"n", "random_resized_crop"}});
    auto* box = b.field<NumberField>("size");
    type_into(box, "128");
    QCOMPARE(b.value("size"), QString("128"));
    QCOMPARE(b.steps(), 1);
    QTest::keyClick(box, Qt::Key_Return);
    type_into(box, "96");
    QCOMPARE(b.steps(), 2);
    b.c.undo_stack().undo();
    QCOMPARE(b.value("size"), QString("128"));
    QCOMPARE(box->value(), 128.0);  // the form follows
    b.c.undo_stack().undo();
    QCOMPARE(b.value("size"), QString("(unset)"));
    QCOMPARE(box->value(), 224.0);
  }

  void what_is_typed_counts_as_a_whole_data() {
    QTest::addColumn<QString>("type");
    QTest::addColumn<QString>("param");
    QTest::addColumn<QString>("typed");
    QTest::addColumn<QString>("value");
    QTest::newRow("decimals") << "random_resized_crop"
                              << "size"
                              << "16.0"
                              << "16";
    QTest::newRow("exponent") << "random_resized_crop"
                              << "size"
                              << "1e2"
                              << "100";
    QTest::newRow("product") << "random_resized_crop"
                             << "size"
                             << "8*4"
                             << "32";
    QTest::newRow("unit") << "random_resized_crop"
                          << "size"
                          << "96 px"
                          << "96";
    QTest::newRow("power") << "random_resized_crop"
                           << "size"
                           << "2^(3+4)"
                           << "128";
    QTest::newRow("quotient") << "adam"
                              << "learning_rate"
                              << "1/1000"
                              << "0.001";
    QTest::newRow("comma") << "adam"
                           << "learning_rate"
                           << "0,5"
                           << "0.5";
    QTest::newRow("seed") << "trainer"
                          << "seed"
                          << "2**31"
                          << "2147483648";
  }
  void what_is_typed_counts_as_a_whole() {
    QFETCH(QString, type);
    QFETCH(QString, param);
    QFETCH(QString, typed);
    QFETCH(QString, value);
    Bench b(Nodes{{"n", type.toStdString()}});
    const QByteArray name = param.toUtf8();
    auto* box = b.field<NumberField>(name.constData());
    type_into(box, typed.toUtf8().constData());
    QCOMPARE(box->text(), typed);  // nothing is dropped while it is typed
    QCOMPARE(b.value(name.constData()), value);
    QTest::keyClick(box, Qt::Key_Return);
    QCOMPARE(box->text(), value);
    QCOMPARE(b.steps(), 1);
    QVERIFY(b.row(name.constData())->shown_error().isEmpty());
  }

  void what_cannot_be_read_stays_red_with_the_reason_and_changes_nothing_data() {
    QTest::addColumn<QString>("typed");
    QTest::addColumn<QString>("reason");
    QTest::newRow("too large") << "99999999"
                               << "out of range";
    QTest::newRow("no whole number") << "12,5"
                                     << "12.5 is no whole number";
    QTest::newRow("word") << "many"
                          << "'many'";
    QTest::newRow("broken off") << "8*"
                                << "breaks off";
    QTest::newRow("two readings") << "1,024"
                                  << "1 or as 1024";
    QTest::newRow("by zero") << "1/0"
                             << "divides by zero";
    QTest::newRow("other unit") << "16 s"
                                << "no unit of this number";
    QTest::newRow("begins like a good one") << "16 + x"
                                            << "'x'";
  }
  void what_cannot_be_read_stays_red_with_the_reason_and_changes_nothing() {
    QFETCH(QString, typed);
    QFETCH(QString, reason);
    Theme::instance().set_mode(Theme::Mode::Light);
    Bench b(Nodes{{"n", "random_resized_crop"}});
    QVERIFY(b.c.apply({SetParam{.node = "n", .param = "size", .value = Value(std::int64_t{64})}}));
    auto* box = b.field<NumberField>("size");
    const QImage plain = box->grab().toImage();
    type_into(box, typed.toUtf8().constData());
    QTest::keyClick(box, Qt::Key_Tab);  // leaves
    QVERIFY(!box->hasFocus());
    QCOMPARE(box->text(), typed);
    QCOMPARE(b.value("size"), QString("64"));
    QCOMPARE(b.steps(), 1);  // numbers that were passed on the way have left nothing in the history
    QVERIFY2(b.row("size")->shown_error().contains(reason), qPrintable(b.row("size")->shown_error()));
    const QColor error = Theme::instance().colors().error;
    const QImage red = box->grab().toImage();
    QVERIFY(plain.pixelColor(plain.width() / 2, 0) != error);
    QCOMPARE(red.pixelColor(red.width() / 2, 0), error);
    QVERIFY(b.c.apply({SetParam{.node = "n", .param = "ratio_min", .value = Value(0.5)}}));
    QCOMPARE(box->text(), typed);  // another change does not take it away
    type_into(box, "48");
    QVERIFY(b.row("size")->shown_error().isEmpty());
    QCOMPARE(b.value("size"), QString("48"));
    QTest::keyClick(box, Qt::Key_Return);
    b.c.undo_stack().undo();
    QCOMPARE(box->text(), QString("64"));
  }

  void escape_gives_the_edit_up() {
    Bench b(Nodes{{"n", "random_resized_crop"}});
    auto* box = b.field<NumberField>("size");
    type_into(box, "128");
    QCOMPARE(b.value("size"), QString("128"));
    QTest::keyClick(box, Qt::Key_Escape);
    QCOMPARE(b.value("size"), QString("(unset)"));
    QCOMPARE(box->text(), QString("224"));
    QCOMPARE(b.steps(), 0);
  }

  void a_number_in_a_subgraph_is_given_up_as_well() {
    Document document;
    Diagram inner;
    QVERIFY(inner.apply({AddNode{.node = {.id = "n", .type = "random_resized_crop"}}}));
    QVERIFY(document.apply({AddNode{.node = {.id = "block", .type = "subgraph", .inner = Boxed<Diagram>(inner)}}}));
    Bench b(Nodes{});
    b.c.reset(document, {});
    b.panel.show_nodes({"block/n"});
    auto* box = b.field<NumberField>("size");
    type_into(box, "9999999");
    QCOMPARE(b.steps(), 0);
    QVERIFY(!b.c.document().find("block/n")->params.contains("size"));
  }

  void reals_take_any_notation() {
    Bench b(Nodes{{"n", "adam"}});
    auto* box = b.field<NumberField>("learning_rate");
    QVERIFY(box != nullptr);
    type_into(box, "1e-4");
    QCOMPARE(std::get<double>(b.node().params.at("learning_rate")), 1e-4);
    QTest::keyClick(box, Qt::Key_Return);
    QCOMPARE(std::get<double>(b.node().params.at("learning_rate")), 1e-4);
    QCOMPARE(b.steps(), 1);
  }

  void a_value_out_of_range_is_refused_beside_the_field() {
    Bench b(Nodes{{"n", "random_resized_crop"}});
    auto* box = b.field<NumberField>("size");
    type_into(box, "0");
    QCOMPARE(b.value("size"), QString("(unset)"));
    QCOMPARE(b.steps(), 0);
    const Status status = b.row("size")->spec().check(Value(std::int64_t{0}));
    QVERIFY(b.row("size")->shown_error().contains(QString::fromStdString(status.error().reason), Qt::CaseInsensitive));
    QTest::keyClick(box, Qt::Key_Return);  // it stays, so that it can be mended
    QCOMPARE(box->text(), QString("0"));
    QVERIFY(!b.row("size")->shown_error().isEmpty());
    QCOMPARE(b.value("size"), QString("(unset)"));
    QTest::keyClick(box, Qt::Key_Escape);  // the field goes back to what the document says
    QCOMPARE(box->value(), 224.0);
    QVERIFY(b.row("size")->shown_error().isEmpty());
    for (int i = 0; i < 300; ++i) box->step_by(-1);
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
    QCOMPARE(b.field<NumberField>("size")->text(), QString("many"));
    QCOMPARE(b.value("size"), QString("many"));
    type_into(b.field<NumberField>("size"), "32");
    QCOMPARE(b.value("size"), QString("32"));
    QVERIFY(b.row("size")->shown_error().isEmpty());
  }

  void reset_returns_to_the_default() {
    Bench b(Nodes{{"n", "random_resized_crop"}});
    auto* reset = b.row("size")->findChild<QToolButton*>();
    QVERIFY(!reset->isVisible());
    type_into(b.field<NumberField>("size"), "128");
    QVERIFY(reset->isVisible());
    QTest::mouseClick(reset, Qt::LeftButton);
    QCOMPARE(b.value("size"), QString("(unset)"));
    QCOMPARE(b.field<NumberField>("size")->value(), 224.0);
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
    type_into(b.field<NumberField>("size"), "32");
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
    auto* size = n.field<NumberField>("size");
    QVERIFY(size->text().isEmpty());
    QCOMPARE(size->placeholderText(), QString("mixed"));
    QVERIFY(!size->number());
    size->setFocus();
    QTest::keyClick(size, Qt::Key_Tab);  // passing through changes nothing and shows nothing
    QVERIFY(size->text().isEmpty());
    QCOMPARE(n.steps(), 1);
    type_into(size, "64x");
    QTest::keyClick(size, Qt::Key_Return);
    QCOMPARE(n.value("size", "a"), QString("16"));
    QCOMPARE(n.value("size", "b"), QString("(unset)"));
    QCOMPARE(n.steps(), 1);
    QTest::keyClick(size, Qt::Key_Escape);
    QVERIFY(size->text().isEmpty());
    QTest::keyClick(size, Qt::Key_Up);  // from the default
    QCOMPARE(n.value("size", "a"), QString("65"));
    n.c.undo_stack().undo();
    QVERIFY(size->text().isEmpty());
    type_into(size, "64");
    QCOMPARE(n.value("size", "a"), QString("64"));
    QCOMPARE(n.value("size", "b"), QString("64"));
    QCOMPARE(n.steps(), 2);
    n.c.undo_stack().undo();
    QVERIFY(size->text().isEmpty());
    QCOMPARE(n.value("size", "a"), QString("16"));
    QTest::mouseClick(n.row("size")->findChild<QToolButton*>(), Qt::LeftButton);  // back to the default: alike again
    QCOMPARE(size->value(), 64.0);
  }

  /// Over every parameter that there is: several nodes changed together give the bytes that one after the other gives,
  /// whether they were alike before or not, and undo and redo give back what was.
  void together_is_the_same_as_one_by_one_data() {
    qApp->setStyleSheet({});  // of a test before: hundreds of forms are opened here, and looks are tried elsewhere
    QTest::addColumn<QString>("type");
    for (const NodeSpec* spec : Registry::instance().all())
      if (!spec->params.empty()) QTest::newRow(spec->type.c_str()) << QString::fromStdString(spec->type);
  }
  void together_is_the_same_as_one_by_one() {
    QFETCH(QString, type);
    const NodeSpec& spec = *Registry::instance().find(type.toStdString());
    static std::set<std::string> seen;  // what many types share, such as an optimiser's schedule, is tried once
    std::vector<const ParamSpec*> fresh;
    for (const ParamSpec& param : spec.params)
      if (seen.insert(param.name + '/' + param.doc + '/' + to_text(param.default_value)).second)
        fresh.push_back(&param);
    if (fresh.empty()) return;

    const std::vector<std::string> ids = {"a", "b", "c"};
    Document document;
    for (const std::string& id : ids) QVERIFY(document.apply({AddNode{.node = {.id = id, .type = spec.type}}}));
    const std::string start = to_json(document);
    DocumentController together;
    DocumentController single;
    together.reset(document, {});
    single.reset(document, {});
    OpenForm all(together, {"a", "b", "c"});
    std::vector<std::unique_ptr<OpenForm>> each;
    for (const std::string& id : ids)
      each.push_back(std::make_unique<OpenForm>(single, QStringList{QString::fromStdString(id)}));
    // The forms stay open: each parameter begins and ends with the nodes as they were added.
    for (const ParamSpec* param : fresh) {
      all.change(*param);
      for (const auto& form : each) form->change(*param);
      QVERIFY2(to_json(together.document()) != start, param->name.c_str());
      QCOMPARE(to_json(together.document()), to_json(single.document()));
      check_step(together, start);

      // Now one has another value than the others.
      QVERIFY(together.apply({SetParam{.node = "b", .param = param->name, .value = std::nullopt}}));
      const Document mixed = together.document();
      all.change(*param);
      Document expected = mixed;
      const auto value = together.document().find("a")->params.find(param->name);
      QVERIFY2(value != together.document().find("a")->params.end(), param->name.c_str());
      for (const std::string& id : ids)
        QVERIFY(expected.apply({SetParam{.node = id, .param = param->name, .value = value->second}}));
      QCOMPARE(to_json(together.document()), to_json(expected));
      if (to_json(expected) != to_json(mixed)) check_step(together, to_json(mixed));

      const std::string before = to_json(together.document());
      all.reset(*param);
      QCOMPARE(to_json(together.document()), start);
      check_step(together, before);
      while (single.undo_stack().canUndo()) single.undo_stack().undo();
      QCOMPARE(to_json(single.document()), start);
    }
  }

  void mixed_texts_seeds_and_reals_say_so_too() {
    Bench f(Nodes{{"a", "image_folder"}, {"b", "image_folder"}});
    QVERIFY(f.c.apply({SetParam{.node = "a", .param = "folder", .value = Value(std::string("/x"))}}));
    auto* line = f.field<QLineEdit>("folder");
    QVERIFY(line->text().isEmpty());
    QCOMPARE(line->placeholderText(), QString("mixed"));
    line->setFocus();
    QTest::keyClick(line, Qt::Key_Return);
    QCOMPARE(f.steps(), 1);
    Bench t(Nodes{{"a", "trainer"}, {"b", "trainer"}});
    QVERIFY(t.c.apply({SetParam{.node = "a", .param = "seed", .value = Value(std::int64_t{7})}}));
    Bench o(Nodes{{"a", "adam"}, {"b", "adam"}});
    QVERIFY(o.c.apply({SetParam{.node = "a", .param = "learning_rate", .value = Value(0.5)}}));
    for (NumberField* box : {t.field<NumberField>("seed"), o.field<NumberField>("learning_rate")}) {
      QVERIFY2(box->text().isEmpty(), qPrintable(box->text()));
      QCOMPARE(box->placeholderText(), QString("mixed"));
      box->window()->activateWindow();
      QVERIFY(QTest::qWaitForWindowActive(box->window()));
      box->setFocus();
      box->clearFocus();
      QVERIFY2(box->text().isEmpty(), qPrintable(box->text()));
    }
  }

  void an_arrow_key_held_down_is_one_step() {
    Bench b(Nodes{{"n", "batch"}});
    auto* box = b.field<NumberField>("size");
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

FEEDLINE_WINDOW_TEST(TestInspector)

}  // namespace test_inspector

#include "test_inspector.moc"
