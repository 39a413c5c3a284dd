// SPDX-License-Identifier: GPL-3.0-or-later
// What a preview shows is what a run sees.
#include "base/torch.h"
#include "engine/fit.h"
#include "engine/pipeline.h"
#include "engine/preview_view.h"
#include "graph/edit.h"
#include "graph/grouping.h"
#include "graph/path.h"
#include "support/fake_nodes.h"
#include "support/fixtures.h"
#include "support/random_graphs.h"
#include "support/run_recorder.h"
#include "support/small_data.h"
#include "support/test_program.h"
#include "training/model.h"
#include "training/preview.h"
#include "training/tensors.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <limits>
#include <map>
#include <set>
#include <stop_token>
#include <thread>

namespace test_preview {

using namespace feedline;

namespace {

std::vector<float> floats(const PreviewValue& value) {
  std::vector<float> numbers(value.data.size() / sizeof(float));
  std::memcpy(numbers.data(), value.data.data(), value.data.size());
  return numbers;
}

/// folder of pictures > decode > random crop > normalise > batch, without model and trainer.
Document photos(const QString& folder) {
  Document document;
  const auto node = [&](const char* id, const char* type, ParamMap params = {}) {
    if (!document.apply(Edit{AddNode{.node = {.id = id, .type = type, .params = std::move(params)}}})) qFatal("%s", id);
  };
  const auto wire = [&](const char* from, const char* out, const char* to, const char* in) {
    if (!document.apply(Edit{AddLink{.link = {.from = {from, out}, .to = {to, in}}}})) qFatal("%s", to);
  };
  node("source", "image_folder", {{"folder", folder.toStdString()}});
  node("decode", "decode");
  node("crop", "random_resized_crop", {{"size", std::int64_t{24}}});
  node("normalise", "normalise");
  node("batch", "batch", {{"size", std::int64_t{4}}});
  wire("source", "file", "decode", "file");
  wire("decode", "image", "crop", "image");
  wire("crop", "image", "normalise", "image");
  wire("normalise", "image", "batch", "image");
  wire("source", "label", "batch", "label");
  return document;
}

/// A batch, and what learns its labels from `linear`, whose input is left to wire.
constexpr const char* kModel =
    " batch:batch linear:linear loss:cross_entropy sgd:sgd trainer:trainer linear.y>loss.prediction "
    "batch.label>loss.target loss.loss>trainer.loss sgd.optimizer>trainer.optimizer ";
/// From what `flatten` reads to that input.
constexpr const char* kFlat = " flatten:flatten flatten.y>linear.x ";

/// Texts are compared in test_run, over a graph of theirs; rows of tables fit no picture's graph either.
bool of_texts(const NodeSpec& spec) {
  const auto texts = [](const PortSpec& port) {
    return port.kind == Kind::Text || port.kind == Kind::Tokens || port.kind == Kind::Row;
  };
  return std::any_of(spec.inputs.begin(), spec.inputs.end(), texts) ||
         std::any_of(spec.outputs.begin(), spec.outputs.end(), texts);
}

/// Those are compared over a table.
bool takes_rows(const NodeSpec& spec) {
  return spec.role == Role::Sample && !spec.inputs.empty() &&
         (spec.inputs.front().kind == Kind::Row || spec.inputs.front().kind == Kind::Features);
}

std::string bytes_of(const PreviewValue& value) {
  return {reinterpret_cast<const char*>(value.data.data()), value.data.size()};
}

/// The bytes of a run by epoch and record: of each field of its batches, by name, without what fills the record up.
using Rows = std::map<std::pair<std::uint32_t, std::uint64_t>, std::map<std::string, std::string>>;

Rows rows_of(const std::shared_ptr<const Plan>& plan, const DataPlan& data) {
  Rows rows;
  Pipeline pipeline(plan, data, {.workers = 1, .epochs = 2});
  for (auto batch = pipeline.next(); batch && *batch; batch = pipeline.next())
    for (std::size_t row = 0; row < (*batch)->records; ++row)
      for (std::size_t f = 0; f < data.fields.size(); ++f) {
        const BatchField& field = data.fields[f];
        const std::size_t room = field.record_bytes();
        const std::size_t bytes =
            field.capacity == 0 ? room
                                : room / static_cast<std::size_t>(field.capacity) * (*batch)->buffer->lengths[f][row];
        rows[{(*batch)->epoch, (*batch)->record_ids[row]}][field.name] = {
            reinterpret_cast<const char*>((*batch)->buffer->fields[f] + row * room), bytes};
      }
  return rows;
}

/// One of these as a batch of its own.
at::Tensor row_tensor(const BatchField& field, const std::string& bytes) {
  std::vector<std::int64_t> shape{1};
  for (const Dim& dim : field.record.shape) shape.push_back(dim.known() ? dim.size() : field.capacity);
  if (field.capacity > 0)
    shape[1] =
        static_cast<std::int64_t>(bytes.size() * static_cast<std::size_t>(field.capacity) / field.record_bytes());
  at::Tensor tensor = torch::empty(shape, scalar_type(field.record.dtype));
  if (!bytes.empty()) std::memcpy(tensor.data_ptr(), bytes.data(), bytes.size());
  return tensor;
}

/// A plan's steps run by hand on one record: what leaves each node, by name. A node that reads only a part of its
/// picture is run once more, to give all of it.
std::map<std::string, std::string> steps_of(const DataPlan& plan, std::uint32_t epoch, std::uint64_t record) {
  const auto content = [](const Datum& datum) {
    return std::string(reinterpret_cast<const char*>(datum.data()), datum.bytes());
  };
  const auto context = [&](const PlanStep& step) {
    return OpContext{.rng = Rng(plan.seed, epoch, record, step.stream), .training = plan.training, .record = record};
  };
  std::vector<Datum> slots(plan.slots);
  std::vector<Datum*> read;
  for (const auto& slot : plan.source_outputs) read.push_back(slot ? &slots[*slot] : nullptr);
  std::map<std::string, std::string> left;
  if (!plan.source->read(record, read)) return left;
  for (const PlanStep& step : plan.steps) {
    std::vector<const Datum*> in;
    for (const auto& slot : step.inputs) in.push_back(slot ? &slots[*slot] : nullptr);
    std::vector<Datum*> out;
    for (const SlotIndex slot : step.outputs) out.push_back(&slots[slot]);
    OpContext own = context(step);
    if (step.next) {
      Datum whole;
      Datum* to[] = {&whole};
      if (step.op->run(in, to, own)) left[step.node] = content(whole);
      const PlanStep& reader = plan.steps[*step.next];
      const NextNode next(*reader.op, context(reader));
      own.next = &next;
      if (!step.op->run(in, out, own)) return left;
      continue;
    }
    if (!step.op->run(in, out, own)) return left;
    left[step.node] = content(*out[0]);
  }
  return left;
}

/// Where previews differ from the run of a graph: both epochs, every node and every row of one of its data sides.
/// `cache`: where previews keep what they fit; empty: default_cache_folder().
QStringList differences(const Document& document, const std::shared_ptr<const Plan>& plan, const DataPlan& data,
                        const QString& cache = {}) {
  QStringList found;
  const auto differs = [&](const std::string& what) {
    if (!found.contains(QString::fromStdString(what))) found << QString::fromStdString(what);
  };
  const Rows rows = rows_of(plan, data);
  if (rows.empty()) differs("there are no rows");
  std::set<std::string> nodes = {data.batch_node};
  for (const PlanStep& step : data.steps)
    if (instance_of(step.node) == 1) nodes.insert(step.node);
  Previewer previewer(cache.toStdString());
  for (const std::string& node : nodes)
    for (const auto& [key, fields] : rows) {
      const auto& [epoch, record] = key;
      const auto seen = previewer.look(
          document, {.node = drawn_path(node), .record = record, .epoch = epoch, .training = data.training});
      if (!seen) {
        differs(node + ": " + seen.error().line());
        continue;
      }
      if (node != data.batch_node) {
        const auto by_hand = steps_of(data, epoch, record);
        if (by_hand.at(node) != bytes_of(seen->values.at(0))) differs(node);
        continue;
      }
      for (const auto& field : fields) {
        const std::string& name = field.first;
        const auto& bytes = field.second;
        const auto value = std::find_if(seen->values.begin(), seen->values.end(),
                                        [&](const PreviewValue& v) { return v.port == name; });
        if (value == seen->values.end() || bytes_of(*value) != bytes) differs(node + "." + name);
      }
    }
  return found;
}

QStringList differences(const Document& document) {
  const auto plan = make_plan(document, {});
  if (!plan) return {QString::fromStdString("no plan: " + plan.error().line())};
  QStringList found = differences(document, *plan, (*plan)->train);
  if ((*plan)->validation)
    for (const QString& one : differences(document, *plan, *(*plan)->validation)) found << one + " (validation)";
  return found;
}

}  // namespace

class TestPreview : public QObject {
  Q_OBJECT

