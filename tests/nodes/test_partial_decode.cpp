// SPDX-License-Identifier: GPL-3.0-or-later
// Decoding only what the next node will look at: the same pixels as a full decode wherever nothing is scaled, averages
// of them where it is.
#include "nodes/preprocess/crop_window.h"
#include "support/encoded_pictures.h"
#include "support/fixtures.h"
#include "support/places.h"
#include "support/test_program.h"
#include "support/wants.h"

#include <QDir>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <map>

namespace test_partial_decode {

using namespace feedline;
using namespace feedline::test;

namespace {

constexpr std::int64_t kAsItIs = 100'000;  // larger than any picture here: nothing may be scaled down

/// A window of the whole picture, demanded at full size, or reduced to a part of it.
PictureDemand at_full_size(const CropWindow& w) { return demand_of(w, kAsItIs, kAsItIs); }
PictureDemand reduced(const CropWindow& w, std::int64_t factor) {
  return demand_of(w, w.width / factor, w.height / factor);
}

/// Windows of every kind that a width x height picture has: corners, borders, the middle, single pixels, all of it.
std::vector<CropWindow> windows(std::int64_t width, std::int64_t height) {
  std::vector<CropWindow> all;
  for (const std::int64_t w : {std::int64_t{1}, (width + 2) / 3, width})
    for (const std::int64_t h : {std::int64_t{1}, (height + 2) / 3, height})
      for (const std::int64_t x : {std::int64_t{0}, (width - w) / 2, width - w})
        for (const std::int64_t y : {std::int64_t{0}, (height - h) / 2, height - h})
          if (const CropWindow window{x, y, w, h}; std::find(all.begin(), all.end(), window) == all.end())
            all.push_back(window);
  return all;
}

QByteArray text(const CropWindow& w) {
  return QString("window %1,%2 %3x%4").arg(w.x).arg(w.y).arg(w.width).arg(w.height).toUtf8();
}

/// The first pixel of the window that differs from the full decode, or nothing.
QByteArray difference(const Datum& full, const Datum& part, const CropWindow& window) {
  const CropWindow in = window_in(part, window);
  if (in.width != window.width || in.height != window.height) return "the part does not hold it";
  const std::int64_t channels = full.dim(2);
  for (std::int64_t y = 0; y < in.height; ++y)
    for (std::int64_t i = 0; i < in.width * channels; ++i) {
      const auto wanted = full.as<std::uint8_t>()[((window.y + y) * full.dim(1) + window.x) * channels + i];
      const auto found = part.as<std::uint8_t>()[((in.y + y) * part.dim(1) + in.x) * channels + i];
      if (wanted != found)
        return QString("at %1,%2: %3 instead of %4").arg(i / channels).arg(y).arg(found).arg(wanted).toUtf8();
    }
  return {};
}

/// Decodes every window() and compares it with the full decode. Returns what is wrong.
QByteArray all_windows(const QByteArray& file, const ParamMap& params = {}) {
  Datum full;
  if (const Status done = decode_for(file, nullptr, full, params); !done) return done.error().line().c_str();
  if (full.part()) return "a full decode says that it is a part";
  for (const CropWindow& window : windows(full.dim(1), full.dim(0))) {
    const Wants reader(at_full_size(window));
    Datum part;
    if (const Status done = decode_for(file, &reader, part, params); !done) return done.error().line().c_str();
    if (part.part() && part.part()->eighths != 8) return text(window) + ": scaled, though nobody asked for it";
    if (const QByteArray wrong = difference(full, part, window); !wrong.isEmpty()) return text(window) + ' ' + wrong;
  }
  return {};
}

/// The file cut off, and with other bytes, early, in the middle and late.
std::vector<QByteArray> damages(const QByteArray& file) {
  std::vector<QByteArray> all;
  for (const int percent : {30, 60, 90, 97}) all.push_back(file.left(file.size() * percent / 100));
  for (const int percent : {40, 70, 95}) {
    QByteArray changed = file;
    const auto at = file.size() * percent / 100;
    const auto length = std::min<qsizetype>(9, file.size() - at);
    for (qsizetype i = 0; i < length; ++i) changed[at + i] = static_cast<char>(changed[at + i] ^ 0x5A);
    all.push_back(changed);
  }
  return all;
}

}  // namespace

class TestPartialDecode : public QObject {
  Q_OBJECT

