// SPDX-License-Identifier: GPL-3.0-or-later
// Modules of TorchScript that are made here, saved, and learn as the same network of native nodes does.
#include "networks.h"
#include "schema/ask_later.h"
#include "support/test_program.h"
#include "training/collect_state.h"
#include "training/step_fault.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <torch/csrc/jit/api/module.h>

#include <string>

namespace test_torchscript {

using namespace feedline;

namespace {

constexpr const char* kTwoLayers =
    "def forward(self, x):\n    return torch.linear(torch.relu(torch.linear(x, self.a, self.b)), self.c, self.d)\n";
constexpr const char* kDropping =
    "def forward(self, x):\n"
    "    h = torch.dropout(torch.relu(torch.linear(x, self.a, self.b)), 0.4, self.training)\n"
    "    return torch.linear(h, self.c, self.d)\n";
/// Comes to no end where its input is larger than nothing.
constexpr const char* kEndless =
    "def forward(self, x):\n    while bool(torch.sum(x) > 0):\n        x = x + 0\n    return x\n";

torch::jit::Module module_of(const char* program) {
  torch::jit::Module module("Own");
  module.register_attribute("training", c10::BoolType::get(), true);
  module.register_parameter("a", at::arange(8 * kFeatures).view({8, kFeatures}).mul(0.11).sin().requires_grad_(true),
                            false);
  module.register_parameter("b", at::zeros({8}).requires_grad_(true), false);
  module.register_parameter("c", at::arange(kClasses * 8).view({kClasses, 8}).mul(0.23).cos().requires_grad_(true),
                            false);
  module.register_parameter("d", at::zeros({kClasses}).requires_grad_(true), false);
  module.define(program);
  return module;
}

/// What the node says of a file, as features arrive.
QString answer(const std::string& file, const TensorDesc& in = features(),
               const ValueList& inputs = {std::string("x")}) {
  const NodeSpec& type = spec_of("torchscript");
  const ParamMap params = type.complete({{"file", file}, {"inputs", inputs}});
  const NodeSpec spec = type.for_params(params);
  const std::vector<const TensorDesc*> all(spec.inputs.size(), &in);
  const auto out = type.infer(params, all);
  return QString::fromStdString(out ? out->front().text() : out.error().line());
}

void train(Replicas& replicas, std::int64_t first, std::int64_t steps) {
  TrainerMeter meter;
  for (std::int64_t step = first; step < first + steps; ++step)
    (void)replicas.train(batch(16, features(), step), meter);
}

}  // namespace

class TestTorchscript : public QObject {
  Q_OBJECT

  QTemporaryDir folder_{};
  int made_ = 0;

  std::string saved(const torch::jit::Module& module) {
    const std::string path = folder_.filePath(QString("own%1.pt").arg(++made_)).toStdString();
    module.save(path);
    return path;
  }
  std::string saved(const char* program) { return saved(module_of(program)); }

 private Q_SLOTS:
  void it_learns_as_native_nodes_do() {
    const ModelPlan native = plain_network();
    const ModelPlan own = network({{"torchscript", {{"file", saved(kTwoLayers)}}}}, features());
    QCOMPARE(own.layers.front().output.text(), std::string("f32 N×3"));
    auto drawn = model_of(native);
    const auto module = module_of(kTwoLayers);
    {
      const at::NoGradGuard no_gradients;
      const std::vector<at::Tensor> to = drawn->parameters();
      std::size_t i = 0;
      for (const auto& item : module.named_parameters()) to[i++].copy_(item.value);
    }
    auto first = Replicas::build(native, std::move(drawn), {.count = 1, .intra_op_threads = 1, .seed = 11, .stop = {}});
    QVERIFY(first);
    const auto second = replicas_of(own, 1);
    QVERIFY(at::equal(flat((*first)->model().parameters()), flat(second->model().parameters())));
    train(**first, 0, 6);
    train(*second, 0, 6);
    QVERIFY(at::allclose(flat((*first)->model().parameters()), flat(second->model().parameters()), 1e-6, 1e-7));
    QCOMPARE(second->model().named_parameters().front().name, std::string("torchscript0.a"));

    const auto both = replicas_of(own, 2);  // each its own copy of the file, of the same numbers
    train(*both, 0, 6);
    QVERIFY(at::allclose(flat(both->model().parameters()), flat(second->model().parameters()), 1e-4, 1e-5));
  }

