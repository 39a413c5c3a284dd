// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of a table that pass the nodes in blocks give what the same rows give one by one: bytes, faults, meters.
#include "base/clock.h"
#include "engine/bad_records.h"
#include "engine/fit.h"
#include "engine/paired_steps.h"
#include "graph/json.h"
#include "schema/in_blocks.h"
#include "schema/in_memory.h"
#include "support/fake_data.h"
#include "support/fixtures.h"
#include "support/test_program.h"
#include "telemetry/snapshot.h"

#include <QTemporaryDir>
#include <QTest>

#include <array>
#include <atomic>
#include <new>
#include <set>
#include <stdexcept>

namespace test_blocks {

using namespace feedline;
using namespace feedline::test;

namespace {

constexpr int kRows = 3000;

/// What a pipeline asked of a node or a source.
struct Asked {
  std::atomic<std::uint64_t> in_blocks{0};
  std::atomic<std::uint64_t> singly{0};
  std::atomic<std::uint64_t> changed{0};  ///< of those in blocks: where they lay
};

/// A node that counts how it is asked.
class CountedOp final : public SampleOp, public InBlocks {
 public:
  CountedOp(std::shared_ptr<const SampleOp> op, Asked& asked)
      : op_(std::move(op)), blocks_(dynamic_cast<const InBlocks*>(op_.get())), asked_(asked) {}
  Status run(std::span<const Datum* const> in, std::span<Datum* const> out, OpContext& context) const override {
    ++asked_.singly;
    return op_->run(in, out, context);
  }
  std::size_t run_block(std::span<const Datum* const> in, std::span<Datum* const> out) const override {
    const std::size_t done = blocks_->run_block(in, out);
    asked_.in_blocks += done;
    return done;
  }
  std::size_t change_block(std::span<Datum* const> in, std::span<Datum* const> out) const override {
    const std::size_t done = blocks_->change_block(in, out);
    asked_.in_blocks += done;
    asked_.changed += done;
    return done;
  }

 private:
  std::shared_ptr<const SampleOp> op_;
  const InBlocks* blocks_;
  Asked& asked_;
};

/// A node that hides that it can do more than one record.
class SingleOp final : public SampleOp {
 public:
  explicit SingleOp(std::shared_ptr<const SampleOp> op) : op_(std::move(op)) {}
  Status run(std::span<const Datum* const> in, std::span<Datum* const> out, OpContext& context) const override {
    return op_->run(in, out, context);
  }

 private:
  std::shared_ptr<const SampleOp> op_;
};

/// A source that does.
class SingleSource final : public Source, public InMemory {
 public:
  explicit SingleSource(std::shared_ptr<const Source> source) : source_(std::move(source)) {}
  std::uint64_t size() const override { return source_->size(); }
  const std::vector<TensorDesc>& outputs() const override { return source_->outputs(); }
  Status read(std::uint64_t index, std::span<Datum* const> out) const override { return source_->read(index, out); }
  std::string locate(std::uint64_t index) const override { return source_->locate(index); }
  bool in_memory() const override { return true; }

