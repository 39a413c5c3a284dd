// SPDX-License-Identifier: GPL-3.0-or-later
// A trained model in the formats of other programs says what Feedline says. PyTorch runs what is written for it where
// python3-torch is installed; TorchScript runs here.
#include "base/torch.h"
#include "exporting/event_file.h"
#include "exporting/export_files.h"
#include "exporting/model_card.h"
#include "exporting/onnx.h"
#include "exporting/pytorch.h"
#include "exporting/torchscript.h"
#include "graph/json.h"
#include "schema/row.h"
#include "state/checkpoint_files.h"
#include "state/safetensors.h"
#include "support/fixtures.h"
#include "support/places.h"
#include "support/run_recorder.h"
#include "support/small_data.h"
#include "support/test_program.h"
#include "training/inference/session.h"
#include "training/resume.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>

namespace test_export {

using namespace feedline;
using namespace feedline::test;

namespace {

namespace fs = std::filesystem;

/// A node, and its wires "from > input".
QByteArray node_of(const char* id, const char* type, const char* params = "{}") {
  return QByteArray("{\"id\": \"") + id + "\", \"type\": \"" + type + "\", \"version\": 1, \"params\": " + params +
         ", \"position\": [0, 0]}";
}

/// `wires`: "source.image shuffle.sample" and so on.
Document graph_with(const QByteArrayList& nodes, const char* wires, const char* loss = "cross_entropy") {
  QByteArrayList all = nodes;
  all << node_of("shuffle", "shuffle") << node_of("batch", "batch", "{\"size\": 16}") << node_of("loss", loss)
      << node_of("optimizer", "adamw", "{\"schedule\": \"one_cycle\", \"clip_norm\": 1, \"ema\": 0.9}")
      << node_of("trainer", "trainer", "{\"device\": \"cpu\", \"epochs\": 1, \"validation_split\": 0.25}");
  QByteArrayList links;
  for (const QByteArray& wire : QByteArray(wires).simplified().split(','))
    links << "{\"from\": \"" + wire.trimmed().replace(" ", "\", \"to\": \"") + "\"}";
  links << "{\"from\": \"loss.loss\", \"to\": \"trainer.loss\"}"
        << "{\"from\": \"optimizer.optimizer\", \"to\": \"trainer.optimizer\"}"
        << "{\"from\": \"source.label\", \"to\": \"shuffle.label\"}"
        << "{\"from\": \"shuffle.label\", \"to\": \"batch.label\"}"
        << "{\"from\": \"batch.label\", \"to\": \"loss.target\"}";
  const QByteArray text = "{\"feedline\": 1, \"title\": \"Small & <odd> | one\", \"nodes\": [" + all.join(',') +
                          "], \"links\": [" + links.join(',') + "]}";
  auto loaded = from_json(text.toStdString());
  if (!loaded) qFatal("%s", loaded.error().line().c_str());
  return std::move(loaded->document);
}

TensorValue float_rows(const std::byte* data, std::vector<std::int64_t> shape, ElementType type) {
  TensorValue value{.type = type, .shape = std::move(shape)};
  value.data.assign(data, data + *bytes_of(type, value.shape));
  return value;
}

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

/// A field of a batch as the model sees it: ragged rows as long as the longest.
TensorValue field_value(const Batch& batch, std::size_t index, const BatchField& field) {
  const ElementType type = field.record.dtype == DType::F32   ? ElementType::F32
                           : field.record.dtype == DType::I32 ? ElementType::I32
                           : field.record.dtype == DType::U8  ? ElementType::U8
                                                              : ElementType::I64;
  const auto rows = static_cast<std::int64_t>(batch.records);
  std::vector<std::int64_t> shape = {rows};
  for (const Dim& dim : field.record.shape) shape.push_back(dim.most());
  const TensorValue whole = float_rows(batch.buffer->fields[index], shape, type);
  if (field.capacity == 0) return whole;
  const std::int64_t longest = batch.longest(index);
  TensorValue narrow{.type = type, .shape = {rows, longest}};
  const auto unit = static_cast<std::ptrdiff_t>(size_of(type));
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto first = whole.data.begin() + row * field.capacity * unit;
    narrow.data.insert(narrow.data.end(), first, first + longest * unit);
  }
  return narrow;
}

/// A record of the source as data.py takes it; pixels go elsewhere.
QJsonObject record_json(const Source& source, const NodeSpec& spec, std::uint64_t index, TensorValue* pixels) {
  std::vector<Datum> values(source.outputs().size());
  std::vector<Datum*> out;
  for (Datum& value : values) out.push_back(&value);
  if (Status read = source.read(index, out); !read) qFatal("%s", read.error().line().c_str());
  QJsonObject record;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const TensorDesc& desc = source.outputs()[i];
    const QString port = QString::fromStdString(spec.outputs[i].name);
    if (desc.kind == Kind::Text) {
      record[port] = QString::fromUtf8(values[i].as<char>(), static_cast<qsizetype>(values[i].bytes()));
    } else if (desc.kind == Kind::Label) {
      record[port] = static_cast<qint64>(*values[i].as<std::int64_t>());
    } else if (desc.kind == Kind::Row) {
      const RowView row(values[i], desc.columns.size());
      QJsonObject cells;
      for (std::size_t k = 0; k < desc.columns.size(); ++k) {
        const QString name = QString::fromStdString(desc.columns[k].name);
        if (desc.columns[k].type == ColumnType::Number) {
          cells[name] = std::isnan(row.number(k)) ? QJsonValue("NaN") : QJsonValue(row.number(k));
        } else {
          const auto text = row.text(k);
          cells[name] =
              text ? QJsonValue(QString::fromUtf8(text->data(), static_cast<qsizetype>(text->size()))) : QJsonValue();
        }
      }
      record[port] = cells;
    } else if (desc.kind == Kind::Image) {
      pixels->type = ElementType::U8;
      if (pixels->shape.empty()) pixels->shape = {0, values[i].dim(0), values[i].dim(1), values[i].dim(2)};
      ++pixels->shape[0];
      pixels->data.insert(pixels->data.end(), values[i].data(), values[i].data() + values[i].bytes());
    }
  }
  return record;
}

}  // namespace