  /// Dropout inside of the module draws on where it was; frozen, nothing changes.
  void a_restored_state_goes_on_to_the_same_bytes() {
    const std::string file = saved(kDropping);
    const ModelPlan plan = network({{"torchscript", {{"file", file}}}}, features(), "adam", {{"learning_rate", 0.05}});
    const auto whole = replicas_of(plan, 2);
    train(*whole, 0, 3);
    const auto kept = collect_state(*whole);
    QVERIFY(kept);
    train(*whole, 3, 3);
    const auto restored = replicas_of(plan, 2);
    QVERIFY(restore_state(*kept, *restored));
    train(*restored, 3, 3);
    QVERIFY(at::equal(flat(restored->model().parameters()), flat(whole->model().parameters())));
    TrainingState forgetful = *kept;
    forgetful.generators.clear();
    const auto other = replicas_of(plan, 2);
    QVERIFY(restore_state(forgetful, *other));
    train(*other, 3, 3);
    QVERIFY(!at::equal(flat(other->model().parameters()), flat(whole->model().parameters())));

    ModelPlan still = network({{"torchscript", {{"file", file}}}, linear(kClasses)}, features());
    still.freezing.freeze = {"torchscript0"};
    const auto model = model_of(still);
    QVERIFY(model != nullptr);
    QCOMPARE(model->parameters().size(), std::size_t{2});
    QCOMPARE(model->named_frozen().size(), std::size_t{4});
  }

  void tied_parameters_stay_one() {
    torch::jit::Module module("Tied");
    const at::Tensor weight = at::ones({kFeatures, kFeatures}).requires_grad_(true);
    module.register_parameter("a", weight, false);
    module.register_parameter("b", weight, false);
    module.define("def forward(self, x):\n    return torch.linear(torch.linear(x, self.a), self.b)\n");
    const auto model = model_of(network({{"torchscript", {{"file", saved(module)}}}, linear(kClasses)}, features()));
    QVERIFY(model != nullptr);
    QCOMPARE(model->parameters().size(), std::size_t{3});  // with the two of linear
  }

  void what_is_refused_data() {
    QTest::addColumn<QByteArray>("program");
    QTest::addColumn<QString>("said");
    const auto row = [](const char* name, const char* body, const char* said) {
      QTest::newRow(name) << QByteArray("def forward(self, x):\n    ") + body + "\n" << QString(said);
    };
    row("a tuple", "return (x, x)", "gives a Tuple and no tensor");
    row("a dict", "return {'x': x}", "GenericDict and no tensor");
    row("it throws", "assert torch.sum(x) > 7.0, 'only on Sundays'\n    return x", "only on Sundays");
    row("a shape that does not fit", "return torch.mm(x, x)", "its forward() refuses f32 N×6: ");
    row("whole numbers", "return torch.argmax(x, 1)", "numbers of type Long");
    row("no row a record", "return torch.mean(x, [0])", "not a row for each");
    row("a file", "torch.save(x, '/tmp/feedline-never-written')\n    return x", "aten::save");
  }
  void what_is_refused() {
    QFETCH(QByteArray, program);
    QFETCH(QString, said);
    const QString told = answer(saved(program.constData()));
    QVERIFY2(told.contains(said), qPrintable(told));
    QVERIFY2(told.contains("file"), qPrintable(told));
    QVERIFY(!QFile::exists("/tmp/feedline-never-written"));
  }

