// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/inspector/palette_panel.h"
#include "gui/models/fuzzy_match.h"
#include "gui/models/palette_model.h"
#include "gui/models/problems_model.h"
#include "gui/models/search_model.h"
#include "support/test_program.h"

#include <QAbstractItemModelTester>
#include <QLineEdit>
#include <QMimeData>
#include <QSignalSpy>
#include <QTest>
#include <QTreeView>

#include <algorithm>

namespace test_palette {

using namespace feedline;
using namespace feedline::gui;

namespace {

constexpr auto kFatal = QAbstractItemModelTester::FailureReportingMode::QtTest;

QStringList types_below(const QAbstractItemModel& model) {
  QStringList types;
  for (int group = 0; group < model.rowCount(); ++group) {
    const QModelIndex category = model.index(group, 0);
    for (int row = 0; row < model.rowCount(category); ++row)
      types << model.index(row, 0, category).data(PaletteModel::TypeRole).toString();
  }
  return types;
}

}  // namespace

class TestPalette : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void the_palette_holds_every_type_once() {
    PaletteModel model;
    const QAbstractItemModelTester tester(&model, kFatal);
    const QStringList types = types_below(model);
    QCOMPARE(types.size(), static_cast<qsizetype>(Registry::instance().all().size()));
    QCOMPARE(QSet<QString>(types.begin(), types.end()).size(), types.size());
    for (const NodeSpec* spec : Registry::instance().all()) QVERIFY(types.contains(QString::fromStdString(spec->type)));
  }

  /// What prepares pictures, rows and texts stands under headings of their own.
  void nodes_stand_under_what_they_prepare() {
    const PaletteModel model;
    QMap<QString, QString> heading_of_type;
    QStringList headings;
    for (int group = 0; group < model.rowCount(); ++group) {
      const QModelIndex heading = model.index(group, 0);
      headings << heading.data().toString();
      for (int row = 0; row < model.rowCount(heading); ++row)
        heading_of_type[model.index(row, 0, heading).data(PaletteModel::TypeRole).toString()] = headings.back();
    }
    QCOMPARE(QSet<QString>(headings.begin(), headings.end()).size(), headings.size());
    QVERIFY(!headings.contains("Preprocessing"));
    QCOMPARE(headings.mid(0, 5), (QStringList{"Sources", "Pictures", "Records", "Tables", "Text"}));
    const std::vector<std::pair<const char*, const char*>> wanted = {
        {"csv", "Sources"},   {"decode", "Pictures"},      {"one_hot", "Tables"},         {"features", "Tables"},
        {"tf_idf", "Text"},   {"vocabulary", "Text"},      {"shuffle", "Records"},        {"cache", "Records"},
        {"linear", "Layers"}, {"cross_entropy", "Losses"}, {"majority_class", "Learners"}};
    for (const auto& [type, heading] : wanted) QCOMPARE(heading_of_type[type], QString(heading));
  }

  void searching_keeps_what_matches() {
    PaletteModel model;
    PaletteFilter filter(model);
    const QAbstractItemModelTester tester(&filter, kFatal);
    filter.set_pattern("conv");
    QVERIFY(types_below(filter).contains("conv2d"));
    QVERIFY(!types_below(filter).contains("decode"));
    QCOMPARE(filter.best().data(PaletteModel::TypeRole).toString(), QString("conv2d"));
    filter.set_pattern("no such node at all");
    QCOMPARE(filter.rowCount(), 0);
    QVERIFY(!filter.best().isValid());
    filter.set_pattern("  ");
    QCOMPARE(types_below(filter).size(), types_below(model).size());
  }

  void fuzzy_search_finds_the_best_first_data() {
    QTest::addColumn<QString>("pattern");
    QTest::addColumn<QString>("type");
    QTest::newRow("initials") << "rrc"
                              << "random_resized_crop";
    QTest::newRow("type") << "conv2d"
                          << "conv2d";
    QTest::newRow("prefix") << "norm"
                            << "normalise";
    QTest::newRow("two words") << "max pool"
                               << "max_pool";
    QTest::newRow("capitals") << "SGD"
                              << "sgd";
    QTest::newRow("words with underscore") << "global_av"
                                           << "global_average_pool";
  }
  void fuzzy_search_finds_the_best_first() {
    QFETCH(QString, pattern);
    QFETCH(QString, type);
    SearchModel model;
    const QAbstractItemModelTester tester(&model, kFatal);
    model.set_pattern(pattern);
    QVERIFY(model.rowCount() > 0);
    QCOMPARE(model.index(0).data(PaletteModel::TypeRole).toString(), type);
  }

