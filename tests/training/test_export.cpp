// SPDX-License-Identifier: GPL-3.0-or-later
// A trained model in the formats of other programs says what Feedline says. PyTorch runs what is written for it where
// python3-torch is installed; TorchScript runs here.
#include "base/torch.h"
#include "export_case.h"
#include "exporting/event_file.h"
#include "exporting/export_files.h"
#include "exporting/model_card.h"
#include "exporting/onnx.h"
#include "exporting/preparation.h"
#include "exporting/pytorch.h"
#include "exporting/torchscript.h"
#include "graph/edit.h"
#include "state/safetensors.h"
#include "support/fixtures.h"
#include "support/places.h"
#include "support/small_data.h"
#include "support/test_program.h"

#include <QFile>
#include <QProcess>
#include <QTest>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

namespace test_export {

using namespace feedline;
using namespace feedline::test;

namespace {

namespace fs = std::filesystem;

/// CRC-32C bit by bit, as its definition has it; masked as TFRecord wants it.
std::uint32_t plain_masked_crc(const QByteArray& bytes) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ (0x82F63B78U & (0U - (crc & 1U)));
  }
  crc ^= 0xFFFFFFFFU;
  return ((crc >> 15U) | (crc << 17U)) + 0xA282EAD8U;
}

template <class Number>
Number number_at(const QByteArray& bytes, qsizetype at) {
  Number number{};
  std::memcpy(&number, bytes.constData() + at, sizeof number);
  return number;
}

/// The events of a file, each found whole by its checksums; none: it is damaged.
QByteArrayList events_in(const QByteArray& file) {
  QByteArrayList events;
  for (qsizetype at = 0; at < file.size();) {
    if (at + 12 > file.size() || number_at<std::uint32_t>(file, at + 8) != plain_masked_crc(file.mid(at, 8))) return {};
    const auto length = static_cast<qsizetype>(number_at<std::uint64_t>(file, at));
    if (at + 16 + length > file.size()) return {};
    events << file.mid(at + 12, length);
    if (number_at<std::uint32_t>(file, at + 12 + length) != plain_masked_crc(events.back())) return {};
    at += 16 + length;
  }
  return events;
}

}  // namespace

class TestExport : public QObject {
  Q_OBJECT

 private:
  ExportFolder folder_{};

  QString fresh() { return folder_.fresh(); }
  TrainingState trained(const Document& document) { return folder_.trained(document); }
  void write_case(const TrainingState& state, const QString& to) { folder_.write_case(state, to); }

  static void set_trainer(Document& document, const ParamMap& params) {
    for (const auto& [name, value] : params)
      if (const auto set = document.apply(Edit{SetParam{"trainer", name, value}}); !set)
        qFatal("%s", set.error().line().c_str());
  }

  /// Which records train and which validate, by several rules.
  void write_splits(const ExportedModel& model, const QString& to) {
    const std::string groups = "city";
    const std::vector<ParamMap> rules = {
        {},
        {{"folds", std::int64_t{3}}, {"fold", std::int64_t{2}}},
        {{"split_by", std::string("stratified")}},
        {{"split_by", std::string("stratified")}, {"folds", std::int64_t{5}}, {"seed", std::int64_t{9}}},
        {{"split_by", std::string("group")}, {"split_column", groups}},
        {{"split_by", std::string("group")}, {"split_column", groups}, {"folds", std::int64_t{3}}},
        {{"split_by", std::string("column")},
         {"split_column", groups},
         {"validation_values", ValueList{std::string("town1")}},
         {"training_values", ValueList{std::string("town0"), std::string("town3")}}}};
    QJsonArray splits;
    for (const ParamMap& rule : rules) {
      Document document = model.drawn;
      set_trainer(document, rule);
      const auto plan = make_plan(document, {});
      QVERIFY2(plan, plan ? "" : plan.error().line().c_str());
      const auto side = [](const SamplerPlan& sampler) {
        std::vector<std::uint64_t> records;
        for (std::uint64_t i = 0; i < sampler.count; ++i) records.push_back(sampler.record(0, i));
        std::sort(records.begin(), records.end());
        QJsonArray all;
        for (const std::uint64_t record : records) all.append(static_cast<qint64>(record));
        return all;
      };
      const auto texts = [](const std::vector<std::string>& values) {
        QJsonArray all;
        for (const std::string& value : values) all.append(QString::fromStdString(value));
        return all;
      };
      const TrainerSettings& is = (*plan)->trainer;
      splits.append(QJsonObject{{"sides", QJsonArray{side((*plan)->train.sampler), side((*plan)->validation->sampler)}},
                                {"rules", QJsonObject{{"by", QString::fromStdString(is.split_by)},
                                                      {"column", QString::fromStdString(is.split_column)},
                                                      {"share", is.validation_split},
                                                      {"folds", static_cast<qint64>(is.folds)},
                                                      {"fold", static_cast<qint64>(is.fold)},
                                                      {"seed", static_cast<qint64>(is.seed)},
                                                      {"validation", texts(is.validation_values)},
                                                      {"training", texts(is.training_values)}}}});
    }
    const auto file = model.train.source_params.find("file");
    QVERIFY(file != model.train.source_params.end());
    write_file(to + "/splits.json",
               QJsonDocument(QJsonObject{{"file", QString::fromStdString(std::get<std::string>(file->second))},
                                         {"splits", splits}})
                   .toJson());
  }

