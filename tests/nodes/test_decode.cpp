// SPDX-License-Identifier: GPL-3.0-or-later
// Decoding: right pictures from right files, errors from wrong ones, and nothing worse from hostile ones.
#include "base/random.h"
#include "nodes/preprocess/codec/codec.h"
#include "nodes/preprocess/codec/exif.h"
#include "nodes/preprocess/codec/heif_size.h"
#include "schema/registry.h"
#include "support/encoded_pictures.h"
#include "support/fixtures.h"
#include "support/places.h"
#include "support/standard_input.h"
#include "support/test_program.h"

#include <QDir>
#include <QFileInfo>
#include <QTest>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <sys/resource.h>
#include <tiff.h>
#include <unistd.h>
#include <utility>
#include <zlib.h>

namespace test_decode {

using namespace feedline;
using namespace feedline::test;

namespace {

const QString kHostile = feedline::test::shared_data("/hostile/");

Status decode_bytes(const QByteArray& bytes, Datum& out, const ParamMap& params = {}) {
  Datum in;
  in.set_bytes({bytes.constData(), static_cast<std::size_t>(bytes.size())});
  return run_node("decode", params, in, out);
}

std::array<double, 3> channel_means(const Datum& picture) {
  std::array<double, 3> means{};
  const auto pixels = static_cast<std::size_t>(picture.dim(0) * picture.dim(1));
  const auto channels = static_cast<std::size_t>(picture.dim(2));
  for (std::size_t i = 0; i < pixels; ++i)
    for (std::size_t c = 0; c < 3; ++c)
      means[c] += picture.as<std::uint8_t>()[i * channels + c % channels] / static_cast<double>(pixels);
  return means;
}

double mean_difference(const Datum& a, const Datum& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.bytes(); ++i) sum += std::abs(a.as<std::uint8_t>()[i] - b.as<std::uint8_t>()[i]);
  return sum / static_cast<double>(a.bytes());
}

/// Bytes of a number, the lowest first.
QByteArray little(quint32 value, int bytes) {
  QByteArray text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

/// Overwrites `bytes` bytes with a number, the highest first.
void put_big(QByteArray& file, qsizetype at, int bytes, quint32 value) {
  for (int i = 0; i < bytes; ++i) file[at + i] = static_cast<char>(value >> (8 * (bytes - 1 - i)));
}

QByteArray with_png_size(QByteArray png, quint32 width, quint32 height) {
  put_big(png, 16, 4, width);
  put_big(png, 20, 4, height);
  const auto sum = ::crc32(0, reinterpret_cast<const Bytef*>(png.constData()) + 12, 17);
  put_big(png, 29, 4, static_cast<quint32>(sum));
  return png;
}

/// Overwrites a number in the first directory of a TIFF file of this machine's byte order.
void put_tiff_tag(QByteArray& tiff, quint16 tag, quint32 value) {
  const auto number = [&](qsizetype at, int bytes) {
    quint32 found = 0;
    for (int i = bytes; i-- > 0;) found = found << 8 | static_cast<unsigned char>(tiff[at + i]);
    return found;
  };
  const auto directory = static_cast<qsizetype>(number(4, 4));
  for (quint32 i = 0; i < number(directory, 2); ++i) {
    const qsizetype entry = directory + 2 + 12 * static_cast<qsizetype>(i);
    if (number(entry, 2) != tag) continue;
    tiff.replace(entry + 2, 2, little(4, 2));  // 32 bits
    tiff.replace(entry + 8, 4, little(value, 4));
  }
}

/// An animation on a canvas of this size, whose only frame is `webp`.
QByteArray webp_animation(const QByteArray& webp, quint32 width, quint32 height) {
  const QByteArray picture = webp.mid(12);
  QByteArray chunks = "WEBPVP8X" + little(10, 4) + little(2, 4) + little(width - 1, 3) + little(height - 1, 3);
  chunks += "ANIM" + little(6, 4) + QByteArray(6, 0);
  chunks += "ANMF" + little(static_cast<quint32>(16 + picture.size()), 4) + QByteArray(6, 0) + little(47, 3) +
            little(47, 3) + QByteArray(4, 0) + picture;
  return "RIFF" + little(static_cast<quint32>(chunks.size()), 4) + chunks;
}

}  // namespace

class TestDecode : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void pixels_come_back_from_jpeg() {
    Datum file;
    Datum picture;
    Datum original;
    fill_standard(Kind::Encoded, 3, file);
    fill_standard(Kind::Image, 3, original);
    QVERIFY(run_node("decode", {}, file, picture));
    QCOMPARE(picture.text(), original.text());
    QVERIFY2(mean_difference(picture, original) < 12, QByteArray::number(mean_difference(picture, original)));  // 4:2:0
    Datum grey;
    QVERIFY(run_node("decode", {{"color", std::string("grey")}}, file, grey));
    QCOMPARE(grey.text(), std::string("u8 48×64×1 HWC"));
    const auto means = channel_means(original);
    QVERIFY(std::abs(channel_means(grey)[0] - (0.299 * means[0] + 0.587 * means[1] + 0.114 * means[2])) < 2);
  }