  static void add_common(const Pixels& colour, const Pixels& grey) {
    QTest::newRow("PNG") << png_file(colour);
    QTest::newRow("PNG 16 bits") << png_file(colour, 16);
    QTest::newRow("PNG interlaced") << png_file(colour, 8, true);
    QTest::newRow("WebP") << webp_file(colour, false);
    QTest::newRow("WebP lossless") << webp_file(colour, true);
    QTest::newRow("GIF") << gif_file(grey);
    QTest::newRow("GIF interlaced") << gif_file(grey, {.interlaced = true});
  }
  /// Of the shared data, where they are there.
  static void add_shared(const char* folder, const QStringList& names) {
    const QDir shared(feedline::test::shared_data(QString::fromLatin1(folder)));
    for (const QString& name : shared.entryList(names))
      QTest::newRow(qPrintable(name)) << read_file(shared.filePath(name));
  }

 private Q_SLOTS:
  void the_same_pixels_from_any_jpeg_data() {
    QTest::addColumn<int>("channels");
    QTest::addColumn<int>("across");
    QTest::addColumn<int>("down");
    QTest::addColumn<bool>("progressive");
    for (const bool progressive : {false, true}) {
      const char* kind = progressive ? "progressive" : "baseline";
      for (const auto [across, down] :
           {std::array{1, 1}, std::array{2, 1}, std::array{2, 2}, std::array{1, 2}, std::array{4, 1}})
        QTest::addRow("%s colour %dx%d", kind, across, down) << 3 << across << down << progressive;
      QTest::addRow("%s grey", kind) << 1 << 1 << 1 << progressive;
      QTest::addRow("%s CMYK", kind) << 4 << 1 << 1 << progressive;
    }
  }
  void the_same_pixels_from_any_jpeg() {
    QFETCH(int, channels);
    QFETCH(int, across);
    QFETCH(int, down);
    QFETCH(bool, progressive);
    for (const auto [width, height] : {std::array{101, 67}, std::array{1, 1}, std::array{3, 2}, std::array{17, 130}}) {
      const JpegStyle style{
          .across = across, .down = down, .progressive = progressive, .restart_rows = width > 64 ? 1U : 0U};
      const QByteArray file = jpeg_file(waves(width, height, channels), style);
      QCOMPARE(all_windows(file), QByteArray());
      if (width == 17) QCOMPARE(all_windows(file, {{"color", std::string("grey")}}), QByteArray());
    }
  }

  void the_same_pixels_from_other_formats_data() {
    QTest::addColumn<QByteArray>("file");
    const Pixels colour = waves(53, 41);
    const Pixels grey = waves(53, 41, 1);
    add_common(colour, grey);
    QTest::newRow("PNG grey") << png_file(grey);
    QTest::newRow("GIF frame in a larger screen") << gif_file(grey, {.left = 5, .top = 3});
    QTest::newRow("JPEG without an end") << jpeg_file(colour).chopped(2);
    QTest::newRow("TIFF") << tiff_file(colour, {.compression = 5});
    QTest::newRow("TIFF in one strip") << tiff_file(colour, {.rows = 1000, .compression = 5});
    QTest::newRow("TIFF tiles") << tiff_file(colour, {.bits = 16, .tile = 16});
    QTest::newRow("TIFF planes") << tiff_file(colour, {.bits = 32, .real = true, .planes = true, .compression = 8});
    QTest::newRow("TIFF planes of tiles") << tiff_file(colour, {.planes = true, .tile = 32});
    QTest::newRow("TIFF JPEG") << tiff_file(colour, {.rows = 16, .compression = 7, .photometric = 6});
    add_shared("/hostile/pillow", {"hopper.Lab.tif", "g4_orientation_5.tif"});
    add_shared("/hostile/pillow/avif", {"hopper.avif"});
    add_shared("/hostile/pillow/bmp/g", {"rgb24.bmp", "pal8rle.bmp", "pal1.bmp", "rgb16-565.bmp", "pal8topdown.bmp"});
  }
  void the_same_pixels_from_other_formats() {
    QFETCH(QByteArray, file);
    QCOMPARE(all_windows(file), QByteArray());
  }