  /// A module whose first and last weights are one, with a buffer and numbers that are dropped.
  QString saved_program() {
    torch::jit::Module module("Own");
    module.register_attribute("training", c10::BoolType::get(), true);
    const at::Tensor weight = at::arange(256).view({16, 16}).mul(0.37).sin().mul(0.4).requires_grad_(true);
    module.register_parameter("a", weight, /*is_buffer=*/false);
    module.register_parameter("b", at::full({16}, 0.1).requires_grad_(true), false);
    module.register_parameter("c", weight, false);
    module.register_buffer("scale", at::linspace(0.5, 1.5, 16));
    module.define(
        "def forward(self, x):\n"
        "    h = torch.tanh(torch.linear(x, self.a, self.b)) * self.scale\n"
        "    return torch.linear(torch.dropout(h, 0.25, self.training), self.c)\n");
    const QString file = fresh() + "/own.pt";
    module.save(file.toStdString());
    return file;
  }

  /// A layer by its name, and of the text encoder all stages but the last.
  static void write_frozen(const ExportedModel& model, const QString& to) {
    QJsonArray names = {"still.a", "still.b"};
    for (const auto& [name, value] : model.weights)
      if (name.starts_with("text.embeddings.") || name.starts_with("text.transformer.layer.0."))
        names.append(QString::fromStdString(name));
    QVERIFY(names.size() > 18);
    write_file(to + "/frozen.json", QJsonDocument(names).toJson());
  }

  /// What lies beside model.py is the program with what it has learnt, and what train.py begins with is its file's.
  static void look_at_programs(const ExportedModel& model, const QString& to) {
    const auto own = torch::jit::load((to + "/export/own.script.pt").toStdString());
    const auto start = SafetensorsFile::open((to + "/export/start.safetensors").toStdString());
    QVERIFY(start);
    const auto numbers = [](const at::Tensor& tensor) {
      return std::vector<float>(tensor.data_ptr<float>(), tensor.data_ptr<float>() + tensor.numel());
    };
    const auto learnt = numbers(own.attr("a").toTensor());
    QCOMPARE(numbers(own.attr("c").toTensor()), learnt);
    QCOMPARE(learnt, *model.weights.at("own.a").numbers<float>());
    QVERIFY(learnt != *start->read("own.a")->numbers<float>());
    QCOMPARE(*start->read("still.a")->numbers<float>(), *model.weights.at("still.a").numbers<float>());
    const auto refused = onnx_model(model);
    QVERIFY(!refused && refused.error().node == "still" && !refused.error().remedy.empty());
    // A file that is another one by now, and one that is gone.
    const QString file = QString::fromStdString(std::get<std::string>(model.network().layers[1].params.at("file")));
    const auto of = [&] { return trained_program(model.network().layers[1], model.weights, "still."); };
    torch::jit::Module other("Own");
    other.register_attribute("training", c10::BoolType::get(), true);
    other.register_parameter("a", at::ones({16, 4}).requires_grad_(true), false);
    other.define("def forward(self, x):\n    return torch.matmul(x, self.a)\n");
    other.save(file.toStdString());
    QVERIFY2(!of() && of().error().reason.find("another shape") != std::string::npos, "another file");
    QVERIFY(QFile::remove(file));
    QVERIFY2(!of() && of().error().line().find("there is no such file") != std::string::npos, "no file");
    QVERIFY(!of().error().remedy.empty() && !of().error().node.empty());
  }