  QTemporaryDir folder_{};
  Document network_{};
  Document photos_{};

 private Q_SLOTS:
  void initTestCase() {
    QVERIFY(folder_.isValid());
    network_ = test::small_network(folder_.path(), 64);
    test::write_picture_folder(folder_.filePath("photos"), 6);
    photos_ = photos(folder_.filePath("photos"));
  }

  /// Every row of the first batches of two epochs, compared with the preview of its record.
  void data_nodes_give_the_bytes_of_a_run() {
    const auto plan = make_plan(network_, {});
    QVERIFY(plan.has_value());
    const DataPlan& data = (*plan)->train;
    Pipeline pipeline(*plan, data, {.workers = 1, .epochs = 2});
    Previewer previewer;
    std::size_t rows = 0;
    for (auto batch = pipeline.next(); batch && *batch; batch = pipeline.next()) {
      for (std::size_t row = 0; row < (*batch)->records; ++row) {
        const auto seen =
            previewer.look(network_, {.node = "batch", .record = (*batch)->record_ids[row], .epoch = (*batch)->epoch});
        QVERIFY2(seen.has_value(), seen ? "" : seen.error().line().c_str());
        for (std::size_t f = 0; f < data.fields.size(); ++f) {
          const BatchField& field = data.fields[f];
          const auto value = std::find_if(seen->values.begin(), seen->values.end(),
                                          [&](const PreviewValue& v) { return v.port == field.name; });
          QVERIFY(value != seen->values.end());
          QCOMPARE(value->data.size(), field.record_bytes());
          const std::byte* bytes = (*batch)->buffer->fields[f] + row * field.record_bytes();
          QVERIFY(std::memcmp(value->data.data(), bytes, value->data.size()) == 0);
        }
        ++rows;
      }
    }
    QCOMPARE(rows, std::size_t{96});
  }