  void known_files_data() {
    QTest::addColumn<int>("width");
    QTest::addColumn<int>("height");
    QTest::addColumn<QList<double>>("means");  // of R, G and B; from ImageMagick 6.9
    const auto row = [](const char* file, int width, int height, QList<double> means) {
      QTest::newRow(file) << width << height << means;
    };
    row("jpeg/image-rs-valid-variants/ycck.jpg", 500, 333, {108.7, 131.7, 109.2});
    row("jpeg/image-rs-valid-variants/rgb.jpg", 500, 333, {109, 132.1, 109.6});
    row("jpeg/image-rs-valid-variants/grayscale_large.jpg", 1000, 1, {126.3, 126.3, 126.3});
    row("jpeg/image-rs-valid-variants/mjpeg.jpg", 960, 720, {142.5, 80.9, 58.3});
    row("image-rs-valid/jpg/progressive/test.jpg", 32, 23, {181.9, 131.5, 128.7});
    row("image-rs-valid/webp/lossy_images/simple-rgb.webp", 100, 100, {119.8, 20.1, 122.5});
    row("image-rs-valid/webp/lossless_images/2-color.webp", 300, 300, {196.7, 188.3, 188.7});
    row("jpeg/libjpeg-turbo-valid/monkey16.png", 149, 227, {81.9, 98.1, 110.2});
    row("jpeg/libjpeg-turbo-valid/vgl_6434_0018a.bmp", 119, 96, {108.3, 114, 112.3});
    for (const char* file : {"hopper_rle8.bmp", "hopper.jpg", "hopper_orientation_3.jpg", "hopper_orientation_4.webp",
                             "hopper_orientation_7.webp"})
      row(qPrintable(QString("pillow/") + file), 128, 128, {89.7, 80.1, 95.4});
    row("pillow/bmp/g/pal1.bmp", 127, 64, {75.3, 75.3, 75.3});
    row("pillow/bmp/g/pal1bg.bmp", 127, 64, {64, 120.4, 198.6});
    for (const char* file : {"pal4.bmp", "pal4rle.bmp"})
      row(qPrintable(QString("pillow/bmp/g/") + file), 127, 64, {77.8, 107.6, 79.2});
    for (const char* file : {"pal8.bmp", "pal8os2.bmp", "pal8v5.bmp"})
      row(qPrintable(QString("pillow/bmp/g/") + file), 127, 64, {119.4, 116.9, 120.5});
    row("pillow/bmp/g/pal8w124.bmp", 124, 61, {120.8, 118.2, 121.2});
    for (const char* file : {"rgb16.bmp", "rgb16-565.bmp"})
      row(qPrintable(QString("pillow/bmp/g/") + file), 127, 64, {121.5, 118.4, 122.9});
    // TIFF: from Pillow 9.4, but for depths that it does not convert (there: its values, by hand).
    for (const char* file :
         {"hopper.iccprofile.tif", "hopper.iccprofile_binary.tif", "hopper_float_dpi_None.tif", "hopper_jpg.tif"})
      row(qPrintable(QString("pillow/") + file), 128, 128, {89.7, 80.1, 95.4});
    row("pillow/hopper_gray_4bpp.tif", 128, 128, {85.4, 85.4, 85.4});
    for (const char* file : {"hopper2.tif", "hopper2I.tif", "hopper2IR.tif"})
      row(qPrintable(QString("pillow/tiff_gray_2_4_bpp/") + file), 128, 128, {78.4, 78.4, 78.4});
    row("pillow/tiff_gray_2_4_bpp/hopper4I.tif", 128, 128, {84.3, 84.3, 84.3});
    for (const char* file : {"tiff_strip_planar_16bit_RGB.tiff", "tiff_tiled_planar_16bit_RGB.tiff"})
      row(qPrintable(QString("pillow/") + file), 100, 40, {41.8, 28.8, 21.6});
    for (const char* file : {"g4_orientation_2.tif", "g4_orientation_3.tif"})
      row(qPrintable(QString("pillow/") + file), 590, 88, {226.7, 226.7, 226.7});
    row("pillow/16bit.MM.deflate.tif", 64, 64, {1.5, 1.5, 1.5});
    row("pillow/multipage.tiff", 10, 10, {0, 128, 0});
    row("pillow/avif/hopper.avif", 128, 128, {89.7, 80.1, 95.4});
  }
  void known_files() {
    const QString file = kHostile + QTest::currentDataTag();
    if (!QFileInfo::exists(file)) QSKIP("the file is not here");
    QFETCH(int, width);
    QFETCH(int, height);
    QFETCH(QList<double>, means);
    Datum picture;
    const auto done = decode_bytes(read_file(file), picture);
    QVERIFY2(done, done ? "" : done.error().line().c_str());
    QCOMPARE(picture.text(), QString("u8 %1×%2×3 HWC").arg(height).arg(width).toStdString());
    const auto found = channel_means(picture);
    for (int c = 0; c < 3; ++c)
      QVERIFY2(std::abs(found[static_cast<std::size_t>(c)] - means[c]) < 1.5,
               QByteArray::number(found[static_cast<std::size_t>(c)]));
  }

  void turned_pictures_stand_upright() {
    // The upright picture: four corners of different brightness, on 32 x 16 px.
    const auto upright = [](int x, int y) { return 40 + 60 * (x >= 16) + 120 * (y >= 8); };
    for (int orientation = 1; orientation <= 8; ++orientation)
      for (const bool big_endian : {false, true}) {
        const bool swap = orientation >= 5;
        const int width = swap ? 16 : 32;
        const int height = swap ? 32 : 16;
        std::vector<std::uint8_t> stored;
        for (int row = 0; row < height; ++row)
          for (int column = 0; column < width; ++column) {
            // Where EXIF 2.32 says that row 0 and column 0 of the stored picture lie in the upright one.
            const int right = width - 1 - column;
            const int down = height - 1 - row;
            const std::array<std::array<int, 2>, 9> at = {{{0, 0},
                                                           {column, row},
                                                           {right, row},
                                                           {right, down},
                                                           {column, down},
                                                           {row, column},
                                                           {down, column},
                                                           {down, right},
                                                           {row, right}}};
            const auto place = at[static_cast<std::size_t>(orientation)];
            stored.push_back(static_cast<std::uint8_t>(upright(place[0], place[1])));
          }
        const auto bytes = codec::encode_jpeg(stored.data(), width, height, 1, 95);
        const QByteArray jpeg(reinterpret_cast<const char*>(bytes->data()), static_cast<qsizetype>(bytes->size()));
        Datum picture;
        QVERIFY(
            decode_bytes(with_orientation(jpeg, orientation, big_endian), picture, {{"color", std::string("grey")}}));
        QCOMPARE(picture.text(), std::string("u8 16×32×1 HWC"));
        for (const auto [x, y] : {std::array{3, 3}, std::array{28, 3}, std::array{3, 12}, std::array{28, 12}})
          QVERIFY2(std::abs(picture.as<std::uint8_t>()[y * 32 + x] - upright(x, y)) < 8,
                   QByteArray::number(orientation));
      }
  }

  void exif_samples_are_the_same_picture() {
    if (!QDir(kHostile + "jpeg/exif-orientation").exists()) QSKIP("hostile/jpeg/exif-orientation is not here");
    for (const auto& [first, others] : std::map<QString, QStringList>{
             {"Portrait_3", {"Portrait_5", "Portrait_6", "Portrait_7"}}, {"Landscape_6", {"Landscape_8"}}}) {
      Datum reference;
      QVERIFY(decode_bytes(read_file(kHostile + "jpeg/exif-orientation/" + first + ".jpg"), reference));
      QCOMPARE(reference.dim(0) > reference.dim(1), first.startsWith("Portrait"));
      for (const QString& other : others) {
        Datum picture;
        QVERIFY(decode_bytes(read_file(kHostile + "jpeg/exif-orientation/" + other + ".jpg"), picture));
        QCOMPARE(picture.text(), reference.text());
        QVERIFY2(mean_difference(picture, reference) < 8, qPrintable(other));
      }
    }
  }

