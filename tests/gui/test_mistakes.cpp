// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/edit.h"
#include "graph/json.h"
#include "gui/base/contrast.h"
#include "gui/base/theme.h"
#include "gui/plots/mistakes_panel.h"
#include "gui/session/run_controller.h"
#include "support/deep_network.h"
#include "support/fake_nodes.h"
#include "support/fixtures.h"
#include "support/run_recorder.h"
#include "support/small_data.h"
#include "support/test_program.h"
#include "support/window_home.h"

#include <QAbstractItemModelTester>
#include <QListView>
#include <QTest>

#include <cmath>
#include <cstdlib>

namespace feedline::gui::test_mistakes {

namespace {

/// Three classes, eight samples: one b taken for c, two c taken for a.
Evaluation sample() {
  Evaluation evaluation{
      .epoch = 2, .classes = 3, .class_names = {"a", "b", "c"}, .counts = {3, 0, 0, 0, 1, 1, 2, 0, 1}};
  evaluation.worst = {{.record = 17, .file = "c/17.png", .label = 2, .predicted = 0, .truth = 0.01, .confidence = 0.9},
                      {.record = 4, .file = "b/4.png", .label = 1, .predicted = 2, .truth = 0.2, .confidence = 0.6},
                      {.record = 9, .file = "c/9.png", .label = 2, .predicted = 0, .truth = 0.3, .confidence = 0.5}};
  return evaluation;
}

EpochResult epoch_with(const Evaluation& evaluation) {
  return {.epoch = evaluation.epoch, .evaluation = std::make_shared<const Evaluation>(evaluation)};
}

}  // namespace

class TestMistakes : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { Theme::instance().set_mode(Theme::Mode::Light); }
  void the_model_lists_the_worst();
  void the_matrix_is_drawn_as_counted();
  void counts_can_be_read_on_every_shade();
  void a_cell_leaves_only_its_samples();
  void keys_choose_cells();
  void epochs_without_classes_change_nothing();
  void a_run_without_validation_is_told();
  void words_are_whole_data();
  void words_are_whole();
  void exports_hold_the_counts();
  void a_real_run_fills_it();
  void rows_and_texts_are_told_in_words_data();
  void rows_and_texts_are_told_in_words();
  void numbers_are_drawn_where_they_lie();
  void a_real_run_of_numbers_fills_it_data();
  void a_real_run_of_numbers_fills_it();

 private:
  test::WindowHome home_{};
};

void TestMistakes::the_model_lists_the_worst() {
  WorstModel model;
  QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
  model.set_evaluation(sample());
  QCOMPARE(model.rowCount(), 3);
  QCOMPARE(model.index(0).data(WorstModel::RecordRole).toInt(), 17);
  QCOMPARE(model.index(0).data(WorstModel::FileRole).toString(), QString("c/17.png"));
  QCOMPARE(model.index(1).data().toString(), QString("b → c"));
  QVERIFY(model.index(0).data(Qt::ToolTipRole).toString().contains("90 %"));
  QImage picture(4, 4, QImage::Format_RGB32);
  picture.fill(Qt::red);
  model.set_pictures({picture, {}, {}});
  QCOMPARE(model.index(0).data(Qt::DecorationRole).value<QImage>(), picture);
  model.show_only(WorstModel::Confusion{1, 2});
  QCOMPARE(model.rowCount(), 1);
  QCOMPARE(model.index(0).data(WorstModel::RecordRole).toInt(), 4);
  model.clear();
  QCOMPARE(model.rowCount(), 0);
}