  /// Every node and every row of two epochs, training and validation.
  void random_graphs_give_the_bytes_of_their_runs() {
    constexpr unsigned kGraphs = 200;
    const test::PictureFolders folders{.training = folder_.filePath("random/training").toStdString(),
                                       .validation = folder_.filePath("random/validation").toStdString()};
    test::write_picture_classes(QString::fromStdString(folders.training), {"ants", "bees", "cats"}, 2, 96);
    test::write_picture_classes(QString::fromStdString(folders.validation), {"bees", "cats"}, 2, 80);
    QStringList wrong;
    for (unsigned seed = 0; seed < kGraphs; ++seed) {
      const QStringList found = differences(test::random_graph(seed, folders));
      if (!found.isEmpty()) wrong << QString("graph %1: %2").arg(seed).arg(found.join(", "));
    }
    QVERIFY2(wrong.isEmpty(), qPrintable(QString::number(wrong.size()) + " graphs\n" + wrong.join('\n')));
  }

  /// With the parameters of their examples; a new node is tested as soon as its file exists.
  void every_data_node_gives_the_bytes_of_a_run_data() {
    QTest::addColumn<QString>("type");
    for (const NodeSpec* spec : Registry::instance().all())
      if ((spec->role == Role::Source || spec->role == Role::Sample) && !of_texts(*spec) && !takes_rows(*spec))
        QTest::newRow(spec->type.c_str()) << QString::fromStdString(spec->type);
  }
  void every_data_node_gives_the_bytes_of_a_run() {
    QFETCH(QString, type);
    const NodeSpec& spec = *Registry::instance().find(type.toStdString());
    test::Graph graph("shuffle:shuffle normalise:normalise resize:resize it:" + spec.type + kModel + kFlat +
                      "shuffle.label>batch.label");
    graph.set("resize", "width", std::int64_t{64}).set("resize", "height", std::int64_t{48});
    const std::string out = "it." + spec.outputs.front().name;
    const bool leaves_pictures = spec.role == Role::Sample && spec.outputs.front().kind == Kind::Features;
    if (leaves_pictures)
      graph.set("batch", "fields", ValueList{std::string("features"), std::string("label")})
          .add("normalise.image>it.image " + out + ">batch.features batch.features>flatten.x");
    else
      graph.add("normalise.image>batch.image batch.image>flatten.x");
    if (spec.role == Role::Source) {
      QVERIFY(QDir(folder_.path()).mkpath(type));
      const ParamMap params = spec.fixture(folder_.filePath(type).toStdString());
      graph.add("resize.image>shuffle.sample shuffle.sample>normalise.image it.label>shuffle.label");
      graph.add(spec.outputs.front().kind == Kind::Encoded
                    ? "decode:decode " + out + ">decode.file decode.image>resize.image"
                    : out + ">resize.image");
      for (const auto& [name, value] : params) graph.set("it", name, value);
    } else {
      const std::string in = ">it." + spec.inputs.front().name + " ";
      graph.add("source:image_folder source.label>shuffle.label");
      graph.set("source", "folder", folder_.filePath("photos").toStdString());
      if (spec.inputs.front().kind == Kind::Encoded)
        graph.add("source.file" + in + out +
                  ">shuffle.sample shuffle.sample>resize.image resize.image>normalise.image");
      else if (spec.random)  // behind the decoder, which then reads what this one looks at
        graph.add("decode:decode source.file>decode.file decode.image>shuffle.sample shuffle.sample" + in + out +
                  ">resize.image resize.image>normalise.image");
      else if (leaves_pictures)
        graph.add(
            "decode:decode source.file>decode.file decode.image>shuffle.sample shuffle.sample>resize.image "
            "resize.image>normalise.image");
      else
        graph.add(
            "decode:decode source.file>decode.file decode.image>shuffle.sample shuffle.sample>resize.image "
            "resize.image" +
            in + out + ">normalise.image");
      for (const auto& [name, value] : spec.example) graph.set("it", name, value);
    }
    graph.set("trainer", "validation_split", 0.5).set("batch", "size", std::int64_t{2});
    const QStringList found = differences(graph.document());
    QVERIFY2(found.isEmpty(), qPrintable(found.join(", ")));
  }

