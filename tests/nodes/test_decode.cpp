// SPDX-License-Identifier: GPL-3.0-or-later
// Decoding: right pictures from right files, errors from wrong ones, and nothing worse from hostile ones.
#include "nodes/preprocess/codec/codec.h"
#include "nodes/preprocess/codec/exif.h"
#include "support/encoded_pictures.h"
#include "support/fixtures.h"
#include "support/places.h"
#include "support/standard_input.h"

#include <QDir>
#include <QFileInfo>
#include <QTest>

#include <array>
#include <cmath>
#include <map>

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
    QTest::newRow("text") << QByteArray("This is a text.\n")
                          << "not a JPEG, PNG, WebP, GIF or BMP picture (starts with 'This is a text. ')";
    QTest::newRow("PostScript") << QByteArray("\xC5\xD0\xD3\xC6\1\0", 6) << "starts with c5 d0 d3 c6 01 00";
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

  void the_pixel_budget_is_a_parameter() {
    const QByteArray jpeg = jpeg_of(100, 100, 1, 2, 3);
    Datum picture;
    QVERIFY(decode_bytes(jpeg, picture, {{"max_megapixels", 0.01}}));
    QVERIFY(!decode_bytes(jpeg, picture, {{"max_megapixels", 0.00999}}));
  }

  void damaged_files_may_be_kept() {
    const QByteArray jpeg = jpeg_of(64, 64, 10, 200, 30);
    Datum picture;
    QVERIFY(decode_bytes(jpeg.left(jpeg.size() - 40), picture, {{"accept_damaged", true}}));
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
        const auto done = decode_bytes(bytes, picture, {{"accept_damaged", keep}, {"max_megapixels", 20.0}});
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

QTEST_GUILESS_MAIN(TestDecode)
#include "test_decode.moc"
