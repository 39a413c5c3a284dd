// SPDX-License-Identifier: GPL-3.0-or-later
// A network whose first layer is as wide as a fitted node has learnt: trained, kept, and asked again.
#include "engine/fit.h"
#include "graph/edit.h"
#include "support/fixtures.h"
#include "support/learning_nodes.h"
#include "support/run_recorder.h"
#include "support/small_data.h"
#include "support/test_program.h"
#include "training/inference/session.h"
#include "training/learner.h"
#include "training/trainer_loop.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

namespace test_learnt_width {

using namespace feedline;
using namespace feedline::test;

class TestLearntWidth : public QObject {
  Q_OBJECT

  QTemporaryDir folder_{};

 private Q_SLOTS:
  void a_network_learns_and_predicts() {
    const QString file = folder_.filePath("lines.txt");
    write_file(file, text_lines(300));
    Document graph = letters_graph(file);
    graph = with(graph, "trainer", "epochs", std::int64_t{8});
    graph = with(graph, "trainer", "device", std::string("cpu"));
    graph = with(graph, "adam", "learning_rate", 0.05);
    const std::string cache = folder_.filePath("cache").toStdString();
    const auto open = make_plan(graph, {}, nullptr, learning_registry());
    QVERIFY2(open, open ? "" : qPrintable(line(open.error())));
    const auto plan = fit_plan(*open, {.cache_folder = cache});
    QVERIFY2(plan, plan ? "" : qPrintable(line(plan.error())));
    const std::int64_t width = (*plan)->train.fields.front().record.elements();

    RunState run([](const Fact&) {});
    const RunOptions options{.cache_folder = cache};
    run.planned(*plan);
    auto training = make_training(**plan, options, run);
    QVERIFY2(training, training ? "" : qPrintable(line(training.error())));
    QCOMPARE(training->parameters, static_cast<std::uint64_t>(width * 8 + 8 + 8 * 3 + 3));
    RunResult result;
    TrainerLoop loop(*plan, options, *training, run, result);
    QVERIFY(loop.load_first());
    const auto end = loop.run();
    QVERIFY2(end, end ? "" : qPrintable(line(end.error())));
    QCOMPARE(result.epochs.size(), std::size_t{8});
    QVERIFY(result.errors.empty());
    QVERIFY(result.epochs.back().loss(kTrainSplit) < result.epochs.front().loss(kTrainSplit) / 2);
    QVERIFY(result.epochs.back().loss(kValSplit) < 0.5);

    // What a checkpoint holds is enough to ask the model again: neither cache nor training records are needed.
    auto kept = training->learner->collect();
    QVERIFY2(kept, kept ? "" : qPrintable(line(kept.error())));
    kept->fitted = learnt_by(**plan);
    const std::filesystem::path checkpoint = folder_.filePath("kept.safetensors").toStdString();
    QVERIFY(save_training_state(*kept, checkpoint));
    const auto loaded = load_training_state(checkpoint);
    QVERIFY(loaded && loaded->fitted == kept->fitted);
    const auto session = InferenceSession::open(judging(**open), *loaded, {});
    QVERIFY2(session, session ? "" : qPrintable(line(session.error())));
    QCOMPARE((*session)->plan().train.fields.front().record.elements(), width);
    std::size_t rows = 0;
    std::size_t right = 0;
    const Status asked = (*session)->each_batch([&](const Batch& batch) -> Status {
      const auto scores = (*session)->learner().predict(batch);
      if (!scores) return fail(scores.error());
      const auto* truth = reinterpret_cast<const std::int64_t*>(batch.buffer->fields[1]);
      for (std::size_t row = 0; row < batch.records; ++row, ++rows) {
        const float* of = scores->front().values.data() + row * scores->front().columns;
        right += std::max_element(of, of + 3) - of == truth[row] ? 1 : 0;
      }
      return {};
    });
    QVERIFY2(asked, asked ? "" : qPrintable(line(asked.error())));
    QVERIFY(rows > 0 && right * 10 >= rows * 9);

    // Nothing is fitted to records that are only asked about.
    TrainingState weights = *loaded;
    weights.fitted.clear();
    const auto refused = InferenceSession::open(judging(**open), weights, {});
    QVERIFY(!refused && line(refused.error()).contains("checkpoint"));
  }
};

FEEDLINE_TEST(TestLearntWidth)

}  // namespace test_learnt_width

#include "test_learnt_width.moc"