  void malformed_exif_is_no_orientation_data() {
    QTest::addColumn<QByteArray>("tiff");
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("magic only") << QByteArray("II*\0", 4);
    QTest::newRow("directory outside") << QByteArray("II*\0\xFF\xFF\xFF\xFF", 8);
    QTest::newRow("many entries") << QByteArray("II*\0\x08\0\0\0\xFF\xFF", 10);
    QTest::newRow("orientation 9") << QByteArray("II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\x09\0\0\0", 22);
  }
  void malformed_exif_is_no_orientation() {
    QFETCH(QByteArray, tiff);
    QCOMPARE(codec::exif_orientation(std::as_bytes(std::span(tiff.constData(), static_cast<std::size_t>(tiff.size())))),
             1);
  }

  void inks_become_colours() {
    const QString file = kHostile + "pillow/pil_sample_cmyk.jpg";
    if (!QFileInfo::exists(file)) QSKIP("the file is not here");
    Datum picture;
    QVERIFY(decode_bytes(read_file(file), picture));
    const auto* first = picture.as<std::uint8_t>();  // Pillow's own test: no cyan, no black, over 80 % of the others
    QVERIFY(first[0] > 250 && first[1] < 51 && first[2] < 51);
    const auto* last = first + picture.bytes() - 3;  // and over 90 % black
    QVERIFY(last[0] < 26 && last[1] < 26 && last[2] < 26);
  }

  void animations_give_their_first_frame() {
    const QString file = kHostile + "image-rs-valid/webp/extended_images/anim.webp";
    if (!QFileInfo::exists(file)) QSKIP("the file is not here");
    Datum picture;
    const auto done = decode_bytes(read_file(file), picture, {{"alpha", std::string("black")}});
    QVERIFY2(done, done ? "" : done.error().line().c_str());
    QCOMPARE(picture.text(), std::string("u8 200×200×3 HWC"));
    QVERIFY(moments(picture).stddev > 1);
  }

  void gif_pixels_come_back_data() {
    QTest::addColumn<bool>("interlaced");
    QTest::addColumn<int>("frames");
    QTest::newRow("plain") << false << 1;
    QTest::newRow("interlaced") << true << 1;
    QTest::newRow("animated: the first frame") << false << 3;
  }
  void gif_pixels_come_back() {
    QFETCH(bool, interlaced);
    QFETCH(int, frames);
    const Pixels pixels = waves(37, 21, 1);
    Datum picture;
    const auto done = decode_bytes(gif_file(pixels, {.interlaced = interlaced, .frames = frames}), picture,
                                   {{"color", std::string("grey")}});
    QVERIFY2(done, done ? "" : done.error().line().c_str());
    QCOMPARE(picture.text(), std::string("u8 21×37×1 HWC"));
    QVERIFY(std::equal(pixels.values.begin(), pixels.values.end(), picture.as<std::uint8_t>()));
  }

  void gif_frames_may_be_smaller_than_their_screen() {
    Pixels pixels = waves(10, 8, 1);
    for (auto& value : pixels.values) value = static_cast<std::uint8_t>(value == 77 ? 78 : value);
    pixels.values[0] = 77;  // transparent
    const QByteArray file = gif_file(pixels, {.left = 3, .top = 2, .transparent = 77});
    Datum picture;
    QVERIFY(decode_bytes(file, picture, {{"color", std::string("grey")}, {"alpha", std::string("white")}}));
    QCOMPARE(picture.text(), std::string("u8 12×16×1 HWC"));
    const auto at = [&](int x, int y) { return static_cast<int>(picture.as<std::uint8_t>()[y * 16 + x]); };
    QCOMPARE(at(0, 0), 255);
    QCOMPARE(at(3, 2), 255);  // where the frame is transparent
    QCOMPARE(at(4, 2), static_cast<int>(pixels.values[1]));
    QCOMPARE(at(12, 9), static_cast<int>(pixels.values.back()));
    QCOMPARE(at(13, 9), 255);
  }

  void sixteen_bits_become_eight() {
    const Pixels pixels = waves(31, 17);
    for (const bool interlaced : {false, true}) {
      Datum picture;
      QVERIFY(decode_bytes(png_file(pixels, 16, interlaced), picture));
      QVERIFY(std::equal(pixels.values.begin(), pixels.values.end(), picture.as<std::uint8_t>()));
    }
  }

  void tiff_pixels_come_back_data() {
    QTest::addColumn<int>("channels");
    QTest::addColumn<int>("bits");
    QTest::addColumn<bool>("real");
    QTest::addColumn<bool>("planes");
    QTest::addColumn<int>("tile");
    QTest::addColumn<int>("compression");
    for (const int channels : {1, 2, 3, 4})
      for (const auto& [bits, real] : {std::pair(8, false), {16, false}, {32, false}, {32, true}, {64, true}})
        for (const bool planes : {false, true})
          for (const int tile : {0, 16})
            for (const int compression : {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE})
              QTest::addRow("%d channels of %d bits%s%s%s, compression %d", channels, bits, real ? ", real" : "",
                            planes ? ", planes" : "", tile > 0 ? ", tiles" : "", compression)
                  << channels << bits << real << planes << tile << compression;
  }
  void tiff_pixels_come_back() {
    QFETCH(int, channels);
    QFETCH(int, bits);
    QFETCH(bool, real);
    QFETCH(bool, planes);
    QFETCH(int, tile);
    QFETCH(int, compression);
    Pixels pixels = waves(37, 90, channels);
    const bool opacity = channels == 2 || channels == 4;
    const QByteArray file = tiff_file(
        pixels, {.bits = bits, .real = real, .planes = planes, .tile = tile, .compression = compression, .pages = 2});
    Datum picture;
    const auto done = decode_bytes(file, picture);
    QVERIFY2(done, done ? "" : done.error().line().c_str());
    QCOMPARE(picture.text(), std::string("u8 90×37×3 HWC"));
    for (int i = 0; i < 37 * 90; ++i)
      for (int c = 0; c < 3; ++c) {
        const int stored = channels < 3 ? 0 : c;
        QCOMPARE(static_cast<int>(picture.as<std::uint8_t>()[3 * i + c]),
                 static_cast<int>(pixels.values[static_cast<std::size_t>(i * channels + stored)]));
      }
    Datum on_white;
    QVERIFY(decode_bytes(file, on_white, {{"alpha", std::string("white")}}));
    QCOMPARE(mean_difference(picture, on_white) > 5, opacity);
  }