  void the_same_pixels_however_the_camera_was_held() {
    const QByteArray jpeg = jpeg_file(waves(70, 45));
    for (int orientation = 1; orientation <= 8; ++orientation)
      QCOMPARE(QByteArray::number(orientation) + all_windows(with_orientation(jpeg, orientation)),
               QByteArray::number(orientation));
  }

  void only_what_is_needed_is_held() {
    const QByteArray jpeg = jpeg_file(waves(640, 480));
    const Wants reader(at_full_size({300, 200, 100, 80}));
    Datum part;
    QVERIFY(decode_for(jpeg, &reader, part));
    QVERIFY(part.part() != nullptr);
    QCOMPARE(part.part()->whole_width, 640);
    QCOMPARE(part.part()->whole_height, 480);
    // A few pixels around it for the interpolation of colours, and to the left whole blocks of 16.
    QVERIFY2(part.dim(0) <= 84 && part.dim(1) <= 104 + 16, part.text().c_str());

    Datum whole;
    QVERIFY(decode_for(jpeg, &reader, whole, {{"exact", true}}));
    QVERIFY(!whole.part());
    QCOMPARE(whole.text(), std::string("u8 480×640×3 HWC"));
  }

  void the_scale_is_the_coarsest_that_is_enough_data() {
    QTest::addColumn<int>("size");
    QTest::addColumn<int>("eighths");
    QTest::newRow("larger") << 500 << 8;
    QTest::newRow("as large") << 400 << 8;
    QTest::newRow("just over a half") << 201 << 8;
    QTest::newRow("a half") << 200 << 4;
    QTest::newRow("a quarter") << 100 << 2;
    QTest::newRow("just over an eighth") << 51 << 2;
    QTest::newRow("an eighth") << 50 << 1;
    QTest::newRow("a pixel") << 1 << 1;
  }
  void the_scale_is_the_coarsest_that_is_enough() {
    QFETCH(int, size);
    QFETCH(int, eighths);
    const QByteArray jpeg = jpeg_file(waves(512, 450, 1));
    for (const bool wide : {false, true}) {  // the side that is reduced less decides
      const Wants reader(demand_of({50, 25, 400, 400}, wide ? size : 1, wide ? 1 : size));
      Datum part;
      QVERIFY(decode_for(jpeg, &reader, part));
      QCOMPARE(part.part()->eighths, eighths);
    }
  }

