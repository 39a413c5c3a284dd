// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/fixtures.h"
#include "support/process.h"
#include "support/small_data.h"
#include "support/test_program.h"

#include <QFile>
#include <QSize>
#include <QTest>
#include <QtEndian>

namespace test_cli_preview {

using namespace feedline::test;

/// `feedline-cli preview`: words and pictures of one record.
class TestCliPreview : public QObject {
  Q_OBJECT

  Cli cli_{};
  QStringList idx_{};

  /// From the head of a PNG file; empty if it is none.
  static QSize png_size(const QByteArray& png) {
    if (!png.startsWith("\x89PNG\r\n\x1a\n") || png.mid(12, 4) != "IHDR" || !png.contains("IEND")) return {};
    return {static_cast<int>(qFromBigEndian<quint32>(png.constData() + 16)),
            static_cast<int>(qFromBigEndian<quint32>(png.constData() + 20))};
  }

  [[nodiscard]] CliResult preview(const QStringList& arguments) const {
    return cli_.run(QStringList{"preview", "example:idx"} + idx_ + arguments);
  }

 private Q_SLOTS:
  void initTestCase() { idx_ = small_idx(cli_.path("data")); }

  void a_node_is_described() {
    const CliResult seen = preview({"--node", "source", "--record", "3"});
    QVERIFY2(seen.exit_code == 0, seen.text());
    QVERIFY2(seen.out.contains("record 3 of 512"), seen.text());
    QVERIFY2(seen.out.contains("source.image") && seen.out.contains("28×28×1"), seen.text());
    QVERIFY2(seen.out.contains("label 3"), seen.text());
    QVERIFY2(seen.out.contains("784 numbers from"), seen.text());
  }

  void every_node_on_the_way_to_the_loss_can_be_seen() {
    for (const char* node : {"source", "normalise", "batch", "conv1", "linear2", "loss"}) {
      const CliResult seen = preview({"--node", node});
      QVERIFY2(seen.exit_code == 0, node + seen.text());
    }
  }

  void pictures_and_feature_maps_are_written_as_png() {
    const CliResult picture = preview({"--node", "source", "--record", "3", "--out", cli_.path("record.png")});
    QVERIFY2(picture.exit_code == 0, picture.text());
    QCOMPARE(png_size(read_file(cli_.path("record.png"))), QSize(28, 28));
    const CliResult maps = preview({"--node", "conv1", "--out", cli_.path("maps.png")});
    QVERIFY2(maps.exit_code == 0, maps.text());
    QVERIFY(png_size(read_file(cli_.path("maps.png"))).width() > 300);
    const CliResult piped = preview({"--node", "source", "--out", "-"});
    QCOMPARE(png_size(piped.out), QSize(28, 28));
  }

  void mistakes_are_named() {
    const auto error = [&](const QStringList& arguments) {
      const CliResult seen = preview(arguments);
      return seen.exit_code == 2 && seen.errors().size() == 1 ? seen.errors().front() : QString::fromUtf8(seen.text());
    };
    QVERIFY(error({}).contains("--node"));
    QVERIFY(error({"--node", "nobody"}).contains("nobody"));
    QVERIFY(error({"--node", "source", "--record", "512"}).contains("no record 512"));
    QVERIFY(error({"--node", "linear1", "--out", cli_.path("x.png")}).contains("not a picture"));
    QVERIFY(error({"--node", "source", "--out", cli_.path("x.png"), "--port", "sound"}).contains("image, label"));
    QVERIFY(!QFile::exists(cli_.path("x.png")));
  }
};

FEEDLINE_TEST(TestCliPreview)

}  // namespace test_cli_preview

#include "test_cli_preview.moc"