  void tiff_colours_data() {
    QTest::addColumn<int>("photometric");
    QTest::newRow("palette") << PHOTOMETRIC_PALETTE;
    QTest::newRow("white is 0") << PHOTOMETRIC_MINISWHITE;
    QTest::newRow("CMYK") << PHOTOMETRIC_SEPARATED;
    QTest::newRow("YCbCr as JPEG") << PHOTOMETRIC_YCBCR;
  }
  void tiff_colours() {
    QFETCH(int, photometric);
    const bool ycbcr = photometric == PHOTOMETRIC_YCBCR;
    const Pixels pixels = waves(48, 32, photometric == PHOTOMETRIC_SEPARATED ? 4 : ycbcr ? 3 : 1);
    Datum picture;
    const auto done = decode_bytes(
        tiff_file(pixels,
                  {.rows = 16, .compression = ycbcr ? COMPRESSION_JPEG : COMPRESSION_LZW, .photometric = photometric}),
        picture);
    QVERIFY2(done, done ? "" : done.error().line().c_str());
    double sum = 0;
    for (std::size_t i = 0; i < picture.bytes(); ++i) {
      const std::uint8_t* stored = pixels.values.data() + i / 3 * static_cast<std::size_t>(pixels.channels);
      const int wanted = ycbcr                                  ? stored[i % 3]
                         : photometric == PHOTOMETRIC_SEPARATED ? (255 - stored[i % 3]) * (255 - stored[3]) / 255
                                                                : 255 - stored[0];
      sum += std::abs(picture.as<std::uint8_t>()[i] - wanted);
    }
    QVERIFY2(sum / static_cast<double>(picture.bytes()) < (ycbcr ? 8 : 1), QByteArray::number(sum));
  }

  void tiff_stands_upright_and_divides_its_opacity() {
    for (int orientation = 1; orientation <= 8; ++orientation) {
      Datum picture;
      QVERIFY(decode_bytes(tiff_file(waves(40, 20), {.orientation = orientation}), picture));
      QCOMPARE(picture.text(), std::string(orientation < 5 ? "u8 20×40×3 HWC" : "u8 40×20×3 HWC"));
    }
    Pixels half{.width = 20, .height = 8, .channels = 4};
    for (int i = 0; i < 160; ++i) half.values.insert(half.values.end(), {100, 50, 0, 128});
    Datum plain;
    Datum divided;
    QVERIFY(decode_bytes(tiff_file(half), plain));
    QVERIFY(decode_bytes(tiff_file(half, {.premultiplied = true}), divided));
    QCOMPARE(static_cast<int>(plain.as<std::uint8_t>()[0]), 100);
    QCOMPARE(static_cast<int>(divided.as<std::uint8_t>()[0]), 199);
    QCOMPARE(static_cast<int>(divided.as<std::uint8_t>()[1]), 100);
  }

  void heif_pixels_come_back_data() {
    QTest::addColumn<bool>("avif");
    QTest::newRow("HEIC") << false;
    QTest::newRow("AVIF") << true;
  }
  void heif_pixels_come_back() {
    QFETCH(bool, avif);
    for (const int channels : {3, 4}) {
      const Pixels pixels = waves(64, 48, channels);
      const QByteArray file = heif_file(pixels, avif, 95);
      if (file.isEmpty()) QSKIP("libheif has no encoder for it here");
      Datum picture;
      const auto done = decode_bytes(file, picture);
      QVERIFY2(done, done ? "" : done.error().line().c_str());
      QCOMPARE(picture.text(), std::string("u8 48×64×3 HWC"));
      double sum = 0;
      for (std::size_t i = 0; i < picture.bytes(); ++i)
        sum +=
            std::abs(picture.as<std::uint8_t>()[i] - pixels.values[i / 3 * static_cast<std::size_t>(channels) + i % 3]);
      QVERIFY2(sum / static_cast<double>(picture.bytes()) < 15, QByteArray::number(sum / 9216));  // 4:2:0
      for (const auto part : {2, 3, 5, 9}) {
        const auto cut = decode_bytes(file.left(file.size() * part / 10), picture);
        QVERIFY(!cut);
        QCOMPARE(cut.error().code, ErrorCode::BadRecord);
        QVERIFY2(line(cut.error()).contains(avif ? "AVIF" : "HEIC"), qPrintable(line(cut.error())));
      }
      QVERIFY(!decode_bytes(file, picture, {{"max_megapixels", 0.003}}));
    }
  }

  void whole_pictures_without_an_end_data() {
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<int>("end");   ///< bytes that no pixel needs
    QTest::addColumn<int>("loss");  ///< so many cost some
    const Pixels colour = waves(70, 50);
    const Pixels grey = waves(70, 50, 1);
    QTest::newRow("JPEG") << jpeg_file(colour) << 2 << 12;
    QTest::newRow("JPEG 4:4:4 with restarts")
        << jpeg_file(colour, {.across = 1, .down = 1, .restart_rows = 1}) << 2 << 12;
    QTest::newRow("JPEG grey") << jpeg_file(grey, {.across = 1, .down = 1}) << 2 << 12;
    QTest::newRow("JPEG progressive") << jpeg_file(colour, {.progressive = true}) << 2 << 12;
    QTest::newRow("JPEG CMYK") << jpeg_file(waves(70, 50, 4), {.across = 1, .down = 1}) << 2 << 12;
    QTest::newRow("PNG") << png_file(colour) << 12 << 40;
    QTest::newRow("PNG 16 bits") << png_file(colour, 16) << 12 << 40;
    QTest::newRow("PNG interlaced") << png_file(colour, 8, true) << 12 << 40;
    QTest::newRow("GIF") << gif_file(grey) << 2 << 12;
    QTest::newRow("GIF interlaced") << gif_file(grey, {.interlaced = true}) << 2 << 12;
    for (const bool lossless : {false, true}) {
      QByteArray webp = webp_file(colour, lossless);
      webp += QByteArray("JUNK\4\0\0\0abcd", 12);  // metadata stands behind the pixels
      const auto riff = static_cast<quint32>(webp.size() - 8);
      for (int i = 0; i < 4; ++i) webp[4 + i] = static_cast<char>(riff >> (8 * i));
      QTest::newRow(lossless ? "WebP lossless" : "WebP") << webp << 12 << 60;
    }
    // 4 x 2 pixels in runs; an end of line or of the picture behind the last one.
    const QByteArray head(
        "BM\0\0\0\0\0\0\0\0\x3E\0\0\0\x28\0\0\0\4\0\0\0\2\0\0\0\1\0\x08\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
        "\2\0\0\0\0\0\0\0\x0A\x14\x1E\0\xC8\x64\x32\0",
        62);
    QTest::newRow("BMP in runs") << head + QByteArray("\4\1\0\0\2\1\2\0\0\1", 10) << 2 << 4;
  }
  /// What is only a mark behind the last pixel may be missing; of a window as well.
  void whole_pictures_without_an_end() {
    QFETCH(QByteArray, file);
    QFETCH(int, end);
    QFETCH(int, loss);
    Datum whole;
    Datum picture;
    const auto complete = decode_bytes(file, whole);
    QVERIFY2(complete, complete ? "" : complete.error().line().c_str());
    for (int cut = 1; cut <= end; ++cut) {
      const auto done = decode_bytes(file.left(file.size() - cut), picture);
      QVERIFY2(done, (QByteArray::number(cut) + (done ? "" : done.error().line().c_str())));
      QCOMPARE(picture.text(), whole.text());
      QCOMPARE(mean_difference(picture, whole), 0.0);
    }
    const auto lost = decode_bytes(file.left(file.size() - loss), picture);
    QVERIFY(!lost);
    QCOMPARE(lost.error().code, ErrorCode::BadRecord);
    const auto kept = decode_bytes(file.left(file.size() - loss), picture, {{"damaged", std::string("keep")}});
    QVERIFY2(kept, kept ? "" : kept.error().line().c_str());
  }