  /// Fitted where they learn, behind another node that does and in front of one; texts go on as tokens, whose ids are
  /// to be learnt, too.
  void every_node_of_tables_gives_the_bytes_of_a_run_data() {
    QTest::addColumn<QString>("type");
    for (const NodeSpec* spec : Registry::instance().all())
      if (takes_rows(*spec)) QTest::newRow(spec->type.c_str()) << QString::fromStdString(spec->type);
  }
  void every_node_of_tables_gives_the_bytes_of_a_run() {
    QFETCH(QString, type);
    if (Registry::instance().find("csv") == nullptr) QSKIP("there is no source of tables");
    QByteArray table = "age,town,score,member\n";
    for (int row = 0; row < 24; ++row)
      table += QByteArray(row % 7 == 3 ? "" : QByteArray::number(20 + row)) + "," +
               (row % 5 == 4   ? ""
                : row % 3 == 0 ? "Ulm"
                               : "Bonn") +
               "," + QByteArray::number(0.25 * (row % 9)) + "," + (row % 4 < 2 ? "yes" : "no") + "\n";
    test::write_file(folder_.filePath("people.csv"), table);

    const NodeSpec& spec = *Registry::instance().find(type.toStdString());
    const bool of_rows = spec.inputs.front().kind == Kind::Row;
    const Kind given = spec.outputs.front().kind;
    std::string nodes = "source:csv shuffle:shuffle impute:impute it:" + spec.type + kModel;
    std::string wires =
        "source.row>shuffle.sample source.label>shuffle.label shuffle.sample>impute.row shuffle.label>batch.label ";
    if (of_rows && given == Kind::Text) {
      nodes += "vocabulary:vocabulary bag:embedding_bag ";
      wires +=
          "impute.row>it.row it.text>vocabulary.text vocabulary.tokens>batch.tokens batch.tokens>bag.tokens "
          "bag.y>linear.x ";
    } else {
      nodes += std::string("one_hot:one_hot ") + kFlat;
      wires += "batch.features>flatten.x ";
      if (!of_rows || given == Kind::Row) nodes += "features:features ";
      if (of_rows && given == Kind::Row)
        wires += "impute.row>it.row it.row>one_hot.row one_hot.row>features.row features.features>batch.features ";
      else if (of_rows)
        wires += "impute.row>one_hot.row one_hot.row>it.row it.features>batch.features ";
      else
        wires += "impute.row>one_hot.row one_hot.row>features.row it.features>batch.features ";
    }
    for (const PortSpec& port : spec.inputs) {
      if (port.kind == Kind::Label) wires += "shuffle.label>it." + port.name + " ";
      if (port.kind == Kind::Features) wires += "features.features>it." + port.name + " ";
    }
    test::Graph graph(nodes + wires);
    graph.set("source", "file", folder_.filePath("people.csv").toStdString());
    graph.set("trainer", "validation_split", 0.5).set("batch", "size", std::int64_t{4});
    const auto plan = make_plan(graph.document(), {});
    QVERIFY2(plan.has_value(), plan ? "" : plan.error().line().c_str());
    const QString cache = folder_.filePath("tables");
    const auto bound = fit_plan(*plan, {.cache_folder = cache.toStdString()});
    QVERIFY2(bound.has_value(), bound ? "" : bound.error().line().c_str());
    QStringList found = differences(graph.document(), *bound, (*bound)->train, cache);
    QVERIFY((*bound)->validation.has_value());
    found += differences(graph.document(), *bound, *(*bound)->validation, cache);
    QVERIFY2(found.isEmpty(), qPrintable(found.join(", ")));
  }

