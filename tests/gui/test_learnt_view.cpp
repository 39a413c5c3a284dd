// SPDX-License-Identifier: GPL-3.0-or-later
// Mostly waits: for the next picture.
// What fitted nodes have learnt, in the window: found in the cache folder, shown in the inspector, dropped when it no
// longer holds.
#include "engine/fit.h"
#include "graph/edit.h"
#include "gui/base/contrast.h"
#include "gui/base/theme.h"
#include "gui/inspector/component_grid.h"
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

#include <algorithm>
#include <array>
#include <span>

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

  /// Scores as bars, the largest first, with the removed ones in grey.
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
    QVERIFY(chart->isVisible() && view.findChild<ComponentGrid*>()->isHidden());
    QCOMPARE(chart->bars()->bars.front().name, std::string("price"));
    QCOMPARE(chart->reading_at({4, 40}), QStringLiteral("price: 8"));
    QCOMPARE(chart->reading_at({28, 40}), QStringLiteral("hour: 4, removed"));
    QVERIFY(chart->reading_at({290, 40}).isEmpty());
    const QImage drawn = view.grab().toImage();
    const QPoint inside = chart->mapTo(&view, QPoint(4, chart->height() - 12));
    QCOMPARE(drawn.pixelColor(inside).name(), Theme::instance().colors().accent.name());

    auto other = std::make_shared<NamedTensors>();
    other->emplace("mean", TensorValue::of(std::vector<double>{1}));
    view.show_state(other);
    QVERIFY(chart->isHidden());
  }

  /// Twenty components of pictures of 3 × 2: as many as are shown stand in a grid, in colours of either theme that tell
  /// for from against, with the share of the variance under each.
  void paints_components_of_pictures() {
    std::vector<float> weights(20 * 6, 0.1F);
    const std::array<float, 6> first{0, 1, 0, 0, -1, 0.5F};
    std::copy(first.begin(), first.end(), weights.begin());
    auto state = std::make_shared<NamedTensors>();
    state->emplace("components", TensorValue::of(std::span<const float>(weights), {20, 6}));
    state->emplace("explained_variance_ratio", TensorValue::of(std::vector<double>(20, 0.047)));
    put_texts(*state, "features", std::vector<std::string>{"y0_x0", "y0_x1", "y0_x2", "y1_x0", "y1_x1", "y1_x2"});
    LearntView view;
    view.resize(300, 700);
    view.show_state(state);
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    const auto* grid = view.findChild<ComponentGrid*>();
    QVERIFY(grid->isVisible());
    QVERIFY(view.findChild<LearntChart*>()->isVisible());  // of the shares
    QCOMPARE(grid->pictures().size(), std::size_t{12});
    QCOMPARE(grid->caption_of(11), QStringLiteral("pc12, 4.7 %"));
    QVERIFY(grid->accessibleName().contains("12 of 20"));

    // They lie beside and below each other, all of them inside.
    QVERIFY(grid->place_of(1).left() > grid->place_of(0).right());
    QVERIFY(grid->place_of(11).top() > grid->place_of(0).bottom());
    for (std::size_t k = 0; k < 12; ++k) QVERIFY(QRectF(grid->rect()).contains(grid->place_of(k)));
    QVERIFY(grid->height() >= grid->heightForWidth(grid->width()));

    const Theme::Mode before = Theme::instance().mode();
    for (const Theme::Mode mode : {Theme::Mode::Light, Theme::Mode::Dark}) {
      Theme::instance().set_mode(mode);
      const QImage& picture = grid->pictures().front();
      QCOMPARE(picture.size(), QSize(3, 2));
      QCOMPARE(picture.pixelColor(0, 0), Theme::instance().colors().raised);  // 0
      const QColor most = picture.pixelColor(1, 0);
      const QColor least = picture.pixelColor(1, 1);
      const QColor half = picture.pixelColor(2, 1);
      QVERIFY(most.red() > most.blue() + 80 && least.blue() > least.red() + 80);
      QVERIFY(contrast_ratio(most, picture.pixelColor(0, 0)) > 3);
      QVERIFY(contrast_ratio(least, picture.pixelColor(0, 0)) > 3);
      QVERIFY(contrast_ratio(half, picture.pixelColor(0, 0)) < contrast_ratio(most, picture.pixelColor(0, 0)));
      const QPointF middle = grid->place_of(0).center() + QPointF(0, grid->place_of(0).height() / 4);  // x 1, y 1
      const QImage drawn = view.grab().toImage();
      QCOMPARE(drawn.pixelColor(grid->mapTo(&view, middle.toPoint())), least);
      QCOMPARE(grid->reading_at(middle), QStringLiteral("pc1, 4.7 %; x 1, y 1: -1 of the largest weight"));
    }
    Theme::instance().set_mode(before);
    QVERIFY(grid->reading_at({grid->place_of(0).right() + 2, grid->place_of(0).center().y()}).isEmpty());
  }

  /// Features that are no pixels have names, and these say more.
  void names_what_components_are_mixed_of() {
    auto state = std::make_shared<NamedTensors>();
    state->emplace(
        "components",
        TensorValue::of(std::span<const float>(std::array<float, 6>{0.2F, -0.9F, 0.4F, 0.5F, 0, 0}), {2, 3}));
    state->emplace("explained_variance_ratio", TensorValue::of(std::vector<double>{0.75, 0.125}));
    put_texts(*state, "features", std::vector<std::string>{"age", "price", "hour"});
    LearntView view;
    view.resize(300, 600);
    view.show_state(state);
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    const auto* grid = view.findChild<ComponentGrid*>();
    QVERIFY(grid->isVisible() && grid->pictures().empty());
    QCOMPARE(grid->caption_of(0), QStringLiteral("pc1, 75.0 %"));
    const QRectF place = grid->place_of(0);
    const double line = place.height() / 3;
    QCOMPARE(grid->reading_at(place.topLeft() + QPointF(3, line / 2)), QStringLiteral("pc1, 75.0 %; price: -0.9"));
    QCOMPARE(grid->reading_at(place.topLeft() + QPointF(3, 1.5 * line)), QStringLiteral("pc1, 75.0 %; hour: 0.4"));
    // The largest weight is against: its bar reaches from the middle to the left, and nothing stands at the right.
    const QImage drawn = view.grab().toImage();
    const auto at = [&](double x) {
      return drawn.pixelColor(grid->mapTo(&view, QPointF(x, place.top() + line / 2).toPoint()));
    };
    const double zero = place.left() + 0.45 * place.width() + Theme::kUnit;
    const double half = (place.right() - zero) / 2;
    QCOMPARE(at(zero + 3), weight_color(-1));
    QCOMPARE(at(zero + half - 4), weight_color(-1));
    QVERIFY(at(zero + half + 4) != weight_color(-1) && at(zero + half + 4) != weight_color(1));

    auto other = std::make_shared<NamedTensors>();
    other->emplace("mean", TensorValue::of(std::vector<double>{1}));
    view.show_state(other);
    QVERIFY(grid->isHidden());
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