  /// A scan that is missing altogether is no missing end marker, though no code is cut off; nor is what the arithmetic
  /// decoder makes up.
  void missing_scans_are_missing() {
    const QByteArray jpeg = jpeg_file(waves(70, 50), {.progressive = true});
    Datum picture;
    int scans = 0;
    for (auto at = jpeg.indexOf("\xFF\xDA"); at > 0; at = jpeg.indexOf("\xFF\xDA", at + 2)) {
      if (scans++ > 0) QVERIFY2(!decode_bytes(jpeg.left(at), picture), QByteArray::number(scans));
    }
    QVERIFY(scans > 3);
    const QByteArray arithmetic = jpeg_file(waves(70, 50), {.arithmetic = true});
    QVERIFY(decode_bytes(arithmetic, picture));
    for (const int cut : {2, 20, 200}) QVERIFY(!decode_bytes(arithmetic.left(arithmetic.size() - cut), picture));
  }

  void damaged_pictures_may_be_kept_with_the_rest_grey_data() {
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<int>("percent");
    const Pixels colour = waves(96, 96);
    const Pixels grey = waves(96, 96, 1);
    QTest::newRow("JPEG") << jpeg_file(colour) << 60;
    QTest::newRow("PNG") << png_file(colour) << 60;
    QTest::newRow("GIF") << gif_file(grey) << 60;
    QTest::newRow("WebP") << webp_file(colour, false) << 60;
    QTest::newRow("WebP lossless") << webp_file(colour, true) << 60;
    QByteArray tiff = tiff_file(colour, {.compression = COMPRESSION_LZW});
    const auto tail = tiff.size() / 2;
    tiff.replace(tail, 900, QByteArray(900, '\x55'));  // strips in the middle
    QTest::newRow("TIFF") << tiff << 100;
  }
  void damaged_pictures_may_be_kept_with_the_rest_grey() {
    QFETCH(QByteArray, file);
    QFETCH(int, percent);
    file = file.left(file.size() * percent / 100);
    Datum picture;
    QVERIFY(!decode_bytes(file, picture));
    const auto done = decode_bytes(file, picture, {{"damaged", std::string("keep")}});
    QVERIFY2(done, done ? "" : done.error().line().c_str());
    QCOMPARE(picture.text(), std::string("u8 96×96×3 HWC"));
    const auto row_is_grey = [&](int y) {
      for (int i = 0; i < 96 * 3; ++i)
        if (std::abs(picture.as<std::uint8_t>()[y * 96 * 3 + i] - 128) > 1) return false;
      return true;
    };
    QVERIFY(!row_is_grey(0));
    int grey = 0;
    for (int y = 0; y < 96; ++y) grey += row_is_grey(y) ? 1 : 0;
    QVERIFY2(grey >= 4 && grey < 80, QByteArray::number(grey));
    if (percent < 100) QVERIFY(row_is_grey(95));
  }

  void values_may_use_a_corner_of_their_range_data() {
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QString>("range");
    const Pixels colour = waves(40, 30);
    for (const bool interlaced : {false, true})
      QTest::addRow("PNG%s", interlaced ? " interlaced" : "") << png_file(colour, 16, interlaced) << "12850, 51400";
    QTest::newRow("TIFF of 16 bits") << tiff_file(colour, {.bits = 16}) << "12850 51400";
    QTest::newRow("TIFF of 32 bits") << tiff_file(colour, {.bits = 32, .planes = true}) << "842150450; 3368601800";
    QTest::newRow("TIFF of floats") << tiff_file(colour, {.bits = 32, .real = true, .tile = 16})
                                    << "0.19607843, 0.78431373";
    QTest::newRow("TIFF of doubles") << tiff_file(colour, {.bits = 64, .real = true}) << "0.19607843,0.78431373";
  }
  void values_may_use_a_corner_of_their_range() {
    QFETCH(QByteArray, file);
    QFETCH(QString, range);
    const Pixels colour = waves(40, 30);
    Datum picture;
    const auto done = decode_bytes(file, picture, {{"range", range.toStdString()}});
    QVERIFY2(done, done ? "" : done.error().line().c_str());
    for (std::size_t i = 0; i < picture.bytes(); ++i) {
      const double wanted = std::clamp((colour.values[i] - 50.0) * 255 / 150, 0.0, 255.0);
      QVERIFY(std::abs(picture.as<std::uint8_t>()[i] - wanted) <= 0.51);
    }
  }