void TestMistakes::the_matrix_is_drawn_as_counted() {
  ConfusionView view;
  view.resize(300, 300);
  view.set_evaluation(sample());
  QCOMPARE(view.text_of({0, 0}), QString("a recognised: 3 (100.0 %)"));
  QCOMPARE(view.text_of({2, 0}), QString("c predicted as a: 2 (66.7 %)"));
  const QImage picture = view.grab().toImage();
  const auto color = [&](int label, int predicted) {
    return picture.pixelColor((view.rect_of({label, predicted}).topLeft() + QPointF(6, 6)).toPoint());
  };
  QCOMPARE(color(0, 1), Theme::instance().colors().raised);    // nothing there
  QVERIFY(color(0, 0).green() > color(0, 0).red());            // right answers are green
  QVERIFY(color(2, 0).red() > color(2, 0).green());            // wrong ones red
  QVERIFY(color(2, 0).lightness() < color(1, 2).lightness());  // the more, the darker
}

void TestMistakes::counts_can_be_read_on_every_shade() {
  for (const Theme::Mode mode : {Theme::Mode::Dark, Theme::Mode::Light}) {
    Theme::instance().set_mode(mode);
    for (const std::uint64_t right : {0, 1, 5, 20, 40, 60, 80, 95, 100}) {
      Evaluation evaluation;
      evaluation.classes = 2;
      evaluation.counts = {right, 100 - right, 100 - right, right};
      ConfusionView view;
      view.resize(200, 200);
      view.set_evaluation(evaluation);
      const QImage picture = view.grab().toImage();
      for (const ConfusionView::Cell& cell : {ConfusionView::Cell{0, 0}, ConfusionView::Cell{0, 1}}) {
        const QColor ground = picture.pixelColor((view.rect_of(cell).topLeft() + QPointF(6, 6)).toPoint());
        const double ratio = contrast_ratio(view.number_color(cell), ground);
        QVERIFY2(ratio >= 4, qPrintable(QString("%1 right, on %2: %3").arg(right).arg(ground.name()).arg(ratio)));
      }
    }
  }
}

void TestMistakes::a_cell_leaves_only_its_samples() {
  MistakesPanel panel;
  QVERIFY(panel.shows_empty_state());
  panel.resize(700, 320);
  panel.show();
  panel.add_epoch(epoch_with(sample()));
  QVERIFY(!panel.shows_empty_state());
  QTest::qWait(20);
  QCOMPARE(panel.model().rowCount(), 3);
  QTest::mouseClick(&panel.matrix(), Qt::LeftButton, {}, panel.matrix().rect_of({2, 0}).center().toPoint());
  QCOMPARE(panel.model().rowCount(), 2);
  QTest::mouseClick(&panel.matrix(), Qt::LeftButton, {}, panel.matrix().rect_of({2, 0}).center().toPoint());
  QCOMPARE(panel.model().rowCount(), 3);
  QStringList readings;
  for (const Readings::Item& item : panel.readings().items()) readings << item.name + ' ' + item.value;
  QVERIFY(readings.contains("right 5 of 8"));
  QVERIFY2(readings.contains("most often c predicted as a: 2 (66.7 %)"), qPrintable(readings.join('|')));
}

void TestMistakes::keys_choose_cells() {
  ConfusionView view;
  view.resize(300, 300);
  view.set_evaluation(sample());
  QTest::keyClick(&view, Qt::Key_Down);
  QTest::keyClick(&view, Qt::Key_Down);
  QCOMPARE(*view.chosen(), ConfusionView::Cell(2, 0));
  QCOMPARE(view.accessibleDescription(), view.text_of({2, 0}));
  QTest::keyClick(&view, Qt::Key_Left);
  QCOMPARE(*view.chosen(), ConfusionView::Cell(2, 0));
  QTest::keyClick(&view, Qt::Key_Escape);
  QVERIFY(!view.chosen().has_value());
}

void TestMistakes::epochs_without_classes_change_nothing() {
  MistakesPanel panel;
  panel.add_epoch({.epoch = 1});
  QVERIFY(panel.shows_empty_state());
}