 private:
  std::shared_ptr<const Source> source_;
};

/// A table in which every kind of row stands that is refused somewhere, and rows that are read the slow way.
QByteArray table() {
  QByteArray bytes = "age,amount,town,job,income\n";
  for (int i = 0; i < kRows; ++i) {
    const QByteArray age = QByteArray::number(17 + i % 60);
    const QByteArray town = i % 5 == 0 ? "Ulm" : i % 5 == 1 ? " Bonn " : i % 5 == 2 ? "" : "K\xC3\xB6ln";
    const QByteArray job = i % 7 == 0 ? "\"clerk, old\"" : i % 7 == 1 ? "?" : "clerk";
    const QByteArray income = i % 3 == 0 ? "low" : "high";
    QByteArray amount = QByteArray::number(i * 0.25, 'f', 2);
    if (i % 211 == 3) amount = "-5";      // has no logarithm
    if (i % 223 == 3) amount = "plenty";  // is no number
    if (i % 400 == 3) amount = "";
    if (i % 307 == 5) {
      bytes += age + "," + amount + "," + town + "\n";  // too few cells
    } else if (i % 311 == 5) {
      bytes += age + "," + amount + ",\"Ulm\"x," + job + "," + income + "\n";  // a quote in the wrong place
    } else if (i % 313 == 5) {
      bytes += age + "," + amount + "," + town + "," + job + ",\n";  // no label
    } else {
      bytes += age + "," + amount + "," + town + "," + job + "," + income + (i % 11 == 0 ? "\r\n" : "\n");
    }
    if (i % 50 == 0) bytes += "\n";
  }
  return bytes;
}

/// The graph of the test, on a file.
std::string graph_on(const QString& file, bool indicator) {
  struct Made {
    const char* id;
    const char* type;
    const char* params;
  };
  const std::array nodes{Made{"source", "csv", "'file': 'FILE'"},
                         Made{"shuffle", "shuffle", ""},
                         Made{"choose", "choose_columns", ""},
                         Made{"impute", "impute", indicator ? "'indicator': true" : ""},
                         Made{"log", "log", "'columns': ['amount'], 'kind': 'log1p'"},
                         Made{"scale", "standardise", ""},
                         Made{"one_hot", "one_hot", ""},
                         Made{"features", "features", ""},
                         Made{"batch", "batch", "'size': 64"},
                         Made{"linear", "linear", "'units': 0"},
                         Made{"loss", "cross_entropy", ""},
                         Made{"optimizer", "adamw", ""},
                         Made{"trainer", "trainer", "'validation_split': 0.0"}};
  const QStringList wires =
      QString(
          "source.row>shuffle.sample source.label>shuffle.label shuffle.sample>choose.row choose.row>impute.row "
          "impute.row>log.row log.row>scale.row scale.row>one_hot.row one_hot.row>features.row "
          "features.features>batch.features shuffle.label>batch.label batch.features>linear.x linear.y>loss.prediction "
          "batch.label>loss.target loss.loss>trainer.loss optimizer.optimizer>trainer.optimizer")
          .split(' ');
  QStringList made;
  for (const Made& node : nodes)
    made += QString("{'id': '%1', 'type': '%2', 'version': 1, 'params': {%3}, 'position': [0, 0]}")
                .arg(QLatin1String(node.id), QLatin1String(node.type), QLatin1String(node.params));
  QStringList links;
  for (const QString& wire : wires)
    links += QString("{'from': '%1', 'to': '%2'}").arg(wire.section('>', 0, 0), wire.section('>', 1));
  QString text = QString("{'feedline': 1, 'title': 'Blocks', 'nodes': [%1], 'links': [%2], 'comments': []}")
                     .arg(made.join(", "), links.join(", "));
  return text.replace('\'', '"').replace("FILE", file).toStdString();
}

/// All that a run of a pipeline shows.
struct Shown {
  std::vector<BatchCopy> batches{};
  std::vector<std::string> faults{};
  std::vector<std::uint64_t> records{};  ///< that each node is said to have done; of one epoch alone
  bool operator==(const Shown&) const = default;
};

/// In later epochs nodes in front of the one that refused a record do it once more or not, as it was known in time.
Shown shown(const std::shared_ptr<const Plan>& plan, std::uint32_t epochs, std::size_t workers, bool staged) {
  PipelineOptions options{.workers = workers, .epochs = epochs, .max_bad_fraction = 1};
  options.staged = staged;
  Pipeline pipeline(plan, plan->train, options);
  const Drained drained = drain(pipeline, plan->train);
  Shown all{.batches = drained.batches};
  if (drained.error) all.faults.push_back(line(*drained.error).toStdString());
  for (const RecordError& error : pipeline.errors())
    all.faults.push_back(error.error.node + ": " + line(error.error).toStdString() + " x " +
                         std::to_string(error.count) + " of " + std::to_string(error.records));
  for (const BadRecord& bad : pipeline.bad_records())
    all.faults.push_back(std::to_string(bad.record) + ": " + line(bad.error).toStdString());
  if (epochs > 1) return all;
  for (const StageSample& stage : pipeline.stages(Clock::system().now())) all.records.push_back(stage.total.records);
  return all;
}

/// Doubles a number; refuses some, throws at others, and now and then has no memory for a whole block.
class MoodyOp final : public SampleOp, public InBlocks {
 public:
  Status run(std::span<const Datum* const> in, std::span<Datum* const> out, OpContext&) const override {
    return one(*in[0], *out[0]);
  }
  std::size_t run_block(std::span<const Datum* const> in, std::span<Datum* const> out) const override {
    if (++blocks_ % 5 == 0) throw std::bad_alloc();
    for (std::size_t i = 0; i < in.size(); ++i)
      if (!one(*in[i], *out[i])) return i;
    return in.size();
  }

 private:
  static Status one(const Datum& in, Datum& out) {
    const std::uint8_t value = *in.as<std::uint8_t>();
    if (value % 40 == 7) return fail_record("is disliked");
    if (value % 50 == 9) throw std::runtime_error("cannot be borne");
    *out.allocate(DType::U8, {1}) = static_cast<std::byte>(2 * value);
    return {};
  }
  mutable std::atomic<int> blocks_{0};
};

}  // namespace

class TestBlocks : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  std::shared_ptr<const Plan> plan_;
  std::shared_ptr<const Plan> plain_;  ///< whose impute adds no columns, so that it can fill rows in where they lie