  void ranges_leave_eight_bits_alone_and_are_checked() {
    const Pixels colour = waves(40, 30);
    for (const QByteArray& file : {png_file(colour), jpeg_file(colour), tiff_file(colour), webp_file(colour, true)}) {
      Datum full;
      Datum picture;
      QVERIFY(decode_bytes(file, full));
      QVERIFY(decode_bytes(file, picture, {{"range", std::string("500, 4000")}}));
      QCOMPARE(mean_difference(picture, full), 0.0);
    }
    const NodeSpec* decode = Registry::instance().find("decode");
    const TensorDesc bytes{.kind = Kind::Encoded, .dtype = DType::U8, .shape = {Dim::symbol("bytes")}};
    const std::vector<const TensorDesc*> in = {&bytes};
    for (const char* range : {"", "wide", "1", "5, 5", "4000, 500", "1, 2, 3", "nan, 1"}) {
      const auto inferred = decode->infer(decode->complete({{"range", std::string(range)}}), in);
      QVERIFY2(!inferred, range);
      QCOMPARE(inferred.error().parameter, std::string("range"));
      QVERIFY(!inferred.error().remedy.empty());
    }
    QVERIFY(decode->infer(decode->complete({{"range", std::string("-1.5, 4e3")}}), in));
  }

  void the_switch_of_version_1_is_a_choice() {
    const NodeSpec* decode = Registry::instance().find("decode");
    ParamMap kept = {{"accept_damaged", true}};
    ParamMap left = {{"accept_damaged", false}};
    decode->upgrade(1, kept);
    decode->upgrade(1, left);
    QCOMPARE(kept, (ParamMap{{"damaged", std::string("keep")}}));
    QVERIFY(left.empty());
  }