  void every_layer_gives_the_bytes_of_a_run_data() {
    QTest::addColumn<QString>("type");
    for (const NodeSpec* spec : Registry::instance().all())
      if (spec->role == Role::Layer) QTest::newRow(spec->type.c_str()) << QString::fromStdString(spec->type);
  }
  void every_layer_gives_the_bytes_of_a_run() {
    QFETCH(QString, type);
    const NodeSpec& spec = *Registry::instance().find(type.toStdString());
    const std::string it = "it:" + spec.type + kModel;
    const std::string out = "it." + spec.outputs.front().name;
    const auto with_example = [&](test::Graph graph) {
      for (const auto& [name, value] : spec.example) graph.set("it", name, value);
      return graph.document();
    };
    const auto of_pictures = [&](const std::string& above, const std::string& wires) {
      test::Graph graph(
          "source:image_folder decode:decode crop:random_resized_crop normalise:normalise flatten:flatten " + it +
          "source.file>decode.file decode.image>crop.image crop.image>normalise.image "
          "normalise.image>batch.image source.label>batch.label " +
          wires);
      for (const PortSpec& port : spec.inputs) graph.add(above + ">it." + port.name);
      graph.set("source", "folder", folder_.filePath("photos").toStdString()).set("crop", "size", std::int64_t{16});
      return with_example(std::move(graph));
    };
    // Texts of 0 to 8 tokens with 20 ids, as the examples of embeddings have them.
    const QString lines = folder_.filePath("lines.tsv");
    test::write_file(lines, test::text_lines(12));
    const auto of_tokens = [&](const std::string& below) {
      test::Graph graph("source:text_lines hash:hash_tokens " + it +
                        "source.text>hash.text hash.tokens>batch.tokens source.label>batch.label " + below);
      if (spec.inputs.front().name != "tokens")
        graph.add("embedding:embedding batch.tokens>embedding.tokens").set("embedding", "width", std::int64_t{6});
      for (const PortSpec& port : spec.inputs)
        graph.add((port.name == "tokens" ? "batch.tokens>it." : "embedding.y>it.") + port.name);
      graph.set("source", "file", lines.toStdString());
      graph.set("hash", "size", std::int64_t{19}).set("hash", "length", std::int64_t{8});
      return with_example(std::move(graph));
    };
    // Of pictures if it takes them, else of vectors, else of tokens or the sequences that an embedding makes of them.
    for (const Document& graph :
         {of_pictures("batch.image", out + ">flatten.x flatten.y>linear.x"),
          of_pictures("flatten.y", "batch.image>flatten.x " + out + ">linear.x"),
          of_tokens("pool:sequence_pool " + out + ">pool.x pool.y>linear.x"), of_tokens(out + ">linear.x")}) {
      const auto plan = make_plan(graph, {});
      if (!plan) continue;
      const ModelPlan& model_plan = *(*plan)->network();
      const std::unique_ptr<Model> model =
          std::move(*Model::build(model_plan, at::kCPU, static_cast<std::uint64_t>((*plan)->trainer.seed)));
      model->train(false);
      std::size_t layer = 0;
      while (layer < model_plan.layers.size() && model_plan.layers[layer].node != "it") ++layer;
      QVERIFY(layer < model_plan.layers.size());
      const Rows rows = rows_of(*plan, (*plan)->train);
      QVERIFY(!rows.empty());
      Previewer previewer;
      for (const auto& [key, fields] : rows) {
        std::vector<at::Tensor> tensors;
        for (const BatchField& field : (*plan)->train.fields)
          tensors.push_back(row_tensor(field, fields.at(field.name)));
        const at::NoGradGuard none;
        const at::Tensor expected = model->layer_output(tensors, layer, {}).contiguous();
        const auto seen = previewer.look(graph, {.node = "it", .record = key.second, .epoch = key.first});
        QVERIFY2(seen.has_value(), seen ? "" : seen.error().line().c_str());
        QCOMPARE(expected.scalar_type(), at::kFloat);
        QVERIFY(bytes_of(seen->values[0]) ==
                std::string(static_cast<const char*>(expected.data_ptr()), expected.nbytes()));
      }
      return;
    }
    QFAIL("the layer takes neither pictures nor vectors nor sequences");
  }