void TestMistakes::a_run_without_validation_is_told() {
  MistakesPanel panel;
  Document graph = test::deep_network(16);
  panel.begin(graph);
  QVERIFY2(panel.empty_state().text().contains("validation_split"), qPrintable(panel.empty_state().text()));
  QVERIFY(graph.apply({SetParam{"trainer", "validation_split", 0.25}}).has_value());
  panel.begin(graph);
  QVERIFY2(!panel.empty_state().text().contains("validation_split"), qPrintable(panel.empty_state().text()));
  QVERIFY(graph.apply({SetParam{"trainer", "validation_split", 0.0}}).has_value());
  QVERIFY(graph.apply({AddNode{{.id = "other", .type = "batch"}}}).has_value());
  QVERIFY(graph.apply({AddLink{{{"other", "batch"}, {"trainer", "validation"}}}}).has_value());
  panel.begin(graph);
  QVERIFY2(!panel.empty_state().text().contains("validation_split"), qPrintable(panel.empty_state().text()));
}

void TestMistakes::words_are_whole_data() {
  QTest::addColumn<QSize>("size");
  QTest::addColumn<double>("scale");
  QTest::newRow("a third of 1280x800") << QSize(420, 300) << 1.0;
  QTest::newRow("a third of 1920x1080") << QSize(640, 380) << 1.0;
  QTest::newRow("half again as large") << QSize(420, 300) << 1.5;
  QTest::newRow("the largest") << QSize(640, 380) << 2.0;
}
void TestMistakes::words_are_whole() {
  QFETCH(QSize, size);
  QFETCH(double, scale);
  Theme::instance().set_font_scale(scale);
  Evaluation flowers = sample();
  flowers.class_names = {"dandelion", "sunflowers", "roses"};
  MistakesPanel panel;
  panel.resize(size);
  panel.show();
  QVERIFY(QTest::qWaitForWindowExposed(&panel));
  panel.add_epoch(epoch_with(flowers));
  QTest::qWait(20);
  const ConfusionView& matrix = panel.matrix();
  const QFontMetricsF small(Theme::instance().small_font());
  QStringList names;
  const auto labels = matrix.labels(matrix.rect());
  for (const ConfusionView::Label& label : labels) {
    QVERIFY2(!label.text.contains(u'…'), qPrintable(label.text));
    QVERIFY2(small.horizontalAdvance(label.text) <= label.place.width() + 0.5, qPrintable(label.text));
    const QRectF stands = label.upright ? QRectF(label.place.left(), label.place.top() - label.place.width(),
                                                 label.place.height(), label.place.width())
                                        : label.place;
    QVERIFY2(QRectF(matrix.rect()).adjusted(-1, -1, 1, 1).contains(stands), qPrintable(label.text));
    names << label.text;
  }
  for (const char* word : {"predicted class →", "true class", "dandelion", "sunflowers", "roses"})
    QVERIFY2(names.contains(word), word);
  const Readings& head = panel.readings();
  for (const Readings::Piece& piece : head.pieces(head.width()))
    QVERIFY2(piece.at.x() + Readings::width_of(piece) <= head.width() && piece.at.y() < head.height(),
             qPrintable(piece.text));
  const QListView& list = panel.samples();
  QVERIFY(list.gridSize().width() <= list.viewport()->width());
  for (int row = 0; row < panel.model().rowCount(); ++row) {
    const QString caption = panel.model().index(row).data().toString();
    const QRect room = list.fontMetrics().boundingRect(QRect(0, 0, list.gridSize().width() - 8, 1000),
                                                       Qt::AlignHCenter | Qt::TextWordWrap, caption);
    QVERIFY2(room.width() <= list.gridSize().width(), qPrintable(caption));
    QVERIFY2(room.height() <= list.gridSize().height() - WorstModel::kSide, qPrintable(caption));
  }
  Theme::instance().set_font_scale(1);
}

void TestMistakes::exports_hold_the_counts() {
  MistakesPanel panel;
  panel.add_epoch(epoch_with(sample()));
  const QString csv = panel.exported().csv();
  QVERIFY2(csv.startsWith("true class,a,b,c\na,3,0,0\nb,0,1,1\nc,2,0,1\n\nrecord,file,"), qPrintable(csv));
  QVERIFY(csv.contains("17,c/17.png,c,a,0.01\n"));
}

