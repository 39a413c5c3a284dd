// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/session/prober.h"
#include "gui/session/run_controller.h"
#include "plan/open_source.h"
#include "plan/plan.h"
#include "schema/registry.h"
#include "support/fixtures.h"
#include "support/places.h"
#include "support/run_recorder.h"
#include "support/small_data.h"
#include "support/test_program.h"

#include <QFileInfo>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <memory>
#include <optional>
#include <vector>

namespace feedline::gui::test_run_controller {

using State = RunController::State;

namespace {

/// Everything that a controller told, in order.
struct Story {
  std::vector<State> states{};
  std::vector<EpochResult> epochs{};
  std::vector<RunResult> results{};
  std::optional<Snapshot> last{};
  std::optional<Started> started{};
  int snapshots = 0;
  bool earlier_is_earlier = true;
  bool gap_is_about_a_second = true;

  explicit Story(RunController& runs) {
    QObject::connect(&runs, &RunController::state_changed, &runs, [this](State s) { states.push_back(s); });
    QObject::connect(&runs, &RunController::started, &runs, [this](const Started& f) { started = f; });
    QObject::connect(&runs, &RunController::epoch_done, &runs, [this](const EpochResult& r) { epochs.push_back(r); });
    QObject::connect(&runs, &RunController::finished, &runs, [this](const RunResult& r) { results.push_back(r); });
    QObject::connect(&runs, &RunController::snapshot_taken, &runs,
                     [this](const Snapshot& now, const Snapshot& earlier) {
                       ++snapshots;
                       earlier_is_earlier &= earlier.at <= now.at && earlier.trainer.steps <= now.trainer.steps;
                       // Nothing that is younger than a second may be used once an older one is at hand.
                       if (first_at == 0) first_at = now.at;
                       const Nanos second = from_seconds(1);
                       if (now.at - first_at > second) gap_is_about_a_second &= now.at - earlier.at >= second;
                       last = now;
                     });
  }
  Nanos first_at = 0;
};

RunOptions epochs(std::uint32_t count) {
  RunOptions options;
  options.epochs = count;
  options.device = "cpu";
  return options;
}

}  // namespace

class TestRunController : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase();
  void runs_to_the_end();
  void snapshots_carry_the_run();
  void pause_rests_and_resume_goes_on();
  void stop_ends_it_without_waiting();
  void a_second_start_is_ignored_while_active();
  void a_failure_names_the_node();
  void a_run_is_shared_out_among_processes();
  void a_new_run_hears_nothing_of_the_old_one();
  void may_be_destroyed_at_any_moment_data();
  void may_be_destroyed_at_any_moment();
  void prober_finds_exact_shapes();
  void prober_tells_of_a_missing_folder();
  void prober_leaves_generated_pictures_alone();
  void prober_looks_again_at_what_a_run_has_made();

 private:
  QTemporaryDir folder_{};
  Document document_{};
};

void TestRunController::initTestCase() {
  QVERIFY(folder_.isValid());
  qputenv("FEEDLINE_CACHE", folder_.filePath("cache").toUtf8());
  document_ = test::small_network(folder_.path());
}