  void other_formats_are_named_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("name");
    const auto row = [](const char* name, QByteArray bytes) {
      QTest::newRow(name) << bytes + QByteArray(40, '\1') << name;
    };
    row("JPEG XL", QByteArray("\xFF\x0A", 2));
    row("JPEG XL", QByteArray("\0\0\0\x0CJXL \r\n\x87\n", 12));
    row("JPEG 2000", QByteArray("\0\0\0\x0CjP  \r\n\x87\n", 12));
    row("PSD", "8BPS");
    row("PDF", "%PDF-1.4");
    row("PostScript", QByteArray("\xC5\xD0\xD3\xC6\1\0", 6));
    row("HTML", "\n <!DOCTYPE HTML PUBLIC><head>");
    row("HTML", "<html lang=en>");
    row("SVG", "<?xml version='1.0'?>\n<svg xmlns=''>");
    row("XML", "<?xml version='1.0'?>");
    row("MP4", QByteArray("\0\0\0\x18"
                          "ftypisom\0\0\0\0isom",
                          20));
    row("CR3", QByteArray("\0\0\0\x18"
                          "ftypcrx \0\0\0\1crx ",
                          20));
    row("CR2", QByteArray("II*\0\x10\0\0\0CR\2\0", 12));
    row("ZIP", "PK\3\4");
    row("gzip", QByteArray("\x1F\x8B\x08", 3));
    row("Git LFS", "version https://git-lfs.github.com/spec/v1");
    row("AppleDouble", QByteArray("\0\5\x16\7\0\2\0\0", 8));
    row("Netpbm", "P6\n3 3\n");
    row("DICOM", QByteArray(128, '\0') + "DICM");
    QTest::newRow("zeros") << QByteArray(5000, '\0') << "nothing but zeros";
  }
  void other_formats_are_named() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, name);
    Datum picture;
    const auto done = decode_bytes(bytes, picture);
    QVERIFY(!done);
    QCOMPARE(done.error().code, ErrorCode::BadRecord);
    QVERIFY2(line(done.error()).contains(name) && !line(done.error()).contains("starts with"),
             qPrintable(line(done.error())));
    QVERIFY(!done.error().remedy.empty());
  }

  /// Bytes of good files changed at random: a picture within the budget, or a record error.
  void changed_bytes_data() {
    QTest::addColumn<QByteArray>("file");
    const Pixels colour = waves(50, 40);
    QTest::newRow("TIFF strips") << tiff_file(colour, {.compression = COMPRESSION_LZW});
    QTest::newRow("TIFF tiles") << tiff_file(
        colour, {.bits = 16, .planes = true, .tile = 16, .compression = COMPRESSION_ADOBE_DEFLATE});
    QTest::newRow("TIFF JPEG") << tiff_file(
        colour, {.rows = 16, .compression = COMPRESSION_JPEG, .photometric = PHOTOMETRIC_YCBCR});
    QTest::newRow("TIFF palette") << tiff_file(
        waves(50, 40, 1), {.compression = COMPRESSION_PACKBITS, .photometric = PHOTOMETRIC_PALETTE});
    QTest::newRow("AVIF") << heif_file(colour, true);
    QTest::newRow("HEIC") << heif_file(colour, false);
  }
  void changed_bytes() {
    QFETCH(QByteArray, file);
    if (file.isEmpty()) QSKIP("libheif has no encoder for it here");
    Rng rng(5, 0, 0, 0);
    for (int round = 0; round < 400; ++round) {
      QByteArray changed = file;
      // Headers are at the beginning and at the end.
      const auto size = static_cast<double>(file.size());
      for (std::uint32_t i = 0; i <= rng.bits() % 4; ++i) {
        const double near = rng.uniform() < 0.5 ? rng.uniform() : rng.uniform() * std::min(1.0, 300 / size);
        const auto at = static_cast<qsizetype>((rng.bits() % 2 == 0 ? near : 1 - near) * (size - 1));
        changed[at] = static_cast<char>(rng.bits());
      }
      if (round % 5 == 0) changed = changed.left(static_cast<qsizetype>(rng.uniform() * size));
      Datum picture;
      const auto done = decode_bytes(
          changed, picture, {{"max_megapixels", 1.0}, {"damaged", std::string(round % 2 == 0 ? "keep" : "skip")}});
      if (done)
        QVERIFY(picture.dim(0) * picture.dim(1) <= 1'000'000);
      else
        QVERIFY(done.error().code == ErrorCode::BadRecord && !done.error().reason.empty());
    }
  }

  void transparency_is_as_asked() {
    const std::array<std::uint8_t, 8> rgba = {200, 100, 0, 128, 10, 20, 30, 0};
    const auto converted = [&](codec::Alpha alpha) {
      std::array<std::uint8_t, 6> to{};
      codec::convert_rgba_row(rgba.data(), 2, {.alpha = alpha}, to.data());
      return std::vector<int>(to.begin(), to.end());
    };
    QCOMPARE(converted(codec::Alpha::Drop), (std::vector<int>{200, 100, 0, 10, 20, 30}));
    QCOMPARE(converted(codec::Alpha::OnWhite), (std::vector<int>{227, 177, 127, 255, 255, 255}));
    QCOMPARE(converted(codec::Alpha::OnBlack), (std::vector<int>{100, 50, 0, 0, 0, 0}));
  }

  void wrong_files_are_refused_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("reason");
    const QByteArray jpeg = jpeg_of(64, 64, 10, 200, 30);
    QByteArray bomb = jpeg;
    const auto frame = bomb.indexOf("\xFF\xC0");
    for (const int i : {5, 6, 7, 8}) bomb[frame + i] = static_cast<char>(0xF0);
    QTest::newRow("text")
        << QByteArray("This is a text.\n")
        << "not a JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC or AVIF picture (starts with 'This is a text. ')";
    QTest::newRow("no format") << QByteArray("\xC5\xD0\xD3\1\0", 5) << "starts with c5 d0 d3 01 00";
    QTest::newRow("TIFF magic only") << QByteArray("II*\0", 4) << "TIFF picture that cannot be read";
    QTest::newRow("AVIF header only") << QByteArray(
                                             "\0\0\0\x14"
                                             "ftypavif\0\0\0\0avif",
                                             20)
                                      << "AVIF picture";
    QTest::newRow("HEIC header only") << QByteArray(
                                             "\0\0\0\x14"
                                             "ftypheic\0\0\0\0heic",
                                             20)
                                      << "HEIC picture";
    QTest::newRow("empty") << QByteArray() << "empty";
    QTest::newRow("JPEG cut") << jpeg.left(jpeg.size() - 40) << "JPEG picture that cannot be read: Premature end";
    QTest::newRow("JPEG header only") << jpeg.left(30) << "JPEG picture that cannot be read";
    QTest::newRow("JPEG bomb") << bomb << "61680 x 61680 px (3804.4 megapixels) is over the limit of 100.0 megapixels";
    QTest::newRow("PNG magic only") << QByteArray("\x89PNG\r\n\x1A\n") << "the file ends too early";
    QTest::newRow("WebP magic only") << QByteArray("RIFF\4\0\0\0WEBP", 12) << "its header is damaged";
    QByteArray screen = gif_file(waves(8, 8, 1));
    for (const int i : {6, 7, 8, 9}) screen[i] = static_cast<char>(0xFF);
    const QByteArray gif = gif_file(waves(40, 40, 1));
    QTest::newRow("GIF bomb") << screen << "65535 x 65535 px (4294.8 megapixels) is over the limit of 100.0 megapixels";
    QTest::newRow("GIF cut") << gif.left(gif.size() - 60) << "GIF picture that cannot be read: the file ends too early";
    QTest::newRow("GIF header only") << gif.left(13) << "GIF picture that cannot be read";
    QTest::newRow("GIF without a frame") << gif.left(781) + ";"
                                         << "GIF picture that cannot be read";
    QTest::newRow("BMP magic only") << QByteArray("BM") << "the file ends too early";
  }
  void wrong_files_are_refused() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, reason);
    Datum picture;
    const auto done = decode_bytes(bytes, picture);
    QVERIFY(!done);
    QCOMPARE(done.error().code, ErrorCode::BadRecord);
    QVERIFY2(line(done.error()).contains(reason), qPrintable(line(done.error())));
    QVERIFY(!done.error().remedy.empty());
  }

  void huge_headers_take_no_memory_data() {
    QTest::addColumn<QByteArray>("file");
    const Pixels colour = waves(48, 48);
    QTest::newRow("PNG") << with_png_size(png_file(colour), 100'000, 100'000);
    QTest::newRow("PNG interlaced") << with_png_size(png_file(colour, 16, true), 100'000, 100'000);
    for (const bool progressive : {false, true}) {
      QByteArray jpeg = jpeg_file(colour, {.progressive = progressive});  // two bytes a side
      put_big(jpeg, jpeg.indexOf(progressive ? "\xFF\xC2" : "\xFF\xC0") + 5, 2, 65'500);
      put_big(jpeg, jpeg.indexOf(progressive ? "\xFF\xC2" : "\xFF\xC0") + 7, 2, 65'500);
      QTest::newRow(progressive ? "JPEG progressive" : "JPEG") << jpeg;
    }
    QByteArray gif = gif_file(waves(48, 48, 1));
    gif.replace(6, 4, QByteArray(4, '\xFF'));
    QTest::newRow("GIF") << gif;
    QByteArray bmp = QByteArray("BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", 18);
    bmp += little(100'000, 4) + little(100'000, 4) + little(1, 2) + little(24, 2) + QByteArray(24, 0) +
           QByteArray(100, 'x');
    QTest::newRow("BMP") << bmp;
    for (const int tile : {0, 16}) {
      QByteArray tiff = tiff_file(colour, {.tile = tile, .compression = COMPRESSION_LZW});
      put_tiff_tag(tiff, 256, 100'000);
      put_tiff_tag(tiff, 257, 100'000);
      QTest::newRow(tile == 0 ? "TIFF" : "TIFF tiles") << tiff;
    }
    QTest::newRow("WebP animation") << webp_animation(webp_file(colour, false), 65'000, 65'000);
    QTest::newRow("WebP animation, too large for WebP") << webp_animation(webp_file(colour, false), 100'000, 100'000);
    QByteArray webp = webp_file(colour, true);  // 14 bits a side
    webp.replace(21, 4, QByteArray("\xFF\xFF\xFF\x0F", 4));
    QTest::newRow("WebP lossless") << webp;
    webp = webp_file(colour, false);
    webp.replace(webp.indexOf("\x9D\x01\x2A") + 3, 4, QByteArray("\xFF\x3F\xFF\x3F", 4));
    QTest::newRow("WebP") << webp;
    for (const bool avif : {false, true}) {
      QByteArray heif = heif_file(waves(64, 64), avif);
      if (heif.isEmpty() && avif) heif = read_file(kHostile + "pillow/avif/hopper.avif");
      if (heif.isEmpty()) continue;
      for (auto at = heif.indexOf("ispe"); at > 0; at = heif.indexOf("ispe", at + 4)) {
        put_big(heif, at + 8, 4, 100'000);
        put_big(heif, at + 12, 4, 100'000);
      }
      QTest::newRow(avif ? "AVIF" : "HEIC") << heif;
    }
  }
  /// A file of some hundred bytes that declares gigapixels is refused before anything is taken for them, whatever the
  /// limit is set to.
  void huge_headers_take_no_memory() {
    QFETCH(QByteArray, file);
    const auto peak = [] {
      rusage usage{};
      ::getrusage(RUSAGE_SELF, &usage);
      return usage.ru_maxrss;  // KiB
    };
    for (const double most : {0.1, 100.0}) {
      const auto before = peak();
      Datum picture;
      const auto done = decode_bytes(file, picture, {{"max_megapixels", most}});
      QVERIFY(!done);
      QCOMPARE(done.error().code, ErrorCode::BadRecord);
      const QString told = line(done.error());
      QVERIFY2(told.contains("over the limit") || told.contains("cannot be read"), qPrintable(told));
      QVERIFY2(peak() - before < 30'000, QByteArray::number(qlonglong(peak() - before)));
    }
  }

  void small_boxes_over_large_streams_data() {
    QTest::addColumn<bool>("avif");
    QTest::newRow("HEIC") << false;
    QTest::newRow("AVIF") << true;
  }
  /// Decoders take their memory by what is coded, so a file whose boxes declare less is refused before.
  void small_boxes_over_large_streams() {
    QFETCH(bool, avif);
    QByteArray file = heif_file(waves(1280, 960), avif, 20);
    if (file.isEmpty()) QSKIP("libheif has no encoder for it here");
    const auto sizes = [&] {
      return codec::heif_sizes(
          {reinterpret_cast<const std::byte*>(file.constData()), static_cast<std::size_t>(file.size())});
    };
    QVERIFY(!sizes().absurd() && !sizes().tangled);
    QCOMPARE(sizes().declared.pixels(), std::uint64_t{1280 * 960});
    QVERIFY(sizes().coded.width >= 1280 && sizes().coded.width < 1280 + 64);
    QVERIFY(sizes().coded.height >= 960 && sizes().coded.height < 960 + 64);
    Datum picture;
    QVERIFY(decode_bytes(file, picture));

    for (auto at = file.indexOf("ispe"); at > 0; at = file.indexOf("ispe", at + 4)) {
      put_big(file, at + 8, 4, 64);
      put_big(file, at + 12, 4, 48);
    }
    const auto done = decode_bytes(file, picture);
    QVERIFY(!done);
    QCOMPARE(done.error().code, ErrorCode::BadRecord);
    QVERIFY2(line(done.error()).contains("it declares 64 x 48 px, but its data hold 1280 x"),
             qPrintable(line(done.error())));

    if (!avif) return;  // the same where only the data of the item tell
    const auto header = file.indexOf("av1C") + 8;
    file[header] = static_cast<char>(file[header] | 0x78);  // padding
    QVERIFY(sizes().absurd());
  }

  /// Where the machine has no memory for a picture, that is not the file's fault; the size tells what to do.
  void no_memory_names_the_size() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    QSKIP("a sanitizer needs all of the address space");
#endif
    QByteArray gif = gif_file(waves(48, 48, 1));
    gif.replace(6, 4, little(20'000, 2) + little(19'000, 2));
    rlimit before{};
    QVERIFY(::getrlimit(RLIMIT_AS, &before) == 0);
    QFile status("/proc/self/statm");
    QVERIFY(status.open(QIODevice::ReadOnly));
    const auto pages = status.readAll().split(' ').first().toULongLong();
    rlimit small = before;
    small.rlim_cur = pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + (rlim_t{256} << 20);
    QVERIFY(::setrlimit(RLIMIT_AS, &small) == 0);
    Datum picture;
    const auto done = decode_bytes(gif, picture, {{"max_megapixels", 1000.0}});
    QVERIFY(::setrlimit(RLIMIT_AS, &before) == 0);
    QVERIFY(!done);
    QCOMPARE(done.error().code, ErrorCode::Failed);
    const QString told = line(done.error());
    QVERIFY2(told.contains("20000 x 19000 px") && told.contains("380.0") && told.contains("max_megapixels"),
             qPrintable(told));
  }

  void the_pixel_budget_is_a_parameter() {
    const QByteArray jpeg = jpeg_of(100, 100, 1, 2, 3);
    Datum picture;
    QVERIFY(decode_bytes(jpeg, picture, {{"max_megapixels", 0.01}}));
    QVERIFY(!decode_bytes(jpeg, picture, {{"max_megapixels", 0.00999}}));
  }

  void damaged_files_may_be_kept() {
    const QByteArray jpeg = jpeg_of(64, 64, 10, 200, 30);
    Datum picture;
    QVERIFY(decode_bytes(jpeg.left(jpeg.size() - 40), picture, {{"damaged", std::string("keep")}}));
    QCOMPARE(picture.text(), std::string("u8 64×64×3 HWC"));
    const auto* first = picture.as<std::uint8_t>();
    QVERIFY(std::abs(first[0] - 10) < 4 && std::abs(first[1] - 200) < 4 && std::abs(first[2] - 30) < 4);
  }

  void pngsuite() {
    const QStringList files = files_below(kHostile + "png/pngsuite/png");
    if (files.isEmpty()) QSKIP("hostile/png/pngsuite is not here");
    for (const QString& file : files) {
      const QString name = QFileInfo(file).fileName();
      if (!name.endsWith(".png")) continue;
      Datum picture;
      const auto done = decode_bytes(read_file(file), picture);
      const bool corrupt = name.startsWith('x');  // the suite's own convention
      QVERIFY2(done.has_value() != corrupt, qPrintable(name + (done ? "" : ": " + line(done.error()))));
    }
  }

  void hostile_files_data() {
    QTest::addColumn<QString>("folder");
    for (const char* folder : {"jpeg", "png", "gif", "bmp", "pillow", "image-rs-bad", "image-rs-valid"})
      QTest::newRow(folder) << folder;
  }
  void hostile_files() {
    QFETCH(QString, folder);
    const QStringList files = files_below(kHostile + folder);
    if (files.isEmpty()) QSKIP("these hostile files are not here");
    int pictures = 0;
    for (const QString& file : files) {
      const QByteArray bytes = read_file(file);
      for (const bool keep : {false, true}) {
        Datum picture;
        const auto done =
            decode_bytes(bytes, picture, {{"damaged", std::string(keep ? "keep" : "skip")}, {"max_megapixels", 20.0}});
        if (done) {
          ++pictures;
          QVERIFY2(picture.dims().size() == 3 && picture.dim(2) == 3 && picture.bytes() > 0, qPrintable(file));
          QVERIFY2(picture.dim(0) * picture.dim(1) <= 20'000'000, qPrintable(file));
        } else {
          QVERIFY2(done.error().code == ErrorCode::BadRecord && !done.error().reason.empty(), qPrintable(file));
        }
      }
    }
    if (folder != "image-rs-bad") QVERIFY(pictures > 0);
  }
};

FEEDLINE_TEST(TestDecode)

}  // namespace test_decode

#include "test_decode.moc"