void TestMistakes::a_real_run_fills_it() {
  const Document document = test::small_network(home_.path(), 960);
  RunController runs;
  MistakesPanel panel;
  panel.resize(700, 320);
  panel.show();
  panel.begin(document);
  std::vector<EpochResult> epochs;
  connect(&runs, &RunController::epoch_done, &panel, [&](const EpochResult& result) {
    epochs.push_back(result);
    panel.add_epoch(result);
  });
  RunOptions options;
  options.epochs = 1;
  runs.start(document, options);
  QTRY_VERIFY_WITH_TIMEOUT(!runs.active(), 60'000);
  QCOMPARE(epochs.size(), std::size_t{1});
  if (!epochs[0].evaluation) QSKIP("this graph has no validation data");
  const Evaluation& found = *epochs[0].evaluation;
  std::uint64_t right = 0;
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < found.classes; ++i)
    for (std::size_t k = 0; k < found.classes; ++k) {
      all += found.count(i, k);
      right += i == k ? found.count(i, k) : 0;
    }
  QVERIFY(all > 0);
  QVERIFY(std::abs(static_cast<double>(right) / static_cast<double>(all) - epochs[0].value("accuracy", kValSplit)) <
          1e-9);
  QVERIFY(!found.worst.empty());
  for (std::size_t i = 1; i < found.worst.size(); ++i) QVERIFY(found.worst[i - 1].truth <= found.worst[i].truth);
  const auto seen = [&] {
    return qAlpha(panel.model()
                      .index(0)
                      .data(Qt::DecorationRole)
                      .value<QImage>()
                      .pixel(WorstModel::kSide / 2, WorstModel::kSide / 2));
  };
  QTRY_COMPARE(seen(), 255);  // its picture comes
}

