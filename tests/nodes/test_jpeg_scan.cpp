// SPDX-License-Identifier: GPL-3.0-or-later
// The quick decoder of small JPEG pictures beside libjpeg: the same bytes of what it takes, and nothing of what is odd.
#include "nodes/preprocess/codec/jpeg_scan.h"
#include "support/encoded_pictures.h"
#include "support/fixtures.h"
#include "support/places.h"
#include "support/test_program.h"

#include <QDir>
#include <QTest>

#include <array>
#include <cstdint>
#include <cstdio>
#include <jpeglib.h>
#include <vector>

namespace test_jpeg_scan {

using namespace feedline;
using namespace feedline::test;
using codec::Colour;
using codec::Region;

namespace {

/// A file whose header has been read.
class Header {
 public:
  explicit Header(const QByteArray& file) {
    info.err = jpeg_std_error(&errors_);
    errors_.emit_message = [](j_common_ptr, int) {};
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(file.constData()),
                 static_cast<unsigned long>(file.size()));
    jpeg_read_header(&info, TRUE);
  }
  ~Header() { jpeg_destroy_decompress(&info); }
  Header(const Header&) = delete;
  Header& operator=(const Header&) = delete;

  [[nodiscard]] Region scaled(int eighths) const {
    return {0, 0, (std::int64_t{info.image_width} * eighths + 7) / 8,
            (std::int64_t{info.image_height} * eighths + 7) / 8};
  }

  jpeg_decompress_struct info{};

 private:
  jpeg_error_mgr errors_{};
};

std::size_t bytes_of(const Region& region, Colour colour) {
  return static_cast<std::size_t>(region.width * region.height) * (colour == Colour::Rgb ? 3 : 1);
}

std::vector<std::uint8_t> by_libjpeg(const QByteArray& file, int eighths, Colour colour) {
  Header header(file);
  jpeg_decompress_struct& info = header.info;
  info.out_color_space = colour == Colour::Rgb ? JCS_RGB : JCS_GRAYSCALE;
  info.scale_num = static_cast<unsigned>(eighths);
  info.scale_denom = 8;
  jpeg_start_decompress(&info);
  std::vector<std::uint8_t> pixels(bytes_of(header.scaled(eighths), colour));
  const std::size_t row = std::size_t{info.output_width} * static_cast<std::size_t>(info.output_components);
  while (info.output_scanline < info.output_height) {
    JSAMPROW to = pixels.data() + info.output_scanline * row;
    jpeg_read_scanlines(&info, &to, 1);
  }
  jpeg_finish_decompress(&info);
  return pixels;
}

/// The quick way; nothing where it does not take the picture, or gives up.
std::vector<std::uint8_t> by_scan(const QByteArray& file, int eighths, Colour colour, const Region* held = nullptr) {
  const Header header(file);
  const Region region = held != nullptr ? *held : header.scaled(eighths);
  std::vector<std::uint8_t> pixels(bytes_of(region, colour));
  const bool done = codec::can_scan_scaled(header.info, eighths) &&
                    codec::scan_scaled(header.info, eighths, region, colour, pixels.data());
  return done ? pixels : std::vector<std::uint8_t>{};
}

}  // namespace