  void letters_out_of_order_do_not_match() {
    QVERIFY(fuzzy_score(u"abc", u"acb") < 0);
    QVERIFY(fuzzy_score(u"abc", u"a b c") > 0);
    QCOMPARE(fuzzy_score(u"", u"anything"), 0);
    QVERIFY(fuzzy_score(u"crop", u"Crop") > fuzzy_score(u"crop", u"Cut right on paper"));
  }

  void a_filter_limits_what_is_offered() {
    SearchModel model;
    model.set_filter([](const NodeSpec& spec) { return spec.role == Role::Optimizer; });
    const auto& all = Registry::instance().all();
    const auto optimizers =
        std::count_if(all.begin(), all.end(), [](const NodeSpec* spec) { return spec->role == Role::Optimizer; });
    QVERIFY(optimizers >= 2);
    QCOMPARE(model.rowCount(), static_cast<int>(optimizers));
    model.set_pattern("decode");
    QCOMPARE(model.rowCount(), 0);
  }

  void a_drag_carries_the_type() {
    PaletteModel model;
    const QModelIndex first = model.index(0, 0, model.index(0, 0));
    const std::unique_ptr<QMimeData> mime(model.mimeData({first}));
    QVERIFY(mime != nullptr);
    QCOMPARE(QString::fromUtf8(mime->data(kNodeMime)), first.data(PaletteModel::TypeRole).toString());
    QVERIFY(model.flags(first).testFlag(Qt::ItemIsDragEnabled));
    QVERIFY(!model.flags(model.index(0, 0)).testFlag(Qt::ItemIsDragEnabled));
  }

  void enter_and_double_click_ask_for_a_node() {
    PalettePanel panel;
    panel.resize(240, 700);
    panel.show();
    QSignalSpy asked(&panel, &PalettePanel::add_requested);
    auto* line = panel.findChild<QLineEdit*>();
    auto* tree = panel.findChild<QTreeView*>();
    panel.focus_search();
    QTest::keyClick(line, Qt::Key_Return);
    QCOMPARE(asked.count(), 0);  // nothing is chosen yet
    QTest::keyClicks(line, "decode");
    QTest::keyClick(line, Qt::Key_Return);
    QCOMPARE(asked.takeFirst().front().toString(), QString("decode"));
    QTest::keyClick(line, Qt::Key_Escape);
    QVERIFY(line->text().isEmpty());
    const QModelIndex first = tree->model()->index(0, 0, tree->model()->index(0, 0));
    const QPoint middle = tree->visualRect(first).center();
    QTest::mouseClick(tree->viewport(), Qt::LeftButton, {}, middle);
    QTest::mouseDClick(tree->viewport(), Qt::LeftButton, {}, middle);
    QCOMPARE(asked.count(), 1);
    QCOMPARE(asked.takeFirst().front().toString(), first.data(PaletteModel::TypeRole).toString());
    QTest::keyClick(line, Qt::Key_Down);
    QTest::keyClick(tree, Qt::Key_Down);
    QTest::keyClick(tree, Qt::Key_Return);
    QCOMPARE(asked.count(), 1);
  }

  void problems_are_rows() {
    ProblemsModel model;
    const QAbstractItemModelTester tester(&model, kFatal);
    std::vector<Problem> problems(2);
    problems[0].error = {
        .reason = "there is no such folder", .remedy = "Choose one.", .node = "source", .parameter = "folder"};
    problems[1].severity = Problem::Severity::Warning;
    problems[1].error = {.reason = "no trainer"};
    model.set_problems(problems);
    QCOMPARE(model.rowCount(), 2);
    QCOMPARE(model.error_count(), 1);
    QCOMPARE(model.index(0, ProblemsModel::WhereColumn).data().toString(), QString("source.folder"));
    QCOMPARE(model.index(0, 0).data(ProblemsModel::NodeRole).toString(), QString("source"));
    QCOMPARE(model.index(1, ProblemsModel::SeverityColumn).data().toString(), QString("Warning"));
    const QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
    model.set_problems(problems);
    QCOMPARE(reset.count(), 0);  // the same again: a view keeps its selection
    problems.pop_back();
    model.set_problems(problems);
    QCOMPARE(reset.count(), 1);
    QCOMPARE(model.rowCount(), 1);
  }
};

FEEDLINE_WINDOW_TEST(TestPalette)

}  // namespace test_palette

#include "test_palette.moc"