class TestExport : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_{};
  int made_ = 0;

  QString fresh() {
    const QString path = folder_.filePath(QString::number(++made_));
    QDir().mkpath(path);
    return path;
  }

  /// The state at the end of a short run.
  TrainingState trained(const Document& document) {
    RunOptions options{.cache_folder = folder_.filePath("cache").toStdString()};
    options.checkpoints.folder = fresh().toStdString();
    RecordedRun run(document, options);
    if (run.result().end != RunResult::End::Completed)
      qFatal("%s", run.result().failure ? run.result().failure->line().c_str() : "it did not end");
    auto found = open_best_checkpoint(options.checkpoints.folder);
    if (!found) qFatal("%s", found.error().line().c_str());
    return std::move(found->state);
  }

  /// Writes the first batch of the graph's own data, what the model says of it, and the records it came from.
  void write_case(const TrainingState& state, const QString& to) {
    const InferenceOptions options{.cache_folder = folder_.filePath("cache").toStdString()};
    auto document = open_for_any_records(*graph_of(state));
    PlanOptions plan_options;
    plan_options.sources.cache_folder = options.cache_folder;
    auto plan = make_plan(*document, plan_options);
    QVERIFY2(plan, plan ? "" : plan.error().line().c_str());
    auto session = InferenceSession::open(judging(**plan), state, options);
    QVERIFY2(session, session ? "" : session.error().line().c_str());
    const DataPlan& data = *(*session)->plan().validation;
    const NodeSpec& spec = *Registry::instance().find(data.source_type);
    NamedTensors tensors;
    QJsonArray records;
    Status done = (*session)->each_batch([&](const Batch& batch) -> Status {
      if (!tensors.empty()) return {};
      for (std::size_t i = 0; i < data.fields.size(); ++i)
        tensors.emplace("field " + data.fields[i].name, field_value(batch, i, data.fields[i]));
      auto scores = (*session)->learner().predict(batch);
      if (!scores) return fail(std::move(scores.error()));
      const auto& first = scores->front();
      tensors.emplace(
          "scores", TensorValue::of(std::span<const float>(first.values), {static_cast<std::int64_t>(batch.records),
                                                                           static_cast<std::int64_t>(first.columns)}));
      tensors.emplace("kind", TensorValue::of(std::vector<std::int64_t>{first.target == TargetKind::Classes ? 1 : 0}));
      TensorValue pixels;
      for (const std::uint64_t id : batch.record_ids) records.append(record_json(*data.source, spec, id, &pixels));
      if (!pixels.data.empty()) tensors.emplace("pixels", std::move(pixels));
      return {};
    });
    QVERIFY2(done, done ? "" : done.error().line().c_str());
    QVERIFY(!tensors.empty());
    QVERIFY(write_safetensors((to + "/case.safetensors").toStdString(), views_of(tensors)));
    write_file(to + "/records.json", QJsonDocument(records).toJson());
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
    for (const char* what : {"pictures", "table", "texts", "two inputs"}) QTest::newRow(what) << QByteArray(what);
  }

  void says_the_same_everywhere() {
    QFETCH(QByteArray, what);
    const QString to = fresh();
    const TrainingState state = trained(graph_of_kind(what));
    const auto model = exported_model(state);
    QVERIFY2(model, model ? "" : model.error().line().c_str());
    write_case(state, to);
    const bool texts = what == "texts";
    ExportTargets targets{.pytorch = (to + "/export").toStdString(),
                          .torchscript = (to + "/model.pt").toStdString(),
                          .safetensors = (to + "/weights.safetensors").toStdString()};
    if (!texts) targets.onnx = (to + "/model.onnx").toStdString();
    const auto written = export_files(state, {}, targets);
    QVERIFY2(written, written ? "" : written.error().line().c_str());
    QCOMPARE(written->size(), texts ? std::size_t{3} : std::size_t{4});
    const auto weights = SafetensorsFile::open(targets.safetensors);
    QVERIFY(weights);
    QVERIFY(weights->read_all().value() == model->weights);
    compare_torchscript(*model, to);
    if (texts) {  // what ONNX cannot have names its node
      const auto refused = onnx_model(*model);
      QVERIFY(!refused);
      QVERIFY2(!refused.error().node.empty() && !refused.error().remedy.empty(), refused.error().line().c_str());
    }

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
                        spec->role == Role::Optimizer;
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
    QCOMPARE(files_below(twice).size(), qsizetype{7});
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
           node_of("crop", "pad_random_crop", "{\"padding\": 2, \"size\": 28}"), node_of("flip", "horizontal_flip"),
           node_of("normalise", "normalise", "{\"statistics\": \"fitted\"}"),
           node_of("conv1", "conv2d", "{\"filters\": 6, \"kernel\": 4, \"stride\": 2}"), node_of("norm", "batch_norm"),
           node_of("silu", "silu"), node_of("pool", "max_pool"),
           node_of("conv2", "conv2d", "{\"filters\": 8, \"bias\": false}"),
           node_of("group", "group_norm", "{\"groups\": 2}"), node_of("gelu", "gelu"),
           node_of("drop", "spatial_dropout"), node_of("flat", "flatten"), node_of("layer", "layer_norm"),
           node_of("linear", "linear")},
          "source.image shuffle.sample, shuffle.sample crop.image, crop.image flip.image, flip.image normalise.image, "
          "normalise.image batch.image, batch.image conv1.x, conv1.y norm.x, norm.y silu.x, silu.y pool.x, pool.y "
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
           node_of("dropout", "dropout"), node_of("linear2", "linear")},
          "source.row shuffle.sample, shuffle.sample impute.row, impute.row bins.row, bins.row log.row, log.row "
          "scale.row, "
          "scale.row hash.row, hash.row one_hot.row, one_hot.row features.row, features.features batch.features, "
          "batch.features linear1.x, linear1.y relu.x, relu.y dropout.x, dropout.y linear2.x, linear2.y "
          "loss.prediction");
    }
    const QString lines = fresh() + "/lines.tsv";
    write_file(lines, text_lines(96));
    const QByteArray source = "{\"file\": \"" + lines.toUtf8() + "\"}";
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