void TestMistakes::rows_and_texts_are_told_in_words_data() {
  QTest::addColumn<QString>("type");
  QTest::addColumn<QByteArray>("file");
  QTest::addColumn<QString>("words");  // of record 1
  QTest::addColumn<QString>("tooltip");
  QTest::newRow("rows") << "csv" << QByteArray("age,job,class\n31,clerk,x\n42,cook,y\n53,judge,x\n64,baker,y\n")
                        << "age 42 · job cook"
                        << "age 42\njob cook";
  QTest::newRow("texts") << "text_lines" << QByteArray("x\tgood day\ny\tbad night\nx\tgood morning\ny\tbad evening\n")
                         << "bad night"
                         << "bad night";
}
void TestMistakes::rows_and_texts_are_told_in_words() {
  QFETCH(QString, type);
  QFETCH(QByteArray, file);
  QFETCH(QString, words);
  QFETCH(QString, tooltip);
  const QString path = home_.file(type + ".txt");
  test::write_file(path, file);
  Document graph;
  QVERIFY(graph.apply({AddNode{{.id = "source", .type = type.toStdString()}}}).has_value());
  QVERIFY(graph.apply({SetParam{"source", "file", path.toStdString()}}).has_value());
  Evaluation found{.epoch = 1, .classes = 2, .class_names = {"x", "y"}, .counts = {2, 0, 1, 1}, .node = "source"};
  found.worst = {{.record = 1, .file = "here:2", .label = 1, .predicted = 0, .truth = 0.1, .confidence = 0.9}};
  MistakesPanel panel;
  panel.resize(700, 320);
  panel.show();
  QVERIFY(QTest::qWaitForWindowExposed(&panel));
  panel.begin(graph);
  panel.add_epoch(epoch_with(found));
  QTRY_COMPARE_WITH_TIMEOUT(panel.model().index(0).data().toString(), "y → x\n" + words, 20'000);
  QVERIFY(panel.model().index(0).data(Qt::ToolTipRole).toString().endsWith(tooltip));
  QVERIFY(!panel.model().index(0).data(Qt::DecorationRole).isValid());  // no empty picture
  const QListView& list = panel.samples();
  QVERIFY(list.visualRect(panel.model().index(0)).height() >= 2 * list.fontMetrics().height());
  panel.begin(graph);
  panel.add_epoch(epoch_with(sample()));  // until they are known, as pictures have it
  QVERIFY(panel.model().index(0).data(Qt::DecorationRole).isValid());
}

/// 4 by 4 bins from -2 to 2: three pairs on the diagonal, one above it.
void TestMistakes::numbers_are_drawn_where_they_lie() {
  Theme::instance().set_mode(Theme::Mode::Light);
  ResidualPlot plot{.epoch = 3, .count = 4, .mean = 0.5, .deviation = 0.8, .first = -2, .width = 1, .bins = 4};
  plot.counts.assign(16, 0);
  plot.counts[0] = 1;          // both -2 to -1
  plot.counts[3 * 4 + 3] = 2;  // both 1 to 2
  plot.counts[3 * 4 + 1] = 1;  // true -1 to 0, predicted 1 to 2
  plot.residuals = {.first = -1, .width = 1, .counts = {1, 2, 0, 1}};
  MistakesPanel panel;
  panel.resize(700, 320);
  panel.show();
  panel.add_epoch({.epoch = 3, .residuals = std::make_shared<const ResidualPlot>(plot)});
  QVERIFY(panel.shows_residuals());
  QTest::qWait(20);
  ResidualView& view = panel.residual_view();
  const QRectF whole(view.rect());
  QVERIFY(whole.contains(view.pairs_area(whole)) && whole.contains(view.histogram_area(whole)));
  QVERIFY(!view.pairs_area(whole).intersects(view.histogram_area(whole)));
  QCOMPARE(view.text_at(view.pair_rect(whole, 3, 1).center()), QString("true -1 to 0, predicted 1 to 2: 1"));
  QCOMPARE(view.text_at(view.pair_rect(whole, 3, 3).center()), QString("true 1 to 2, predicted 1 to 2: 2"));
  QCOMPARE(view.text_at(view.pair_rect(whole, 0, 3).center()), QString("true 1 to 2, predicted -2 to -1: 0"));
  QCOMPARE(view.text_at(view.bar_rect(whole, 1).center()), QString("residual 0 to 1: 2"));
  QVERIFY(view.text_at({0, 0}).isEmpty());
  QCOMPARE(view.bar_rect(whole, 1).height(), 2 * view.bar_rect(whole, 0).height());
  const QImage picture = view.grab().toImage();
  const auto color = [&](std::size_t predicted, std::size_t truth) {  // beside the diagonal
    const QRectF bin = view.pair_rect(whole, predicted, truth);
    return picture.pixelColor(QPointF(bin.left() + bin.width() / 4, bin.top() + bin.height() / 4).toPoint());
  };
  const QColor none = Theme::instance().colors().raised;
  QCOMPARE(color(0, 3), none);
  QVERIFY(color(3, 1) != none && color(3, 3) != none && color(3, 3) != color(3, 1));
  const QFontMetricsF small(Theme::instance().small_font());
  QStringList texts;
  for (const ResidualView::Label& label : view.labels(whole)) {
    QVERIFY2(small.horizontalAdvance(label.text) <= label.place.width() + 0.5, qPrintable(label.text));
    QVERIFY2(whole.adjusted(-1, -1, 1, 1).contains(label.place), qPrintable(label.text));
    texts << label.text;
  }
  for (const char* word : {"true →", "predicted ↑", "predicted - true →", "-1", "0", "1"})
    QVERIFY2(texts.contains(word), qPrintable(texts.join('|')));
  const QString csv = panel.exported().csv();
  QVERIFY2(csv.startsWith("true_from,predicted_from,width,count\n-2,-2,1,1\n-1,1,1,1\n1,1,1,2\n\nresidual_from,"),
           qPrintable(csv));
  QVERIFY(csv.endsWith("\n-1,1,1\n0,1,2\n1,1,0\n2,1,1\n"));
  panel.add_epoch(epoch_with(sample()));  // classes have the matrix
  QVERIFY(!panel.shows_residuals() && !panel.shows_empty_state());
}

void TestMistakes::a_real_run_of_numbers_fills_it_data() {
  QTest::addColumn<bool>("dark");
  QTest::newRow("light") << false;
  QTest::newRow("dark") << true;
}
/// A network that predicts the digit of a label as a number.
void TestMistakes::a_real_run_of_numbers_fills_it() {
  QFETCH(bool, dark);
  Theme::instance().set_mode(dark ? Theme::Mode::Dark : Theme::Mode::Light);
  test::write_file(home_.file("images"), test::idx_images(320));
  test::write_file(home_.file("labels"), test::idx_labels(320));
  test::Graph graph(
      "source:idx normalise:normalise batch:batch flatten:flatten last:linear loss:mse adam:adam trainer:trainer "
      "source.image>normalise.image normalise.image>batch.image source.label>batch.label batch.image>flatten.x "
      "flatten.y>last.x last.y>loss.prediction batch.label>loss.target loss.loss>trainer.loss "
      "adam.optimizer>trainer.optimizer");
  graph.set("source", "images", home_.file("images").toStdString())
      .set("source", "labels", home_.file("labels").toStdString())
      .set("last", "units", std::int64_t{1})
      .set("trainer", "validation_split", 0.25)
      .set("trainer", "device", std::string("cpu"));
  RunController runs;
  MistakesPanel panel;
  panel.resize(700, 320);
  panel.show();
  panel.begin(graph.document());
  std::vector<EpochResult> epochs;
  connect(&runs, &RunController::epoch_done, &panel, [&](const EpochResult& result) {
    epochs.push_back(result);
    panel.add_epoch(result);
  });
  RunOptions options;
  options.epochs = 1;
  runs.start(graph.document(), options);
  QTRY_VERIFY_WITH_TIMEOUT(!runs.active(), 60'000);
  QCOMPARE(epochs.size(), std::size_t{1});
  QVERIFY(epochs[0].residuals != nullptr && epochs[0].evaluation == nullptr);
  const ResidualPlot& found = *epochs[0].residuals;
  QCOMPARE(found.count, std::uint64_t{80});
  QCOMPARE(found.epoch, 1U);
  // The loss of validation is the mean of the squared residuals.
  const double squares = found.mean * found.mean + found.deviation * found.deviation;
  QVERIFY2(std::abs(squares / epochs[0].loss(kValSplit) - 1) < 1e-4, QByteArray::number(squares));
  QVERIFY(panel.shows_residuals());
  QCOMPARE(panel.residual_view().plot().counts, found.counts);
  const QImage picture = panel.grab().toImage();
  const QColor ground = Theme::instance().colors().raised;
  int drawn = 0;
  const QRectF area = panel.residual_view().pairs_area(panel.residual_view().rect());
  const QPoint origin = panel.residual_view().mapTo(&panel, QPoint(0, 0));
  const auto side = static_cast<int>(area.width());
  for (int x = 2; x < side - 2; ++x)
    for (int y = 2; y < side - 2; ++y) {
      if (std::abs(x - (side - y)) < 4) continue;  // the diagonal is drawn in any case
      drawn += picture.pixelColor(origin + area.topLeft().toPoint() + QPoint(x, y)) != ground ? 1 : 0;
    }
  QVERIFY2(drawn > 50, QByteArray::number(drawn));
  Theme::instance().set_mode(Theme::Mode::Light);
}

FEEDLINE_WINDOW_TEST(TestMistakes)

}  // namespace feedline::gui::test_mistakes

#include "test_mistakes.moc"