  /// libjpeg's scaled transforms average: at a half, a quarter, an eighth each pixel is the mean of a square of full
  /// ones, but for what quantisation and the missing corner coefficients change: at a half, of the 64 coefficients of a
  /// block 16 are used, so a share of the noise within a square is kept. Two grey levels of 255 hold for all three.
  void scaled_pixels_are_averages_data() {
    QTest::addColumn<int>("factor");
    QTest::addColumn<int>("channels");
    QTest::addColumn<bool>("progressive");
    for (const int factor : {2, 4, 8})
      for (const int channels : {1, 3, 4})
        for (const bool progressive : {false, true})
          QTest::addRow("1/%d, %d channels%s", factor, channels, progressive ? ", progressive" : "")
              << factor << channels << progressive;
  }
  void scaled_pixels_are_averages() {
    QFETCH(int, factor);
    QFETCH(int, channels);
    QFETCH(bool, progressive);
    const QByteArray file = jpeg_file(waves(400, 320, channels), {.across = 1, .down = 1, .progressive = progressive});
    Datum full;
    QVERIFY(decode_for(file, nullptr, full));
    for (const CropWindow& window :
         {CropWindow{0, 0, 400, 320}, CropWindow{64, 80, 160, 128}, CropWindow{240, 192, 160, 128}}) {
      const Wants reader(reduced(window, factor));
      Datum part;
      QVERIFY(decode_for(file, &reader, part));
      QCOMPARE(part.part()->eighths, 8 / factor);
      const CropWindow in = window_in(part, window);
      QCOMPARE(in.width, window.width / factor);
      QCOMPARE(in.height, window.height / factor);
      double sum = 0;
      for (std::int64_t y = 0; y < in.height; ++y)
        for (std::int64_t x = 0; x < in.width; ++x)
          for (std::int64_t c = 0; c < 3; ++c) {
            double mean = 0;
            for (std::int64_t i = 0; i < factor * factor; ++i) {
              const std::int64_t row = window.y + y * factor + i / factor;
              const std::int64_t column = window.x + x * factor + i % factor;
              mean += full.as<std::uint8_t>()[(row * 400 + column) * 3 + c];
            }
            const auto found = part.as<std::uint8_t>()[((in.y + y) * part.dim(1) + in.x + x) * 3 + c];
            sum += std::abs(found - mean / static_cast<double>(factor * factor));
          }
      const double each = sum / static_cast<double>(in.width * in.height * 3);
      QVERIFY2(each < 2, text(window) + " differs by " + QByteArray::number(each));
    }
  }

  /// Brightness that grows with the place tells where a pixel comes from. A scaled window lies on the grid to within
  /// half a scaled pixel, mirrored or not, whatever the sides divide by.
  void scaled_windows_lie_where_they_should_data() {
    QTest::addColumn<int>("orientation");
    for (int orientation = 1; orientation <= 8; ++orientation)
      QTest::addRow("orientation %d", orientation) << orientation;
  }
  void scaled_windows_lie_where_they_should() {
    QFETCH(int, orientation);
    for (const auto [width, height] : {std::array{203, 149}, std::array{200, 152}, std::array{97, 210}})
      for (const int factor : {2, 4, 8}) {
        const QByteArray plain = jpeg_file(slope(width, height, 0.6, 0.5), {.quality = 100});
        const QByteArray file = with_orientation(plain, orientation);
        Datum full;
        QVERIFY(decode_for(file, nullptr, full));
        const std::int64_t w = full.dim(1);
        const std::int64_t h = full.dim(0);
        for (const CropWindow& window : {CropWindow{0, 0, w, h}, CropWindow{w / 3, h / 4, w / 2, h / 2},
                                         CropWindow{w - 41, h - 53, 41, 53}, CropWindow{0, h - 33, 37, 33}}) {
          const Wants reader(reduced(window, factor));
          Datum part;
          QVERIFY(decode_for(file, &reader, part));
          QCOMPARE(part.part()->eighths, 8 / factor);
          const CropWindow in = window_in(part, window);
          for (const bool right : {false, true})  // the middles of the first and of the last pixel, diagonally
            for (const bool down : {false, true}) {
              const std::int64_t x = right ? in.width - 1 : 0;
              const std::int64_t y = down ? in.height - 1 : 0;
              const double found = part.as<std::uint8_t>()[((in.y + y) * part.dim(1) + in.x + x) * 3];
              const auto at = [&](double px, double py) {
                const auto column = std::clamp<std::int64_t>(std::llround(px - 0.5), 0, w - 1);
                const auto row = std::clamp<std::int64_t>(std::llround(py - 0.5), 0, h - 1);
                return static_cast<double>(full.as<std::uint8_t>()[(row * w + column) * 3]);
              };
              const double wanted =
                  at(static_cast<double>(window.x + (right ? window.width : 0)) + (right ? -0.5 : 0.5) * factor,
                     static_cast<double>(window.y + (down ? window.height : 0)) + (down ? -0.5 : 0.5) * factor);
              // Half a scaled pixel across and down is factor / 2 full ones; a border pixel may average fewer.
              const double allowed = 0.6 * factor + 0.5 * factor + 3;
              QVERIFY2(std::abs(found - wanted) <= allowed,
                       text(window) + QString(" 1/%1: %2 instead of %3").arg(factor).arg(found).arg(wanted).toUtf8());
            }
        }
      }
  }

