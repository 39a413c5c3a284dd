// SPDX-License-Identifier: GPL-3.0-or-later
// Layers that OpenCV's dnn does not read: what is written of them as ONNX is run by tests/support/onnx_run.py, operator
// by operator, and says what the model says. Backbones as TorchScript say it too, and can be trained further.
#include "export_case.h"
#include "exporting/export_files.h"
#include "support/places.h"
#include "support/small_data.h"
#include "support/test_program.h"

#include <QProcess>
#include <QTest>

namespace test_export_onnx {

using namespace feedline;
using namespace feedline::test;

class TestExportOnnx : public QObject {
  Q_OBJECT

 private:
  ExportFolder folder_{};

  QByteArray picture_source(int count) {
    const QString data = folder_.fresh();
    write_file(data + "/images", idx_images(count));
    write_file(data + "/labels", idx_labels(count));
    return node_of("source", "idx",
                   ("{\"images\": \"" + data + "/images\", \"labels\": \"" + data + "/labels\"}").toUtf8().constData());
  }

  Document graph_of_layers(const QByteArray& what) {
    if (what == "places")
      return graph_with(
          {picture_source(48), node_of("normalise", "normalise", "{\"statistics\": \"fitted\"}"),
           node_of("conv", "conv2d", "{\"filters\": 6}"),
           node_of("depthwise", "depthwise_conv2d", "{\"kernel\": 4, \"multiplier\": 2, \"stride\": 2}"),
           node_of("block", "residual_block", "{\"filters\": 8, \"stride\": 2}"),
           node_of("bottleneck", "residual_block", "{\"form\": \"bottleneck\"}"),
           node_of("transposed", "conv_transpose2d", "{\"filters\": 4, \"kernel\": 3, \"stride\": 2}"),
           node_of("half", "split", "{\"part\": 2}"), node_of("nearest", "upsample"), node_of("pool", "max_pool"),
           node_of("bilinear", "upsample", "{\"method\": \"bilinear\"}"), node_of("mean", "average_pool"),
           node_of("cubic", "upsample", "{\"method\": \"bicubic\"}"),
           node_of("turn", "permute", "{\"order\": [1, 3, 2]}"), node_of("places", "reshape", "{\"shape\": [-1, 28]}"),
           node_of("windows", "conv1d", "{\"filters\": 5, \"kernel\": 4, \"padding\": \"valid\", \"stride\": 3}"),
           node_of("gru", "gru", "{\"bidirectional\": true, \"layers\": 2, \"units\": 6}"),
           node_of("linear", "linear")},
          "source.image shuffle.sample, shuffle.sample normalise.image, normalise.image batch.image, batch.image "
          "conv.x, conv.y depthwise.x, depthwise.y block.x, block.y bottleneck.x, bottleneck.y transposed.x, "
          "transposed.y half.x, half.y nearest.x, nearest.y pool.x, pool.y bilinear.x, bilinear.y mean.x, mean.y "
          "cubic.x, cubic.y turn.x, turn.y places.x, places.y windows.x, windows.y gru.x, gru.y linear.x, linear.y "
          "loss.prediction");
    if (what == "backbones")
      return graph_with(
          {picture_source(12), node_of("crop", "pad_random_crop", "{\"padding\": 2, \"size\": 32}"),
           node_of("normalise", "normalise", "{\"statistics\": \"fitted\"}"),
           node_of("mobile", "mobilenet_v2", "{\"width\": 0.1}"), node_of("efficient", "efficientnet_b0"),
           node_of("resnet", "resnet"), node_of("vit", "vit_b_16", "{\"blocks\": 1}"), node_of("norm1", "layer_norm"),
           node_of("norm2", "layer_norm"), node_of("norm3", "layer_norm"), node_of("norm4", "layer_norm"),
           node_of("all", "concatenate"), node_of("linear", "linear")},
          "source.image shuffle.sample, shuffle.sample crop.image, crop.image normalise.image, normalise.image "
          "batch.image, batch.image mobile.x, mobile.y norm1.x, norm1.y all.a, batch.image efficient.x, efficient.y "
          "norm2.x, norm2.y all.b, batch.image resnet.x, resnet.y norm3.x, norm3.y all.c, batch.image vit.x, vit.y "
          "norm4.x, norm4.y all.d, all.y linear.x, linear.y loss.prediction",
          "cross_entropy", node_of("optimizer", "sgd", "{\"learning_rate\": 0.01, \"momentum\": 0}"));
    const QString lines = folder_.fresh() + "/lines.tsv";
    write_file(lines, text_lines(48));
    return graph_with(
        {node_of("source", "text_lines", ("{\"file\": \"" + lines + "\"}").toUtf8().constData()),
         node_of("tokens", "byte_tokens", "{\"length\": 24}"),
         node_of("text", "text_encoder", "{\"heads\": 2, \"places\": 24, \"width\": 16}"),
         node_of("words", "embedding", "{\"width\": 6}"),
         node_of("place", "positional_encoding", "{\"encoding\": \"learnt\"}"),
         node_of("encoder", "transformer_encoder", "{\"activation\": \"gelu\", \"heads\": 2}"),
         node_of("conv", "conv1d", "{\"filters\": 6, \"kernel\": 4, \"stride\": 2}"),
         node_of("lstm", "lstm", "{\"layers\": 2, \"output\": \"all\", \"units\": 4}"),
         node_of("mean", "sequence_pool"), node_of("most", "sequence_pool", "{\"pooling\": \"max\"}"),
         node_of("both", "concatenate"), node_of("linear", "linear"),
         node_of("unit", "scale_output", "{\"deviation\": 1.5, \"mean\": 0.25}")},
        "source.text shuffle.sample, shuffle.sample tokens.text, tokens.tokens batch.tokens, batch.tokens text.tokens, "
        "batch.tokens words.tokens, words.y place.x, batch.tokens place.tokens, place.y encoder.x, batch.tokens "
        "encoder.tokens, encoder.y conv.x, batch.tokens conv.tokens, encoder.y lstm.x, batch.tokens lstm.tokens, "
        "lstm.y mean.x, batch.tokens mean.tokens, conv.y most.x, text.y both.a, mean.y both.b, most.y both.c, both.y "
        "linear.x, linear.y unit.x, unit.y loss.prediction");
  }

 private Q_SLOTS:
  void says_the_same_data() {
    QTest::addColumn<QByteArray>("what");
    for (const char* what : {"places", "sequences", "backbones"}) QTest::newRow(what) << QByteArray(what);
  }

  void says_the_same() {
    QFETCH(QByteArray, what);
    const QString to = folder_.fresh();
    const TrainingState state = folder_.trained(graph_of_layers(what));
    folder_.write_case(state, to);
    ExportTargets targets{.onnx = (to + "/model.onnx").toStdString()};
    if (what == "backbones") targets.torchscript = (to + "/model.pt").toStdString();
    const auto written = export_files(state, {}, targets);
    QVERIFY2(written, written ? "" : written.error().line().c_str());

    QProcess python;
    python.setProcessChannelMode(QProcess::MergedChannels);
    python.start("/usr/bin/python3", {"-B", source_dir("/tests/support/onnx_run.py"), to});
    if (!python.waitForFinished(120'000)) QSKIP("there is no python3");
    const QByteArray said = python.readAll();
    if (said.startsWith("SKIP")) QSKIP(said.constData());
    QVERIFY2(python.exitCode() == 0 && said.startsWith("OK"), said.constData());
  }
};

FEEDLINE_TEST(TestExportOnnx)

}  // namespace test_export_onnx

#include "test_export_onnx.moc"