  /// TorchScript says in this program what the model says.
  void compare_torchscript(const ExportedModel& model, const QString& to) {
    auto script = torch::jit::load((to + "/model.pt").toStdString());
    script.eval();
    const auto file = SafetensorsFile::open((to + "/case.safetensors").toStdString());
    QVERIFY(file);
    const auto tensor = [&](const std::string& name) {
      const auto value = file->read(name);
      if (!value) qFatal("%s", value.error().line().c_str());
      const at::ScalarType type = value->type == ElementType::F32   ? at::kFloat
                                  : value->type == ElementType::I32 ? at::kInt
                                                                    : at::kLong;
      return at::from_blob(const_cast<std::byte*>(value->data.data()), value->shape, at::TensorOptions(type)).clone();
    };
    std::vector<c10::IValue> inputs;
    for (const std::size_t field : model.inputs)
      inputs.emplace_back(tensor("field " + model.plan->train.fields[field].name));
    const torch::NoGradGuard no_gradients;
    const at::Tensor said = script.forward(inputs).toTensor();
    const at::Tensor wanted = tensor("scores");
    const double apart = (said.softmax(1) - wanted).abs().max().item<double>();
    QVERIFY2(apart <= 1e-5, QByteArray::number(apart));
  }

 private Q_SLOTS:
  void says_the_same_everywhere_data() {
    QTest::addColumn<QByteArray>("what");
    for (const char* what : {"pictures", "table", "texts", "two inputs", "programs"})
      QTest::newRow(what) << QByteArray(what);
  }