  void rows_that_nobody_wants_are_not_judged() {
    const QByteArray jpeg = jpeg_file(waves(320, 320));
    const QByteArray cut = jpeg.left(jpeg.size() * 2 / 3);
    const Wants upper(at_full_size({0, 0, 320, 100}));
    const Wants lower(at_full_size({0, 280, 320, 40}));
    Datum whole;
    Datum part;
    QVERIFY(decode_for(jpeg, nullptr, whole));
    QVERIFY(decode_for(cut, &upper, part));
    QCOMPARE(difference(whole, part, {0, 0, 320, 100}), QByteArray());
    const Status done = decode_for(cut, &lower, part);
    QVERIFY(!done);
    QCOMPARE(done.error().code, ErrorCode::BadRecord);
    QVERIFY(!decode_for(cut, nullptr, part));
    QVERIFY(decode_for(cut, &lower, part, {{"damaged", std::string("keep")}}));
    QVERIFY(part.part() != nullptr);
  }

  void windows_of_damaged_pictures_data() {
    QTest::addColumn<QByteArray>("file");
    const Pixels colour = waves(53, 61);
    const Pixels grey = waves(53, 61, 1);
    add_common(colour, grey);
    QTest::newRow("TIFF") << tiff_file(colour, {.compression = 5});
    QTest::newRow("TIFF deflate") << tiff_file(colour, {.rows = 20, .compression = 8});
    QTest::newRow("TIFF tiles") << tiff_file(colour, {.tile = 16, .compression = 5});
    QTest::newRow("TIFF planes") << tiff_file(colour, {.planes = true, .compression = 8});
    QTest::newRow("TIFF as it is") << tiff_file(colour);
    for (const bool avif : {false, true})
      if (const QByteArray file = heif_file(colour, avif); !file.isEmpty())
        QTest::newRow(avif ? "AVIF" : "HEIC") << file;
    add_shared("/hostile/pillow", {"hopper.bmp"});
    add_shared("/hostile/pillow/avif", {"hopper.avif"});
    add_shared("/hostile/pillow/bmp/g", {"rgb24.bmp", "pal8rle.bmp", "pal8topdown.bmp"});
  }
  /// A window of a damaged picture is what a full decode that keeps what it can has there, whether damage is kept or
  /// skipped; or the very pixels of the undamaged file, since libwebp hands out whole rows of blocks only where it
  /// reads on, and loses some that a window ends with. A complaint is that of a full decode, and who needs all of it
  /// hears it.
  void windows_of_damaged_pictures() {
    QFETCH(QByteArray, file);
    const ParamMap skip = {{"damaged", std::string("skip")}};
    const ParamMap keep = {{"damaged", std::string("keep")}};
    Datum intact;
    QVERIFY(decode_for(file, nullptr, intact));
    for (const QByteArray& damaged : damages(file)) {
      Datum full;
      const auto unlike = [&](const Datum& part, const CropWindow& window) {
        const QByteArray wrong = difference(full, part, window);
        return wrong.isEmpty() || difference(intact, part, window).isEmpty() ? QByteArray() : wrong;
      };
      Datum ignored;
      const Status judged = decode_for(damaged, nullptr, ignored, skip);
      const Status kept = decode_for(damaged, nullptr, full, keep);
      if (judged) QVERIFY(kept);
      if (!judged) QCOMPARE(judged.error().code, ErrorCode::BadRecord);
      if (!kept) {
        const Wants reader(at_full_size({0, 0, 10, 10}));
        Datum part;
        const Status done = decode_for(damaged, &reader, part, keep);
        QVERIFY(!done);
        QCOMPARE(line(done.error()), line(kept.error()));
        continue;
      }
      for (const CropWindow& window : windows(full.dim(1), full.dim(0))) {
        const Wants reader(at_full_size(window));
        Datum part;
        const Status quiet = decode_for(damaged, &reader, part, keep);
        QVERIFY2(quiet, text(window));
        QCOMPARE(text(window) + unlike(part, window), text(window));
        const Status done = decode_for(damaged, &reader, part, skip);
        if (done) {
          QCOMPARE(text(window) + unlike(part, window), text(window));
          const bool needs_all =
              window.x == 0 && window.y == 0 && window.width == full.dim(1) && window.height == full.dim(0);
          QVERIFY2(judged || !needs_all, text(window));
        } else {
          QVERIFY2(!judged, text(window));
          QCOMPARE(line(done.error()), line(judged.error()));
        }
      }
    }
  }