class TestJpegScan : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void the_bytes_of_libjpeg_data() {
    QTest::addColumn<QByteArray>("file");
    for (const int quality : {25, 75, 100})
      for (const auto [width, height] :
           {std::array{224, 150}, std::array{101, 67}, std::array{16, 130}, std::array{1, 1}}) {
        const auto row = [&](const char* kind) -> QTestData& {
          return QTest::addRow("%s %dx%d, quality %d", kind, width, height, quality);
        };
        const Pixels colour = waves(width, height);
        row("2x2") << jpeg_file(colour, {.quality = quality});
        row("1x1") << jpeg_file(colour, {.across = 1, .down = 1, .quality = quality});
        row("2x2, restarts") << jpeg_file(colour, {.restart_rows = 1, .quality = quality});
        row("grey") << jpeg_file(waves(width, height, 1), {.across = 1, .down = 1, .quality = quality});
        row("grey, restarts") << jpeg_file(waves(width, height, 1),
                                           {.across = 1, .down = 1, .restart_rows = 1, .quality = quality});
      }
    const QDir products(shared_data("/mixed/fashion-products/images"));
    for (const QString& name : products.entryList({"*0.jpg"}).mid(0, 20))
      QTest::newRow(qPrintable(name)) << read_file(products.filePath(name));
  }
  void the_bytes_of_libjpeg() {
    QFETCH(QByteArray, file);
    for (const int eighths : {1, 2})
      for (const Colour colour : {Colour::Rgb, Colour::Grey}) {
        const auto wanted = by_libjpeg(file, eighths, colour);
        QVERIFY(by_scan(file, eighths, colour) == wanted);

        // Parts of it.
        const Region all = Header(file).scaled(eighths);
        const auto channels = static_cast<std::size_t>(colour == Colour::Rgb ? 3 : 1);
        for (const Region& part : {Region{0, 0, all.width, (all.height + 1) / 2},
                                   Region{all.width / 3, all.height / 3, (all.width + 1) / 2, (all.height + 2) / 3},
                                   Region{all.width - 1, all.height - 1, 1, 1}}) {
          const auto found = by_scan(file, eighths, colour, &part);
          QCOMPARE(found.size(), bytes_of(part, colour));
          for (std::int64_t y = 0; y < part.height; ++y) {
            const auto row = static_cast<std::size_t>(part.width) * channels;
            const auto* from = wanted.data() + static_cast<std::size_t>((part.y + y) * all.width + part.x) * channels;
            QVERIFY(std::equal(from, from + row, found.data() + static_cast<std::size_t>(y) * row));
          }
        }
      }
  }

  void what_is_odd_is_left_to_libjpeg_data() {
    QTest::addColumn<QByteArray>("file");
    const Pixels colour = waves(150, 90);
    const QByteArray plain = jpeg_file(colour);
    QTest::newRow("progressive") << jpeg_file(colour, {.progressive = true});
    QTest::newRow("2x1") << jpeg_file(colour, {.across = 2, .down = 1});
    QTest::newRow("inks") << jpeg_file(waves(150, 90, 4), {.across = 1, .down = 1});
    QTest::newRow("bytes left over") << plain.chopped(2) + QByteArray("\x12\x34\xFF\xD9", 4);
    QTest::newRow("no end") << plain.chopped(2);
    QTest::newRow("cut") << plain.left(plain.size() * 2 / 3);
    QTest::newRow("cut, with an end") << plain.left(plain.size() * 2 / 3) + QByteArray("\xFF\xD9", 2);
    QByteArray restarts = jpeg_file(colour, {.restart_rows = 1});
    const auto marker = restarts.indexOf("\xFF\xD1");
    QVERIFY(marker > 0);
    QTest::newRow("a restart is missing") << restarts.remove(marker, 2);
    QByteArray changed = plain;  // codes of sixteen 1s do not exist
    for (int i = 0; i < 12; i += 2) changed.replace(plain.size() / 2 + i, 2, QByteArray("\xFF\0", 2));
    QTest::newRow("codes that do not exist") << changed;
  }
  void what_is_odd_is_left_to_libjpeg() {
    QFETCH(QByteArray, file);
    for (const int eighths : {1, 2}) QVERIFY(by_scan(file, eighths, Colour::Rgb).empty());
  }

  /// Whatever a byte is changed to: either libjpeg is to say what the picture is, or all of it was read.
  void any_byte_may_be_wrong() {
    const QByteArray plain = jpeg_file(waves(64, 48), {.restart_rows = 2});
    const auto begin = plain.indexOf("\xFF\xDA") + 14;
    int taken = 0;
    for (auto at = begin; at < plain.size(); ++at) {
      QByteArray changed = plain;
      changed[at] = static_cast<char>(changed[at] ^ (1 << (at % 8)));
      const auto pixels = by_scan(changed, 2, Colour::Rgb);
      taken += pixels.empty() ? 0 : 1;
    }
    QVERIFY(taken > 0);
    QVERIFY(by_scan(plain, 8, Colour::Rgb).empty());
    QVERIFY(by_scan(plain, 4, Colour::Rgb).empty());
  }
};

FEEDLINE_TEST(TestJpegScan)

}  // namespace test_jpeg_scan

#include "test_jpeg_scan.moc"
