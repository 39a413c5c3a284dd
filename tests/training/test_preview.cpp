// SPDX-License-Identifier: GPL-3.0-or-later
// What a preview shows is what a run sees.
#include "base/torch.h"
#include "engine/pipeline.h"
#include "engine/preview_view.h"
#include "graph/edit.h"
#include "graph/grouping.h"
#include "support/run_recorder.h"
#include "support/small_data.h"
#include "training/model.h"
#include "training/preview.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cstring>
#include <limits>

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

QTEST_APPLESS_MAIN(TestPreview)
#include "test_preview.moc"