  void says_the_same_everywhere() {
    QFETCH(QByteArray, what);
    const QString to = fresh();
    Document drawn = graph_of_kind(what);
    if (what == "pictures") set_trainer(drawn, {{"freeze", ValueList{std::string("conv1"), std::string("n*m")}}});
    if (what == "programs") set_trainer(drawn, {{"freeze", ValueList{std::string("still")}}});
    const TrainingState state = trained(drawn);
    const auto model = exported_model(state);
    QVERIFY2(model, model ? "" : model.error().line().c_str());
    write_case(state, to);
    if (what == "programs") write_frozen(*model, to);
    if (what == "table") write_splits(*model, to);
    if (what == "pictures")
      write_file(to + "/frozen.json", "[\"conv1.weight\", \"conv1.bias\", \"norm.weight\", \"norm.bias\"]");
    const bool onnx = what != "programs";  // which are PyTorch's own
    const ExportTargets targets{.pytorch = (to + "/export").toStdString(),
                                .onnx = onnx ? (to + "/model.onnx").toStdString() : std::string(),
                                .torchscript = (to + "/model.pt").toStdString(),
                                .safetensors = (to + "/weights.safetensors").toStdString()};
    const auto written = export_files(state, {}, targets);
    QVERIFY2(written, written ? "" : written.error().line().c_str());
    QCOMPARE(written->size(), std::size_t{onnx ? 4U : 3U});
    const auto weights = SafetensorsFile::open(targets.safetensors);
    QVERIFY(weights);
    QVERIFY(weights->read_all().value() == model->weights);
    QVERIFY(weights->metadata().at("preparation") == preparation_json(*model));
    compare_torchscript(*model, to);
    if (what == "programs") look_at_programs(*model, to);
    QProcess python;
    python.setProcessChannelMode(QProcess::MergedChannels);
    python.start("/usr/bin/python3", {source_dir("/tests/support/check_export.py"), to + "/export", to});
    if (!python.waitForFinished(120'000)) QSKIP("there is no python3");
    const QByteArray said = python.readAll();
    if (said.startsWith("SKIP")) QSKIP(said.constData());
    QVERIFY2(python.exitCode() == 0 && said.contains("OK"), said.constData());
  }

  /// Each per-record node, layer, loss and optimiser is written, or says why not.
  void every_type_of_node_is_known() {
    QStringList missing;
    for (const NodeSpec* spec : Registry::instance().all()) {
      const bool part = spec->role == Role::Sample || spec->role == Role::Layer || spec->role == Role::Loss ||
                        spec->role == Role::Optimizer || spec->role == Role::Estimator;
      if (part && !Writers::instance().knows(spec->type)) missing << QString::fromStdString(spec->type);
    }
    // Types that only tests have.
    missing.erase(
        std::remove_if(missing.begin(), missing.end(), [](const QString& type) { return type.startsWith("test"); }),
        missing.end());
    QVERIFY2(missing.isEmpty(), qPrintable(missing.join(", ")));
  }

  void folders_are_whole_or_untouched() {
    const TrainingState state = trained(graph_of_kind("two inputs"));
    const QString to = fresh();
    write_file(to + "/mine.txt", "kept");
    const auto refused = export_files(state, {}, {.pytorch = to.toStdString()});
    QVERIFY(!refused);
    QVERIFY(!refused.error().remedy.empty() && !refused.error().file.empty());
    QCOMPARE(files_below(to).size(), qsizetype{1});
    QVERIFY(!export_files(state, {}, {.onnx = "/proc/none/model.onnx"}));
    const QString twice = fresh();
    for (int turn = 0; turn < 2; ++turn) QVERIFY(export_files(state, {}, {.pytorch = twice.toStdString()}));
    QCOMPARE(files_below(twice).size(), qsizetype{8});
  }

  /// Its records are whole, and it can be read while it grows.
  void tensorboard_follows_a_run() {
    QCOMPARE(masked_crc32c("123456789"), (0xE3069283U >> 15U | 0xE3069283U << 17U) + 0xA282EAD8U);
    const QString to = fresh();
    const Document document = graph_of_kind("two inputs");
    auto events = EventFile::open((to + "/run").toStdString(), document);
    QVERIFY2(events, events ? "" : events.error().line().c_str());
    const QString file = files_below(to).front();
    const QByteArrayList first = events_in(read_file(file));
    QCOMPARE(first.size(), qsizetype{2});
    QVERIFY(first[0].contains("brain.Event:2"));
    for (const char* type : {"hash_tokens", "tf_idf", "embedding_bag"}) QVERIFY2(first[1].contains(type), type);

    Snapshot now{.at = 5'000'000'000};
    now.trainer.steps = 4;
    now.trainer.loss = 0.75;
    (*events)->take(now);
    (*events)->take(now);  // no step since
    EpochResult epoch{.epoch = 1, .samples_per_s = 100, .step = 6, .learning_rate = 0.5};
    epoch.metrics = {loss_metric(kTrainSplit, 0.5), loss_metric(kValSplit, kNotKnown)};
    (*events)->take(Fact(EpochDone{epoch}));
    (*events)->take(Fact(Finished{}));
    QVERIFY((*events)->status());
    const QByteArrayList all = events_in(read_file(file));
    QCOMPARE(all.size(), qsizetype{7});  // a loss, then a metric that is known, rate, speed and epoch
    float loss = 0.75F;
    QVERIFY(all[2].contains("loss/running"));
    QVERIFY(all[2].endsWith(QByteArray(reinterpret_cast<const char*>(&loss), sizeof loss)));
    QVERIFY(all[3].contains("loss/train"));
    QVERIFY(!EventFile::open("/proc/none", document));
  }

  void the_card_tells_what_is_known() {
    const TrainingState state = trained(graph_of_kind("table"));
    const QString to = fresh();
    const auto checkpoint = fs::path((to + "/a.safetensors").toStdString());
    QVERIFY(save_training_state(state, checkpoint));
    for (const char* name : {"/card.md", "/card.html"}) {
      const auto written = export_files(state, checkpoint, {.card = (to + name).toStdString()});
      QVERIFY2(written, written ? "" : written.error().line().c_str());
      const QByteArray card = read_file(to + name);
      for (const char* told : {"Figures", "standardise", "adamw", "multiply-adds", "SHA-256", "validation"})
        QVERIFY2(card.contains(told), told);
      QVERIFY(!card.contains("<odd>"));  // the title is text, whatever it holds
    }
  }

 private:
  Document graph_of_kind(const QByteArray& what) {
    if (what == "pictures") {
      const QString data = fresh();
      write_file(data + "/images", idx_images(96));
      write_file(data + "/labels", idx_labels(96));
      const QByteArray source =
          "{\"images\": \"" + (data + "/images").toUtf8() + "\", \"labels\": \"" + (data + "/labels").toUtf8() + "\"}";
      return graph_with(
          {node_of("source", "idx", source.constData()),
           node_of("crop", "pad_random_crop", "{\"padding\": 2, \"size\": 28}"), node_of("even", "clahe"),
           node_of("flip", "horizontal_flip"), node_of("normalise", "normalise", "{\"statistics\": \"fitted\"}"),
           node_of("conv1", "conv2d", "{\"filters\": 6, \"kernel\": 4, \"stride\": 2}"), node_of("norm", "batch_norm"),
           node_of("silu", "silu"), node_of("pool", "max_pool"),
           node_of("conv2", "conv2d", "{\"filters\": 8, \"bias\": false}"),
           node_of("group", "group_norm", "{\"groups\": 2}"), node_of("gelu", "gelu"),
           node_of("drop", "spatial_dropout"), node_of("flat", "flatten"), node_of("layer", "layer_norm"),
           node_of("linear", "linear")},
          "source.image shuffle.sample, shuffle.sample crop.image, crop.image even.image, even.image flip.image, "
          "flip.image "
          "normalise.image, normalise.image batch.image, batch.image conv1.x, conv1.y norm.x, norm.y silu.x, silu.y "
          "pool.x, pool.y "
          "conv2.x, "
          "conv2.y group.x, group.y gelu.x, gelu.y drop.x, drop.y flat.x, flat.y layer.x, layer.y linear.x, "
          "linear.y loss.prediction");
    }
    if (what == "table") {
      const QString file = fresh() + "/table.csv";
      QByteArray rows = "age,job,income,city,class\n";
      for (int i = 0; i < 96; ++i)
        rows += QByteArray::number(20 + i * 7 % 40) + "," +
                (i % 9 == 0 ? "?"
                 : i % 2    ? "clerk"
                            : "cook") +
                "," + (i % 7 == 0 ? "" : QByteArray::number(1000.5 + i * i)) + ",town" + QByteArray::number(i % 4) +
                "," + (i % 3 ? "low" : "high") + "\n";
      write_file(file, rows);
      const QByteArray source = "{\"file\": \"" + file.toUtf8() + "\", \"label\": \"class\"}";
      return graph_with(
          {node_of("source", "csv", source.constData()), node_of("impute", "impute", "{\"indicator\": true}"),
           node_of("bins", "bins", "{\"bins\": 4, \"columns\": [\"age\"], \"encode\": \"one_hot\"}"),
           node_of("log", "log", "{\"columns\": [\"income\"]}"),
           node_of("scale", "standardise", "{\"columns\": [\"income\"]}"),
           node_of("hash", "hash_columns", "{\"buckets\": 3, \"columns\": [\"city\"]}"), node_of("one_hot", "one_hot"),
           node_of("features", "features"), node_of("linear1", "linear", "{\"units\": 9}"), node_of("relu", "relu"),
           node_of("dropout", "dropout"), node_of("linear2", "linear"),
           node_of("unit", "scale_output", "{\"deviation\": 1.5, \"mean\": 0.25}")},
          "source.row shuffle.sample, shuffle.sample impute.row, impute.row bins.row, bins.row log.row, log.row "
          "scale.row, "
          "scale.row hash.row, hash.row one_hot.row, one_hot.row features.row, features.features batch.features, "
          "batch.features linear1.x, linear1.y relu.x, relu.y dropout.x, dropout.y linear2.x, linear2.y unit.x, unit.y "
          "loss.prediction");
    }
    const QString lines = fresh() + "/lines.tsv";
    write_file(lines, text_lines(96));
    const QByteArray source = "{\"file\": \"" + lines.toUtf8() + "\"}";
    if (what == "programs") {
      const QByteArray own = "{\"file\": \"" + saved_program().toUtf8() + "\"}";
      return graph_with(
          {node_of("source", "text_lines", source.constData()),
           node_of("pieces", "sentencepiece", "{\"algorithm\": \"bpe\", \"length\": 40, \"size\": 40}"),
           node_of("text", "text_encoder",
                   "{\"frozen\": \"stages\", \"heads\": 2, \"layers\": 2, \"places\": 48, \"width\": 16}"),
           node_of("still", "torchscript", own.constData()), node_of("own", "torchscript", own.constData()),
           node_of("linear", "linear")},
          "source.text shuffle.sample, shuffle.sample pieces.text, pieces.tokens batch.tokens, batch.tokens "
          "text.tokens, text.y still.x, still.y own.x, own.y linear.x, linear.y loss.prediction");
    }
    if (what == "texts")
      return graph_with(
          {node_of("source", "text_lines", source.constData()), node_of("form", "normalise_text", "{\"lower\": true}"),
           node_of("vocabulary", "vocabulary", "{\"length\": 12, \"least_count\": 1, \"tokens\": \"char_ngrams\"}"),
           node_of("embedding", "embedding", "{\"width\": 8}"), node_of("place", "positional_encoding"),
           node_of("encoder", "transformer_encoder", "{\"heads\": 2, \"norm\": \"before\"}"),
           node_of("conv", "conv1d", "{\"filters\": 6}"),
           node_of("lstm", "lstm", "{\"bidirectional\": true, \"units\": 5}"),
           node_of("attention", "attention", "{\"heads\": 2}"),
           node_of("pool", "sequence_pool", "{\"pooling\": \"max\"}"),
           node_of("gru", "gru", "{\"output\": \"all\", \"units\": 4}"), node_of("mean", "sequence_pool"),
           node_of("both", "concatenate"), node_of("linear", "linear")},
          "source.text shuffle.sample, shuffle.sample form.text, form.text vocabulary.text, vocabulary.tokens "
          "batch.tokens, "
          "batch.tokens embedding.tokens, embedding.y place.x, batch.tokens place.tokens, place.y encoder.x, "
          "batch.tokens encoder.tokens, encoder.y conv.x, batch.tokens conv.tokens, conv.y lstm.x, batch.tokens "
          "lstm.tokens, "
          "encoder.y attention.x, batch.tokens attention.tokens, attention.y pool.x, batch.tokens pool.tokens, "
          "attention.y gru.x, batch.tokens gru.tokens, gru.y mean.x, batch.tokens mean.tokens, lstm.y both.a, pool.y "
          "both.b, "
          "mean.y both.c, both.y linear.x, linear.y loss.prediction");
    return graph_with(
        {node_of("source", "text_lines", source.constData()),
         node_of("hash", "hash_tokens", "{\"size\": 60, \"length\": 9}"),
         node_of("weights", "tf_idf", "{\"size\": 12, \"tokens\": \"characters\"}"),
         node_of("bag", "embedding_bag", "{\"width\": 7}"), node_of("hidden", "linear", "{\"units\": 5}"),
         node_of("tanh", "tanh"), node_of("both", "concatenate"), node_of("linear", "linear")},
        "source.text shuffle.sample, shuffle.sample hash.text, shuffle.sample weights.text, hash.tokens batch.tokens, "
        "weights.features batch.features, batch.tokens bag.tokens, batch.features hidden.x, hidden.y tanh.x, bag.y "
        "both.a, "
        "tanh.y both.b, both.y linear.x, linear.y loss.prediction");
  }
};

FEEDLINE_TEST(TestExport)

}  // namespace test_export

#include "test_export.moc"