  std::shared_ptr<const Plan> planned(bool indicator) {
    const std::string text = graph_on(folder_.filePath("people.csv"), indicator);
    const auto loaded = from_json(std::string_view(text));
    if (!loaded) qFatal("%s", qPrintable(line(loaded.error())));
    const std::string cache = folder_.filePath("cache").toStdString();
    const auto plan = make_plan(loaded->document, {.sources = {.cache_folder = cache}});
    if (!plan) qFatal("%s", qPrintable(line(plan.error())));
    const auto fitted = fit_plan(*plan, {.pipeline = {.workers = 2, .max_bad_fraction = 1}, .cache_folder = cache});
    if (!fitted) qFatal("%s", qPrintable(line(fitted.error())));
    return *fitted;
  }

 private Q_SLOTS:
  void initTestCase() {
    write_file(folder_.filePath("people.csv"), table());
    plan_ = planned(true);
    plain_ = planned(false);
  }

  void rows_in_blocks_are_rows_one_by_one_data() {
    QTest::addColumn<bool>("plain");
    QTest::newRow("with indicators") << false;
    QTest::newRow("plain") << true;
  }
  void rows_in_blocks_are_rows_one_by_one() {
    QFETCH(bool, plain);
    const auto plan = plain ? plain_ : plan_;
    QVERIFY(plan != nullptr);
    Plan single = *plan;
    Plan counted = *plan;
    Asked asked;
    single.train.source = std::make_shared<SingleSource>(single.train.source);
    for (PlanStep& step : single.train.steps) step.op = std::make_shared<SingleOp>(step.op);
    for (PlanStep& step : counted.train.steps) {
      QVERIFY2(dynamic_cast<const InBlocks*>(step.op.get()) != nullptr, step.node.c_str());
      step.op = std::make_shared<CountedOp>(step.op, asked);
    }
    QVERIFY(dynamic_cast<const ReadsBlocks*>(plan->train.source.get()) != nullptr);
    const auto alone = std::make_shared<const Plan>(single);
    const Shown one = shown(alone, 1, 1, false);
    const Shown two = shown(alone, 2, 1, false);
    QVERIFY(one.batches.size() > 40 && two.batches.size() == 2 * one.batches.size());
    std::set<std::string> nodes;
    for (const std::string& fault : one.faults)
      for (const char* node : {"source", "log"})
        if (fault.starts_with(std::string(node) + ": ")) nodes.insert(node);
    QCOMPARE(nodes.size(), std::size_t{2});  // both refuse some
    for (const std::size_t workers : {std::size_t{1}, std::size_t{3}})
      for (const bool staged : {false, true}) {
        QVERIFY2(shown(plan, 1, workers, staged) == one, std::to_string(workers).c_str());
        QVERIFY2(shown(plan, 2, workers, staged) == two, std::to_string(workers).c_str());
      }
    QVERIFY(shown(std::make_shared<const Plan>(counted), 1, 2, false) == one);
    QVERIFY2(asked.in_blocks > asked.singly, std::to_string(asked.singly.load()).c_str());
    QCOMPARE(asked.changed.load(), asked.in_blocks.load());  // each node is the only one that reads its rows
  }

  void one_hot_hands_the_features_few_cells() {
    QVERIFY(plan_ != nullptr);
    const auto paired = [](const DataPlan& data) {
      QStringList types;
      const auto ops = paired_ops(data);
      for (std::size_t i = 0; i < ops.size(); ++i)
        if (ops[i] != data.steps[i].op) types += QString::fromStdString(data.steps[i].type);
      return types.join(' ');
    };
    QCOMPARE(paired(plan_->train), QString("one_hot features"));
    DataPlan shared = plan_->train;  // the batch wants the row too
    shared.fields.push_back({.name = "row", .slot = shared.steps[shared.steps.size() - 2].outputs[0]});
    QCOMPARE(paired(shared), QString());
    shared = plan_->train;  // so does another node
    shared.steps.push_back(shared.steps.back());
    QCOMPARE(paired(shared), QString());
  }

  void a_block_that_throws_is_done_record_by_record() {
    const auto plan_of = [](std::shared_ptr<const SampleOp> op) {
      return PlanBuilder(5000, 1, 32)
          .step("moody", std::move(op), {PlanBuilder::kPixels}, {2})
          .field("image", 2, DType::U8, {1})
          .field("label", PlanBuilder::kLabel, DType::I64, {})
          .shuffle()
          .build();
    };
    const auto moody = std::make_shared<MoodyOp>();
    const Shown one = shown(plan_of(std::make_shared<SingleOp>(moody)), 1, 1, false);
    QVERIFY(one.faults.size() > 50);
    for (const std::size_t workers : {std::size_t{1}, std::size_t{4}})
      QVERIFY(shown(plan_of(moody), 1, workers, false) == one);
  }
};

FEEDLINE_TEST(TestBlocks)

}  // namespace test_blocks

#include "test_blocks.moc"
