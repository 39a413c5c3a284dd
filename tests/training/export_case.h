// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Small graphs that are trained and exported, and what their models say of their own first batch.

#include "exporting/exported_model.h"
#include "graph/json.h"
#include "schema/row.h"
#include "state/checkpoint_files.h"
#include "state/safetensors.h"
#include "support/fixtures.h"
#include "support/run_recorder.h"
#include "training/inference/session.h"
#include "training/resume.h"

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace feedline::test {

/// A node, and its wires "from > input".
inline QByteArray node_of(const char* id, const char* type, const char* params = "{}") {
  return QByteArray("{\"id\": \"") + id + "\", \"type\": \"" + type + "\", \"version\": 1, \"params\": " + params +
         ", \"position\": [0, 0]}";
}

/// `wires`: "source.image shuffle.sample" and so on.
inline Document graph_with(const QByteArrayList& nodes, const char* wires, const char* loss = "cross_entropy",
                           const QByteArray& optimizer = node_of(
                               "optimizer", "adamw", "{\"schedule\": \"one_cycle\", \"clip_norm\": 1, \"ema\": 0.9}")) {
  QByteArrayList all = nodes;
  all << node_of("shuffle", "shuffle") << node_of("batch", "batch", "{\"size\": 16}") << node_of("loss", loss)
      << optimizer << node_of("trainer", "trainer", "{\"device\": \"cpu\", \"epochs\": 1, \"validation_split\": 0.25}");
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

inline TensorValue float_rows(const std::byte* data, std::vector<std::int64_t> shape, ElementType type) {
  TensorValue value{.type = type, .shape = std::move(shape)};
  value.data.assign(data, data + *bytes_of(type, value.shape));
  return value;
}

/// A field of a batch as the model sees it: ragged rows as long as the longest.
inline TensorValue field_value(const Batch& batch, std::size_t index, const BatchField& field) {
  const ElementType type = field.record.dtype == DType::F32   ? ElementType::F32
                           : field.record.dtype == DType::F64 ? ElementType::F64
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
inline QJsonObject record_json(const Source& source, const NodeSpec& spec, std::uint64_t index, TensorValue* pixels) {
  std::vector<Datum> values(source.outputs().size());
  std::vector<Datum*> out;
  for (Datum& value : values) out.push_back(&value);
  if (Status read = source.read(index, out); !read) qFatal("%s", read.error().line().c_str());
  QJsonObject record;
  record["number"] = static_cast<qint64>(index);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const TensorDesc& desc = source.outputs()[i];
    const QString port = QString::fromStdString(spec.outputs[i].name);
    if (desc.kind == Kind::Text) {
      record[port] = QString::fromUtf8(values[i].as<char>(), static_cast<qsizetype>(values[i].bytes()));
    } else if (desc.kind == Kind::Label) {
      record[port] = desc.dtype == DType::F32 ? QJsonValue(static_cast<double>(*values[i].as<float>()))
                                              : QJsonValue(static_cast<qint64>(*values[i].as<std::int64_t>()));
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

/// A folder of a test's own, with what its runs leave.
class ExportFolder {
 public:
  /// A new folder in it.
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

 private:
  QTemporaryDir folder_{};
  int made_ = 0;
};

}  // namespace feedline::test