  void the_dice_draw_anew_and_validation_does_not_draw() {
    Previewer previewer;
    const auto look = [&](std::uint32_t epoch, bool training) {
      return previewer.look(photos_, {.node = "crop", .record = 3, .epoch = epoch, .training = training});
    };
    const auto first = look(1, true);
    QVERIFY2(first.has_value(), first ? "" : first.error().line().c_str());
    QVERIFY(first->random);
    QVERIFY(first->values[0].data == look(1, true)->values[0].data);
    QVERIFY(first->values[0].data != look(2, true)->values[0].data);
    QVERIFY(look(1, false)->values[0].data == look(2, false)->values[0].data);
    QCOMPARE(first->records, std::uint64_t{12});
    QVERIFY(first->where.ends_with(".jpg"));
    QVERIFY(!first->class_name.empty());
    const auto decoded = previewer.look(photos_, {.node = "decode", .record = 3});
    QVERIFY(!decoded->random);
    QCOMPARE(decoded->values[0].desc.shape[0].size(), std::int64_t{40});  // whole, not only what the crop wants
  }

  void layers_have_the_weights_that_a_run_starts_with() {
    const auto plan = make_plan(network_, {});
    QVERIFY(plan.has_value());
    const auto seed = static_cast<std::uint64_t>((*plan)->trainer.seed);
    const std::unique_ptr<Model> model = std::move(*Model::build(*(*plan)->network(), at::kCPU, seed));
    model->train(false);
    Previewer previewer;
    const auto batch = previewer.look(network_, {.node = "batch", .record = 5});
    const std::vector<float> pixels = floats(batch->values[0]);
    const at::Tensor image = torch::tensor(pixels).reshape({1, 1, 28, 28});
    const at::NoGradGuard none;
    const std::vector<at::Tensor> fields = {image, torch::zeros({1}, at::kLong)};
    for (std::size_t i = 0; i < (*plan)->network()->layers.size(); ++i) {
      const std::string& node = (*plan)->network()->layers[i].node;
      const auto seen = previewer.look(network_, {.node = node, .record = 5});
      QVERIFY2(seen.has_value(), seen ? "" : seen.error().line().c_str());
      QVERIFY(seen->untrained);
      const at::Tensor expected = model->layer_output(fields, i, {}).contiguous();
      const std::vector<float> got = floats(seen->values[0]);
      QCOMPARE(static_cast<std::int64_t>(got.size()), expected.numel());
      QVERIFY2(std::memcmp(got.data(), expected.data_ptr(), got.size() * sizeof(float)) == 0, node.c_str());
    }
    const auto loss = previewer.look(network_, {.node = "loss", .record = 5});
    QVERIFY(loss.has_value());
    QVERIFY(floats(loss->values[0])[0] > 0);
  }

