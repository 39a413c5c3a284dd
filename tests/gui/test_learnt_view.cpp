// SPDX-License-Identifier: GPL-3.0-or-later
// Mostly waits: for the next picture.
// What fitted nodes have learnt, in the window: found in the cache folder, shown in the inspector, dropped when it no
// longer holds.
#include "engine/fit.h"
#include "graph/edit.h"
#include "gui/base/theme.h"
#include "gui/inspector/inspector_panel.h"
#include "gui/inspector/learnt_chart.h"
#include "gui/inspector/learnt_view.h"
#include "gui/session/learnt_finder.h"
#include "gui/session/prober.h"
#include "support/fixtures.h"
#include "support/run_recorder.h"
#include "support/test_program.h"

#include <QDir>
#include <QSignalSpy>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>

#include <array>

namespace test_learnt_view {

using namespace feedline;
using namespace feedline::gui;
using namespace feedline::test;

class TestLearntView : public QObject {
  Q_OBJECT

  QTemporaryDir folder_{};

 private Q_SLOTS:
  void shows_numbers_and_texts() {
    LearntView view;
    QVERIFY(view.isHidden());
    auto state = std::make_shared<NamedTensors>();
    state->emplace("mean", TensorValue::of(std::vector<double>{0.25, 1e-7, 3}));
    std::vector<std::string> words;
    for (int i = 0; i < 100; ++i) words.push_back("word" + std::to_string(i));
    put_texts(*state, "vocabulary", words);
    view.show_state(state);
    QVERIFY(!view.isHidden());
    const auto* table = view.findChild<QTableWidget*>(QStringLiteral("learnt"));
    QCOMPARE(table->rowCount(), 2);
    QCOMPARE(table->item(0, 0)->text(), QStringLiteral("mean"));
    QCOMPARE(table->item(0, 1)->text(), QStringLiteral("F64 3"));
    QCOMPARE(table->item(0, 2)->text(), QStringLiteral("0.25, 1e-07, 3"));
    QCOMPARE(table->item(1, 0)->text(), QStringLiteral("vocabulary"));
    QCOMPARE(table->item(1, 1)->text(), QStringLiteral("100 texts"));
    QVERIFY(table->item(1, 2)->text().startsWith("word0, word1, ") && table->item(1, 2)->text().endsWith("word63, …"));
    view.show_state(nullptr);
    QVERIFY(view.isHidden());
  }

  /// Scores as bars, the largest first, with the removed ones in grey; components of pictures as pictures.
  void draws_what_makes_features_fewer() {
    LearntView view;
    view.resize(300, 400);
    const auto* chart = view.findChild<LearntChart*>();
    auto scores = std::make_shared<NamedTensors>();
    scores->emplace("score", TensorValue::of(std::vector<double>{2, 8, 4}));
    scores->emplace("kept_places", TensorValue::of(std::vector<std::int64_t>{1}));
    put_texts(*scores, "features", std::vector<std::string>{"age", "price", "hour"});
    view.show_state(scores);
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    QVERIFY(chart->isVisible() && chart->pictures().empty());
    QCOMPARE(chart->bars()->bars.front().name, std::string("price"));
    QCOMPARE(chart->reading_at({4, 40}), QStringLiteral("price: 8"));
    QCOMPARE(chart->reading_at({28, 40}), QStringLiteral("hour: 4, removed"));
    QVERIFY(chart->reading_at({290, 40}).isEmpty());
    const QImage drawn = view.grab().toImage();
    const QPoint inside = chart->mapTo(&view, QPoint(4, chart->height() - 12));
    QCOMPARE(drawn.pixelColor(inside).name(), Theme::instance().colors().accent.name());

    auto components = std::make_shared<NamedTensors>();
    components->emplace("components",
                        TensorValue::of(std::span<const float>(std::array<float, 6>{0, 1, 0, 0, -1, 0.5F}), {1, 6}));
    components->emplace("explained_variance_ratio", TensorValue::of(std::vector<double>{0.75}));
    put_texts(*components, "features", std::vector<std::string>{"y0_x0", "y0_x1", "y0_x2", "y1_x0", "y1_x1", "y1_x2"});
    view.show_state(components);
    QCOMPARE(chart->pictures().size(), std::size_t{1});
    const QImage& picture = chart->pictures().front();
    QCOMPARE(picture.size(), QSize(3, 2));
    QCOMPARE(qGray(picture.pixel(1, 0)), 255);
    QCOMPARE(qGray(picture.pixel(1, 1)), 1);
    QCOMPARE(qGray(picture.pixel(0, 0)), 128);
    QCOMPARE(chart->reading_at({4, 40}), QStringLiteral("pc1: 0.75"));

    auto other = std::make_shared<NamedTensors>();
    other->emplace("mean", TensorValue::of(std::vector<double>{1}));
    view.show_state(other);
    QVERIFY(chart->isHidden());
  }

  /// Somebody else fits the graph while it is shown.
  void the_inspector_shows_what_appears_in_the_cache() {
    const Document graph = with(small_network(folder_.path(), 60), "normalise", "statistics", std::string("fitted"));
    const std::string cache = folder_.filePath("cache").toStdString();
    DocumentController controller;
    Prober prober(controller);
    LearntFinder finder(controller, cache);
    InspectorPanel inspector(controller);
    controller.reset(graph, {});
    inspector.show_nodes({QStringLiteral("normalise")});
    auto* view = inspector.findChild<LearntView*>();
    QVERIFY(view != nullptr && view->isHidden());
    QTRY_VERIFY(!controller.source_facts().empty());
    QTRY_VERIFY(QDir(QString::fromStdString(cache) + "/fitted").exists());  // it watches

    const auto plan = make_plan(graph, {});
    QVERIFY(plan.has_value());
    const auto bound = fit_plan(*plan, {.cache_folder = cache});
    QVERIFY(bound.has_value());
    QTRY_VERIFY(controller.learnt().contains("normalise"));
    QVERIFY(*controller.learnt().at("normalise") == *learnt_states(**bound).at("normalise"));
    QVERIFY(!view->isHidden());
    QCOMPARE(view->findChild<QTableWidget*>()->rowCount(), 3);

    // Having looked is no reason to look again: the folder stays as it is, and so does what was found.
    QTest::qWait(600);
    QSignalSpy changed(&controller, &DocumentController::changed);
    QTest::qWait(1000);
    QCOMPARE(changed.size(), 0);

    // What changes the model alone changes nothing here; another split does, at once.
    QVERIFY(controller.apply({SetParam{"adam", "learning_rate", 0.5}}));
    QVERIFY(controller.learnt().contains("normalise"));
    QVERIFY(controller.apply({SetParam{"trainer", "validation_split", 0.4}}));
    QVERIFY(!controller.learnt().contains("normalise"));
    QVERIFY(view->isHidden());
    controller.undo_stack().undo();
    QVERIFY(controller.learnt().contains("normalise"));
  }
};

FEEDLINE_WINDOW_TEST(TestLearntView)

}  // namespace test_learnt_view

#include "test_learnt_view.moc"