void TestRunController::runs_to_the_end() {
  RunController runs;
  Story story(runs);
  QCOMPARE(runs.state(), State::Idle);
  const QString events = folder_.filePath("events");
  runs.start(document_, epochs(3), {}, std::make_shared<EventFile>(events.toStdString(), document_));
  QCOMPARE(runs.state(), State::Preparing);
  QTRY_COMPARE_WITH_TIMEOUT(story.results.size(), std::size_t{1}, 60'000);
  QCOMPARE(story.results[0].end, RunResult::End::Completed);
  const auto written = [&] {
    const QStringList files = test::files_below(events);
    return files.isEmpty() ? QByteArray() : test::read_file(files.front());
  };
  QTRY_VERIFY(written().contains("gradients/hidden.weight") && written().contains("loss/val"));
  QCOMPARE(story.states, (std::vector{State::Preparing, State::Running, State::Idle}));
  QCOMPARE(story.epochs.size(), std::size_t{3});
  for (std::size_t i = 0; i < 3; ++i) QCOMPARE(story.epochs[i].epoch, static_cast<std::uint32_t>(i + 1));
  QVERIFY(story.started.has_value());
  QCOMPARE(story.started->samples_per_epoch, std::uint64_t{240});  // a quarter of the 320 validates
  QVERIFY(!runs.active());
}

void TestRunController::snapshots_carry_the_run() {
  RunController runs;
  Story story(runs);
  runs.start(document_, epochs(2));
  QTRY_COMPARE_WITH_TIMEOUT(story.results.size(), std::size_t{1}, 60'000);
  QVERIFY(story.snapshots > 0);
  QVERIFY(story.earlier_is_earlier);
  QVERIFY(story.gap_is_about_a_second);
  QVERIFY(story.last.has_value());
  QCOMPARE(story.last->trainer.steps, story.results[0].last.trainer.steps);
  QCOMPARE(story.last->trainer.samples, std::uint64_t{480});
  QVERIFY(!story.last->loss_curve.empty());
  QVERIFY(!story.last->stages.empty());
}

void TestRunController::pause_rests_and_resume_goes_on() {
  RunController runs;
  Story story(runs);
  runs.start(document_, epochs(100'000));
  QTRY_COMPARE_WITH_TIMEOUT(runs.state(), State::Running, 60'000);
  QTRY_VERIFY(story.last && story.last->trainer.steps > 5);
  runs.pause();
  QCOMPARE(runs.state(), State::Paused);
  // The step in hand may end; then nothing moves over ten snapshots.
  std::uint64_t resting = 0;
  int seen = 0;
  connect(&runs, &RunController::snapshot_taken, this, [&](const Snapshot& now, const Snapshot&) {
    seen = now.trainer.steps == resting ? seen + 1 : 0;
    resting = now.trainer.steps;
  });
  QTRY_VERIFY_WITH_TIMEOUT(seen >= 10, 20'000);
  runs.resume();
  QCOMPARE(runs.state(), State::Running);
  const std::uint64_t before = resting;
  QTRY_VERIFY_WITH_TIMEOUT(story.last->trainer.steps > before + 5, 20'000);
  runs.stop();
  QTRY_COMPARE_WITH_TIMEOUT(story.results.size(), std::size_t{1}, 20'000);
  QCOMPARE(story.states, (std::vector{State::Preparing, State::Running, State::Paused, State::Running, State::Stopping,
                                      State::Idle}));
}

void TestRunController::stop_ends_it_without_waiting() {
  RunController runs;
  Story story(runs);
  runs.start(document_, epochs(100'000));
  QTRY_VERIFY_WITH_TIMEOUT(story.last && story.last->trainer.steps > 5, 60'000);
  runs.stop();
  QCOMPARE(runs.state(), State::Stopping);  // it came back before the end did
  runs.stop();
  runs.pause();
  QCOMPARE(runs.state(), State::Stopping);
  QTRY_COMPARE_WITH_TIMEOUT(story.results.size(), std::size_t{1}, 20'000);
  QCOMPARE(story.results[0].end, RunResult::End::Stopped);
  QCOMPARE(runs.state(), State::Idle);
}

void TestRunController::a_second_start_is_ignored_while_active() {
  RunController runs;
  Story story(runs);
  runs.start(document_, epochs(2));
  runs.start(document_, epochs(7));
  QTRY_COMPARE_WITH_TIMEOUT(story.results.size(), std::size_t{1}, 60'000);
  QCOMPARE(story.epochs.size(), std::size_t{2});
}

void TestRunController::a_failure_names_the_node() {
  RunController runs;
  Story story(runs);
  runs.start(test::with(document_, "source", "images", std::string("/no/such/images")), epochs(1));
  QTRY_COMPARE_WITH_TIMEOUT(story.results.size(), std::size_t{1}, 60'000);
  const RunResult& result = story.results[0];
  QCOMPARE(result.end, RunResult::End::Failed);
  QVERIFY(result.failure.has_value());
  QCOMPARE(result.failure->node, std::string("source"));
  QCOMPARE(story.states, (std::vector{State::Preparing, State::Idle}));
}

void TestRunController::a_new_run_hears_nothing_of_the_old_one() {
  RunController runs;
  Story story(runs);
  // The next run starts in the very slot that hears of the end of the last one.
  int starts = 1;
  connect(&runs, &RunController::finished, this, [&](const RunResult&) {
    if (starts++ < 4) runs.start(document_, epochs(1));
  });
  runs.start(document_, epochs(1));
  QTRY_COMPARE_WITH_TIMEOUT(story.results.size(), std::size_t{4}, 120'000);
  QCOMPARE(story.epochs.size(), std::size_t{4});
  for (const EpochResult& epoch : story.epochs) QCOMPARE(epoch.epoch, 1U);
  for (const RunResult& result : story.results) QCOMPARE(result.epochs.size(), std::size_t{1});
}

void TestRunController::may_be_destroyed_at_any_moment_data() {
  QTest::addColumn<int>("steps");
  QTest::newRow("at once") << -1;
  QTest::newRow("while preparing or at the start") << 0;
  QTest::newRow("in the middle") << 10;
}

void TestRunController::may_be_destroyed_at_any_moment() {
  QFETCH(int, steps);
  auto runs = std::make_unique<RunController>();
  Story story(*runs);
  runs->start(document_, epochs(100'000));
  if (steps >= 0) {
    QTRY_VERIFY_WITH_TIMEOUT(story.last && story.last->trainer.steps >= static_cast<std::uint64_t>(steps), 60'000);
  }
  runs.reset();
  QVERIFY(story.results.empty());
}

/// The window is rank 0, feedline-cli the other: one result, in which both took part.
void TestRunController::a_run_is_shared_out_among_processes() {
  const QFileInfo program(test::cli_path());
  if (!program.isExecutable()) QSKIP("feedline-cli is not built");
  qputenv("PATH", program.absolutePath().toUtf8() + ':' + qgetenv("PATH"));
  auto helpers = prepare_helpers(2);
  QVERIFY2(helpers.has_value(), helpers ? "" : helpers.error().line().c_str());
  QCOMPARE((*helpers)->world().size, 2);
  RunController runs;
  Story story(runs);
  QStringList said;
  connect(&runs, &RunController::helper_said, this, [&said](const QString& line) { said << line; });
  connect(&runs, &RunController::helpers_failed, this,
          [&said](const Error& error) { said << QString::fromStdString(error.line()); });
  runs.start(document_, epochs(1), {}, {}, std::move(*helpers));
  QTRY_COMPARE_WITH_TIMEOUT(story.results.size(), std::size_t{1}, 60'000);
  const RunResult& result = story.results[0];
  if (result.failure && result.failure->reason.find("Gloo") != std::string::npos) QSKIP(result.failure->reason.c_str());
  QVERIFY2(result.end == RunResult::End::Completed,
           (said.join('\n').toStdString() + (result.failure ? result.failure->line() : "")).c_str());
  QCOMPARE(result.last.ranks.size(), std::size_t{2});
  for (const RankSample& rank : result.last.ranks) QVERIFY(rank.steps > 0);
  QVERIFY2(said.isEmpty(), qPrintable(said.join('\n')));
}

void TestRunController::prober_finds_exact_shapes() {
  test::write_picture_folder(folder_.filePath("pictures"), 3);
  DocumentController document;
  Prober prober(document);
  QSignalSpy probed(&prober, &Prober::probed);
  Node node{.id = "source", .type = "image_folder"};
  node.params["folder"] = folder_.filePath("pictures").toStdString();
  QVERIFY(document.apply(Edit{AddNode{node, {}}}));
  QVERIFY(probed.wait(20'000));
  QVERIFY(prober.problems().empty());
  const TensorDesc* label = document.analysis().at({"source", "label"});
  QVERIFY(label != nullptr);
  QVERIFY(label->classes.known());
  QCOMPARE(label->classes.size(), std::int64_t{2});
  QCOMPARE(label->class_names, (std::vector<std::string>{"a", "b"}));
  // Moving a node asks for nothing.
  probed.clear();
  QVERIFY(document.apply(Edit{MoveNodes{{{"source", {10, 10}}}}}));
  (void)probed.wait(700);  // it looks whether they are there, and paints none
  QVERIFY(prober.problems().empty());
}

void TestRunController::prober_tells_of_a_missing_folder() {
  DocumentController document;
  Prober prober(document);
  QSignalSpy probed(&prober, &Prober::probed);
  Node node{.id = "photos", .type = "image_folder"};
  node.params["folder"] = std::string("/no/such/folder");
  QVERIFY(document.apply(Edit{AddNode{node, {}}}));
  QVERIFY(probed.wait(20'000));
  QCOMPARE(prober.problems().size(), std::size_t{1});
  QCOMPARE(prober.problems()[0].error.node, std::string("photos"));
  QCOMPARE(prober.problems()[0].severity, Problem::Severity::Warning);
  // Mended: nothing is left of it.
  test::write_picture_folder(folder_.filePath("mended"), 1);
  const SetParam mend{"photos", "folder", Value(folder_.filePath("mended").toStdString())};
  QVERIFY(document.apply(Edit{mend}));
  QVERIFY(probed.wait(20'000));
  QVERIFY(prober.problems().empty());
}

void TestRunController::prober_leaves_generated_pictures_alone() {
  DocumentController document;
  Prober prober(document);
  QSignalSpy probed(&prober, &Prober::probed);
  QVERIFY(document.apply(Edit{AddNode{Node{.id = "source", .type = "generated_pictures"}, {}}}));
  (void)probed.wait(700);  // it looks whether they are there, and paints none
  QVERIFY(prober.problems().empty());
}

void TestRunController::prober_looks_again_at_what_a_run_has_made() {
  DocumentController document;
  Prober prober(document);
  QSignalSpy probed(&prober, &Prober::probed);
  Node node{.id = "source", .type = "generated_pictures"};
  node.params["count"] = std::int64_t{6};
  node.params["size"] = std::int64_t{16};
  QVERIFY(document.apply(Edit{AddNode{node, {}}}));
  QVERIFY(probed.wait(20'000));
  QVERIFY(document.source_facts().empty());
  const NodeSpec* spec = Registry::instance().find(node.type);
  QVERIFY(spec != nullptr);
  const auto made = open_to_report(*spec, spec->complete(node.params),
                                   {.cache_folder = default_cache_folder(), .stop = {}, .progress = {}});
  QVERIFY2(made.has_value(), made ? "" : made.error().line().c_str());
  prober.look_again();
  QVERIFY(probed.wait(20'000));
  QVERIFY(document.source_facts().contains("source"));
  QCOMPARE(document.source_facts().at("source").records, std::uint64_t{6});
  probed.clear();
  prober.look_again();  // it is known now
  QVERIFY(!probed.wait(700));
}

FEEDLINE_WINDOW_TEST(TestRunController)

}  // namespace feedline::gui::test_run_controller

#include "test_run_controller.moc"