  void the_pixel_budget_is_that_of_the_whole_picture() {
    const Wants reader(at_full_size({0, 0, 10, 10}));
    Datum part;
    const Status done = decode_for(jpeg_file(waves(200, 100)), &reader, part, {{"max_megapixels", 0.019}});
    QVERIFY(!done);
    QVERIFY2(line(done.error()).contains("over the limit"), qPrintable(line(done.error())));
  }

  void senseless_demands_get_the_whole_picture_data() {
    QTest::addColumn<int>("x");
    QTest::addColumn<int>("width");
    QTest::newRow("empty") << 5 << 0;
    QTest::newRow("negative") << 5 << -3;
    QTest::newRow("outside") << 500 << 10;
  }
  void senseless_demands_get_the_whole_picture() {
    QFETCH(int, x);
    QFETCH(int, width);
    const Wants reader(at_full_size({x, 0, width, 10}));
    Datum picture;
    QVERIFY(decode_for(jpeg_file(waves(40, 30)), &reader, picture));
    QVERIFY(!picture.part());
    QCOMPARE(picture.text(), std::string("u8 30×40×3 HWC"));
  }

  void a_part_is_no_picture_for_other_nodes() {
    const Wants reader(at_full_size({10, 10, 10, 10}));
    Datum part;
    QVERIFY(decode_for(jpeg_file(waves(80, 60)), &reader, part));
    Datum out;
    const std::map<std::string, ParamMap> nodes = {
        {"horizontal_flip", {}}, {"normalise", {}}, {"pad_random_crop", {{"size", std::int64_t{8}}}}};
    for (const auto& [node, params] : nodes) {
      const Status done = run_node(node, params, part, out);
      QVERIFY2(!done && line(done.error()).contains("only a part"), node.c_str());
    }
  }

