// SPDX-License-Identifier: GPL-3.0-or-later
// The folder of a run's checkpoints: what is newest, what is damaged, what goes.
#include "state/checkpoint_files.h"
#include "support/fixtures.h"
#include "support/test_program.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

#include <chrono>

namespace test_checkpoint_files {

using namespace feedline;
using feedline::test::line;

namespace {

namespace fs = std::filesystem;

TrainingState state_of(std::uint64_t step) {
  TrainingState state{.seed = 3, .position = {.epoch = 2, .batch = 5, .step = step}};
  state.parameters["last.weight"] = TensorValue::of(std::vector<float>{1, 2, static_cast<float>(step)});
  state.tallies["loss"] = TensorValue::of(std::span<const double>(std::vector<double>{0.25}), {});
  state.texts["graph"] = "{}";
  return state;
}

}  // namespace

class TestCheckpointFiles : public QObject {
  Q_OBJECT

  QTemporaryDir folder_{};
  int made_ = 0;

  /// A folder of its own with checkpoints of these steps.
  fs::path make(const std::vector<std::uint64_t>& steps) {
    const fs::path folder = folder_.filePath(QString("run%1").arg(++made_)).toStdString();
    fs::create_directories(folder);
    for (const std::uint64_t step : steps)
      if (!save_training_state(state_of(step), folder / checkpoint_name(step))) qFatal("cannot write");
    return folder;
  }
  /// Changes one byte of a file, so far from its end.
  static void harm(const fs::path& file, qsizetype from_end) {
    const QString path = QString::fromStdString(file.string());
    QByteArray bytes = feedline::test::read_file(path);
    bytes[bytes.size() - from_end] = static_cast<char>(bytes[bytes.size() - from_end] ^ 1);
    feedline::test::write_file(path, bytes);
  }

 private Q_SLOTS:
  void the_newest_is_found() {
    const fs::path folder = make({500, 1000, 20});
    feedline::test::write_file(QString::fromStdString((folder / "step-abc.safetensors").string()), "x");
    feedline::test::write_file(QString::fromStdString((folder / "notes.txt").string()), "x");
    const auto files = list_checkpoints(folder);
    QCOMPARE(files.size(), std::size_t{3});
    QCOMPARE(files.front().step, std::uint64_t{1000});
    const auto found = find_checkpoint(folder);
    QVERIFY(found && *found);
    QVERIFY((*found)->state == state_of(1000) && (*found)->damaged.empty());
  }

  void nothing_is_no_error() {
    for (const fs::path& place : {make({}), fs::path(folder_.filePath("nowhere").toStdString())}) {
      const auto found = find_checkpoint(place);
      QVERIFY(found && !*found);
      const auto needed = open_best_checkpoint(place);
      QVERIFY(!needed);
      QVERIFY(line(needed.error()).contains(fs::exists(place) ? "no checkpoint in it" : "no such folder"));
    }
    const auto missing = find_checkpoint(folder_.filePath("gone.safetensors").toStdString());
    QVERIFY(!missing && line(missing.error()).contains("no such checkpoint"));
  }

  /// Wherever a byte has changed: in the weights, in a tally, in what the header says.
  void damage_is_noticed_and_the_one_before_offered() {
    const fs::path folder = make({10, 20, 30});
    const auto size = static_cast<qsizetype>(fs::file_size(folder / checkpoint_name(30)));
    for (const qsizetype from_end : {qsizetype{1}, qsizetype{13}, qsizetype{19}, size - 60, size / 2}) {
      harm(folder / checkpoint_name(30), from_end);
      const auto found = find_checkpoint(folder);
      QVERIFY2(found && *found, qPrintable(QString::number(from_end)));
      QCOMPARE((*found)->state.position.step, std::uint64_t{20});
      QCOMPARE((*found)->damaged.size(), std::size_t{1});
      const auto named = find_checkpoint(folder / checkpoint_name(30));
      QVERIFY(!named && line(named.error()).contains("step-000000020"));
      harm(folder / checkpoint_name(30), from_end);  // back again
      QVERIFY(find_checkpoint(folder / checkpoint_name(30)));
    }
    for (const std::uint64_t step : {10, 20, 30}) harm(folder / checkpoint_name(step), 1);
    const auto none = find_checkpoint(folder);
    QVERIFY(!none && line(none.error()).contains("all 3 checkpoints are damaged"));
  }

  void a_torn_file_is_passed_over() {
    const fs::path folder = make({10, 20});
    fs::resize_file(folder / checkpoint_name(20), fs::file_size(folder / checkpoint_name(20)) - 3);
    const auto found = find_checkpoint(folder);
    QVERIFY(found && *found);
    QCOMPARE((*found)->state.position.step, std::uint64_t{10});
  }

  void the_best_is_preferred_for_use() {
    const fs::path folder = make({10, 20});
    QVERIFY(save_training_state(state_of(10), folder / kBestCheckpoint));
    const auto best = open_best_checkpoint(folder);
    QVERIFY(best);
    QCOMPARE(best->state.position.step, std::uint64_t{10});
    harm(folder / kBestCheckpoint, 1);
    const auto other = open_best_checkpoint(folder);
    QVERIFY(other && other->damaged.size() == 1);
    QCOMPARE(other->state.position.step, std::uint64_t{20});
  }

  void only_the_newest_are_kept() {
    const fs::path folder = make({1, 2, 3, 4, 5});
    QVERIFY(save_training_state(state_of(1), folder / kBestCheckpoint));
    const QString part = QString::fromStdString((folder / ".step-000000009.safetensors.12-0.part").string());
    feedline::test::write_file(part, "half");
    keep_newest_checkpoints(folder, 2);
    const auto files = list_checkpoints(folder);
    QCOMPARE(files.size(), std::size_t{2});
    QVERIFY(files[0].step == 5 && files[1].step == 4);
    QVERIFY(fs::exists(folder / kBestCheckpoint) && !QFile::exists(part));
  }

  void space_is_bounded_oldest_first() {
    const fs::path root = folder_.filePath("root").toStdString();
    const auto now = fs::file_time_type::clock::now();
    for (int run = 0; run < 4; ++run) {
      const fs::path folder = root / "graph" / std::to_string(run);
      fs::create_directories(folder);
      const fs::path file = folder / checkpoint_name(1);
      feedline::test::write_file(QString::fromStdString(file.string()), QByteArray(1000, 'x'));
      fs::last_write_time(file, now - std::chrono::hours(run == 3 ? 0 : 10 - run));
    }
    bound_checkpoints(root, 4000);
    QVERIFY(fs::exists(root / "graph" / "0"));
    bound_checkpoints(root, 2500);
    QVERIFY(!fs::exists(root / "graph" / "0") && !fs::exists(root / "graph" / "1"));
    QVERIFY(fs::exists(root / "graph" / "2"));
    bound_checkpoints(root, 0);  // what may be in use stays
    QVERIFY(!fs::exists(root / "graph" / "2") && fs::exists(root / "graph" / "3"));
  }
};

FEEDLINE_TEST(TestCheckpointFiles)

}  // namespace test_checkpoint_files

#include "test_checkpoint_files.moc"