  /// A stop reaches the inside of a module, and what was thrown comes out as it was.
  void a_loop_without_end_can_be_left() {
    const std::string file = saved(kEndless);
    QCOMPARE(answer(file), QString("f32 N×6"));  // it is asked with zeros
    const NodeSpec& spec = spec_of("torchscript");
    const auto layer = spec.layer(spec.complete({{"file", file}}), {}, {});
    int rounds = 0;
    layer->set_between([&](const at::Tensor&) {
      if (++rounds == 100) throw StepCancelled();
    });
    const at::Tensor ones = at::ones({4, kFeatures});
    QVERIFY_THROWS_EXCEPTION(StepCancelled, (void)layer->forward(std::span(&ones, 1)));
    QCOMPARE(rounds, 100);
  }

  /// Of a whole network, whose last layer is its own.
  void another_number_of_classes_is_refused_with_both() {
    const NodeSpec& type = spec_of("torchscript");
    const TensorDesc in = features();
    const TensorDesc* given = &in;
    const auto scores = type.infer(type.complete({{"file", saved(kTwoLayers)}}), std::span(&given, 1));
    QVERIFY2(scores, scores ? "" : scores.error().line().c_str());
    const auto refused = [&](std::int64_t classes) {
      const TensorDesc target{
          .kind = Kind::Target, .dtype = DType::I64, .shape = {Dim::symbol("N")}, .classes = classes};
      const TensorDesc* const both[] = {&scores->front(), &target};
      const auto loss = spec_of("cross_entropy").infer(spec_of("cross_entropy").complete({}), both);
      return loss ? QString() : QString::fromStdString(loss.error().line());
    };
    QVERIFY2(refused(kClasses).isEmpty(), qPrintable(refused(kClasses)));
    QVERIFY2(refused(5).contains("3 values") && refused(5).contains("5 classes"), qPrintable(refused(5)));
    QVERIFY(refused(5).contains("in between"));
  }

  void its_inputs_are_those_of_forward() {
    const std::string file = saved("def forward(self, x, by):\n    return torch.linear(x + by, self.a, self.b)\n");
    QVERIFY2(answer(file).contains("takes 2 (x, by), and 1 inputs are named"), qPrintable(answer(file)));
    QCOMPARE(answer(file, features(), {std::string("x"), std::string("by")}), QString("f32 N×8"));
    QVERIFY(answer("/nowhere/model.pt").contains("there is no such file"));
  }

  /// The head's width is the module's own; nothing is asked on a thread that must not wait.
  void it_is_asked_where_there_is_time() {
    const std::string file = saved(kTwoLayers);
    {
      const AskLater no_files;
      QCOMPARE(answer(file), QString("f32"));
    }
    QCOMPARE(answer(file), QString("f32 N×3"));
    const AskLater no_files;
    QCOMPARE(answer(file), QString("f32 N×3"));
  }

  /// One byte of a sound file after the other is turned: it is refused or read, and never ends the program.
  void damaged_files_do_no_harm() {
    QFile sound(QString::fromStdString(saved(kTwoLayers)));
    QVERIFY(sound.open(QIODevice::ReadOnly));
    const QByteArray bytes = sound.readAll();
    int refused = 0;
    for (int turn = 0; turn < 120; ++turn) {
      const qsizetype at = bytes.size() * turn / 120;
      QByteArray damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x5A);
      if (turn % 2 == 0) damaged.truncate(at);
      QFile file(folder_.filePath(QString("damaged%1.pt").arg(turn)));
      QVERIFY(file.open(QIODevice::WriteOnly));
      file.write(damaged);
      file.close();
      if (answer(file.fileName().toStdString()) != "f32 N×3") ++refused;
    }
    QVERIFY2(refused >= 60, qPrintable(QString::number(refused)));
  }
};

FEEDLINE_TEST(TestTorchscript)

}  // namespace test_torchscript

#include "test_torchscript.moc"