  void the_readers_give_the_same_data() {
    QTest::addColumn<QString>("node");
    QTest::addColumn<QString>("mode");
    QTest::addColumn<bool>("training");
    QTest::newRow("random_resized_crop") << "random_resized_crop"
                                         << "" << true;
    QTest::newRow("random_resized_crop in validation") << "random_resized_crop"
                                                       << "" << false;
    QTest::newRow("resize, crop") << "resize"
                                  << "crop" << true;
    QTest::newRow("resize, stretch") << "resize"
                                     << "stretch" << true;
  }
  /// The same window of the same record, from a part and from everything. Nothing can be scaled here, so no bit
  /// differs.
  void the_readers_give_the_same() {
    QFETCH(QString, node);
    QFETCH(QString, mode);
    QFETCH(bool, training);
    ParamMap params;
    if (mode.isEmpty()) {
      params = {{"size", std::int64_t{96}}};
    } else {
      params = {{"width", std::int64_t{90}}, {"height", std::int64_t{45}}, {"mode", mode.toStdString()}};
    }
    const TensorDesc picture{.kind = Kind::Image,
                             .dtype = DType::U8,
                             .shape = {Dim::symbol("H"), Dim::symbol("W"), 3},
                             .layout = Layout::HWC};
    const auto reader = make_op(node.toStdString(), params, picture);
    for (std::uint64_t record = 0; record < 20; ++record) {
      const QByteArray file =
          with_orientation(jpeg_file(waves(110 + static_cast<int>(record), 80)), 1 + static_cast<int>(record % 8));
      const OpContext context{.rng = Rng(7, 3, record, 5), .training = training, .record = record};
      std::array<Datum, 2> decoded;
      std::array<Datum, 2> out;
      for (std::size_t exact = 0; exact < 2; ++exact) {
        QVERIFY(decode_for(file, reader.get(), decoded[exact], {{"exact", exact == 1}}, context));
        const std::array<const Datum*, 1> from = {&decoded[exact]};
        const std::array<Datum*, 1> to = {&out[exact]};
        OpContext own = context;
        QVERIFY(reader->run(from, to, own));
      }
      QVERIFY(mode == "stretch" || decoded[0].part() != nullptr);
      QCOMPARE(content(out[0]), content(out[1]));
    }
  }

  /// Every hostile file, asked for parts of every kind: what comes back is a part that can be used, or a record error.
  void hostile_files_data() {
    QTest::addColumn<QString>("folder");
    for (const char* folder : {"jpeg", "png", "gif", "bmp", "pillow", "image-rs-bad", "image-rs-valid"})
      QTest::newRow(folder) << folder;
  }
  void hostile_files() {
    QFETCH(QString, folder);
    const QStringList files = files_below(feedline::test::shared_data("/hostile/") + folder);
    if (files.isEmpty()) QSKIP("these hostile files are not here");
    const TensorDesc picture{.kind = Kind::Image,
                             .dtype = DType::U8,
                             .shape = {Dim::symbol("H"), Dim::symbol("W"), 3},
                             .layout = Layout::HWC};
    const std::array readers = {
        make_op("random_resized_crop", {{"size", std::int64_t{224}}}, picture),
        make_op("random_resized_crop", {{"size", std::int64_t{9}}, {"scale_max", 0.2}}, picture),
        make_op("resize", {{"width", std::int64_t{5}}, {"height", std::int64_t{40}}}, picture)};
    int pictures = 0;
    for (const QString& file : files) {
      const QByteArray bytes = read_file(file);
      for (std::size_t i = 0; i < 2 * readers.size(); ++i) {
        const auto& reader = readers[i / 2];
        const OpContext context{.rng = Rng(1, 1, static_cast<std::uint64_t>(pictures), 2)};
        Datum part;
        const ParamMap params = {{"damaged", std::string(i % 2 == 1 ? "keep" : "skip")}, {"max_megapixels", 20.0}};
        if (const Status done = decode_for(bytes, reader.get(), part, params, context); !done) {
          QVERIFY2(done.error().code == ErrorCode::BadRecord && !done.error().reason.empty(), qPrintable(file));
          continue;
        }
        ++pictures;
        QVERIFY2(part.bytes() <= 60'000'000, qPrintable(file));
        Datum out;
        const std::array<const Datum*, 1> from = {&part};
        const std::array<Datum*, 1> to = {&out};
        OpContext own = context;
        const Status ran = reader->run(from, to, own);
        QVERIFY2(ran, qPrintable(file));
      }
    }
    if (folder != "image-rs-bad") QVERIFY(pictures > 0);
  }
};

FEEDLINE_TEST(TestPartialDecode)

}  // namespace test_partial_decode

#include "test_partial_decode.moc"