  void an_unfinished_graph_is_shown_as_far_as_it_goes() {
    Document part = network_;
    for (const char* gone : {"trainer", "adam", "loss", "last"}) QVERIFY(part.apply(Edit{RemoveNode{gone}}));
    Previewer previewer;
    for (const char* node : {"source", "normalise", "batch", "hidden", "dropout"}) {
      const auto seen = previewer.look(part, {.node = node});
      QVERIFY2(seen.has_value(), seen ? "" : seen.error().line().c_str());
      QVERIFY(!seen->values.empty());
    }
  }

  /// Fitted on a thread of its own, which goes on when nobody waits for it any more.
  void fitted_nodes_give_the_bytes_of_a_run() {
    const QString cache = folder_.filePath("fitted_cache");
    const Document document = test::with(network_, "normalise", "statistics", std::string("fitted"));
    Previewer previewer(cache.toStdString());
    std::stop_source impatient;
    std::jthread stopper([&](const std::stop_token& over) {
      while (previewer.doing().empty() && !over.stop_requested())
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      impatient.request_stop();
    });
    const auto early = previewer.look(document, {.node = "batch"}, impatient.get_token());
    stopper.request_stop();
    QVERIFY(early || early.error().code == ErrorCode::Cancelled);  // the fit may be as quick
    QTRY_COMPARE_WITH_TIMEOUT(QDir(cache + "/fitted").entryList(QDir::Files).size(), 1, 30000);
    QTRY_COMPARE_WITH_TIMEOUT(previewer.doing(), std::string(), 30000);

    const auto plan = make_plan(document, {});
    QVERIFY(plan.has_value());
    const auto bound = fit_plan(*plan, {.cache_folder = folder_.filePath("other_cache").toStdString()});
    QVERIFY(bound.has_value());
    Pipeline pipeline(*bound, (*bound)->train, {.workers = 1});
    const auto batch = pipeline.next();
    QVERIFY(batch && *batch);
    const std::size_t bytes = (*bound)->train.fields[0].record_bytes();
    for (std::size_t row = 0; row < (*batch)->records; ++row) {
      const auto seen = previewer.look(document, {.node = "batch", .record = (*batch)->record_ids[row]});
      QVERIFY2(seen.has_value(), seen ? "" : seen.error().line().c_str());
      QCOMPARE(seen->values[0].data.size(), bytes);
      QVERIFY(std::memcmp(seen->values[0].data.data(), (*batch)->buffer->fields[0] + row * bytes, bytes) == 0);
    }
    // What is upstream needs no fit, and a graph that names no training records says what it lacks.
    Document part = document;
    QVERIFY(part.apply(Edit{RemoveNode{"trainer"}}));
    QVERIFY(previewer.look(part, {.node = "source"}).has_value());
    const auto unknown = previewer.look(part, {.node = "normalise"});
    QVERIFY(!unknown && unknown.error().reason.find("training records") != std::string::npos);
    QVERIFY(!unknown.error().remedy.empty());
  }

  /// The same values as without it: in a sub-graph, out of one, and past a muted node.
  void sub_graphs_and_muted_nodes_are_seen_through() {
    Document flat = network_;
    Previewer previewer;
    const auto look = [&](const Document& document, const char* node) {
      const auto seen = previewer.look(document, {.node = node, .record = 5});
      return seen ? seen->values.at(0).data : std::vector<std::byte>();
    };
    Document muted = network_;
    QVERIFY(muted.apply(Edit{SetMuted{.node = "relu", .muted = true}}));
    QVERIFY(look(muted, "relu") == look(flat, "hidden"));
    QVERIFY(!look(muted, "relu").empty());

    Document grouped = network_;
    const auto regrouped = group(grouped, {"hidden", "relu"});
    QVERIFY(regrouped.has_value());
    QVERIFY(grouped.apply(regrouped->edit));
    const std::string block = regrouped->ids.front();
    const auto inside = previewer.look(grouped, {.node = block + "/hidden", .record = 5});
    QVERIFY2(inside.has_value(), inside ? "" : inside.error().line().c_str());
    QCOMPARE(inside->node, block + "/hidden");
    QVERIFY(inside->values[0].data == look(flat, "hidden"));
    QVERIFY(look(grouped, block.c_str()) == look(flat, "relu"));
    QVERIFY(look(grouped, "last") == look(flat, "last"));
  }

  void what_cannot_be_shown_is_said() {
    Previewer previewer;
    const auto refused = [&](const Document& document, const PreviewRequest& request) {
      const auto seen = previewer.look(document, request);
      return seen ? std::string("shown") : seen.error().line();
    };
    const auto has = [](const std::string& line, const char* part) { return line.find(part) != std::string::npos; };
    QVERIFY(has(refused(network_, {.node = "nobody"}), "no node of this name"));
    QVERIFY(has(refused(network_, {.node = "adam"}), "single record"));
    QVERIFY(has(refused(network_, {.node = "batch", .record = 64}), "no record 64"));
    const Document elsewhere = test::with(photos_, "source", "folder", std::string("/no/such/folder"));
    QVERIFY(has(refused(elsewhere, {.node = "decode"}), "/no/such/folder"));
    test::write_file(folder_.filePath("photos/a/-broken.jpg"), "no picture");
    Previewer anew;
    const auto broken = anew.look(photos_, {.node = "decode", .record = 0});
    QVERIFY(!broken.has_value());
    QVERIFY(broken.error().code == ErrorCode::BadRecord);
    QVERIFY(broken.error().file.ends_with("-broken.jpg"));
    QCOMPARE(broken.error().node, std::string("decode"));
    std::stop_source stop;
    stop.request_stop();
    QVERIFY(previewer.look(network_, {.node = "batch"}, stop.get_token()).error().code == ErrorCode::Cancelled);
  }

  void values_take_the_form_that_shows_them_best() {
    Previewer previewer;
    const auto form = [&](const Document& document, const char* node) {
      return form_of(previewer.look(document, {.node = node, .record = 2})->values[0]);
    };
    QVERIFY(form(photos_, "source") == PreviewForm::Text);
    QVERIFY(form(photos_, "crop") == PreviewForm::Picture);
    QVERIFY(form(photos_, "normalise") == PreviewForm::Picture);
    QVERIFY(form(network_, "hidden") == PreviewForm::Numbers);
    PreviewValue maps{.desc = {.kind = Kind::Tensor, .shape = {5, 2, 3}, .layout = Layout::CHW},
                      .data = std::vector<std::byte>(5 * 2 * 3 * sizeof(float))};
    auto* numbers = reinterpret_cast<float*>(maps.data.data());
    for (int i = 0; i < 30; ++i) numbers[i] = static_cast<float>(i);
    QVERIFY(form_of(maps) == PreviewForm::Maps);
    Shades shades;
    const std::vector<Raster> rasters = maps_of(maps, 4, &shades);
    QCOMPARE(rasters.size(), std::size_t{4});
    QCOMPARE(shades.high, 29.0);
    const Raster sheet = sheet_of(rasters, 2, 3, 1);
    QCOMPARE(sheet.width, std::int64_t{2 * 9 + 1});
    QCOMPARE(sheet.height, std::int64_t{2 * 6 + 1});
    numbers[7] = std::numeric_limits<float>::infinity();
    const Distribution all = distribution_of(maps, 10);
    QCOMPARE(all.not_finite, std::uint64_t{1});
    QCOMPARE(all.greatest, 29.0);
    std::uint64_t counted = 0;
    for (const std::uint64_t bin : all.bins) counted += bin;
    QCOMPARE(counted, std::uint64_t{29});
  }
};

FEEDLINE_TEST(TestPreview)

}  // namespace test_preview

#include "test_preview.moc"
