// SPDX-License-Identifier: GPL-3.0-or-later
// The numbers that per-record picture nodes give, against small cases worked out by hand.
#include "nodes/preprocess/crop_window.h"
#include "schema/registry.h"
#include "support/standard_input.h"
#include "support/test_program.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <set>

namespace test_transforms {

using namespace feedline;
using namespace feedline::test;

namespace {

/// A u8 HWC picture whose pixel (x, y), channel c is value(x, y, c).
template <class F>
Datum picture(std::int64_t width, std::int64_t height, std::int64_t channels, F value) {
  Datum datum;
  auto* to = reinterpret_cast<std::uint8_t*>(datum.allocate(DType::U8, {height, width, channels}, Layout::HWC));
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x)
      for (std::int64_t c = 0; c < channels; ++c) *to++ = static_cast<std::uint8_t>(value(x, y, c));
  return datum;
}

Datum ramp(std::int64_t width, std::int64_t height, std::int64_t channels = 1) {
  return picture(width, height, channels, [&](auto x, auto y, auto c) { return 1 + x + y * width + 50 * c; });
}

/// The same picture as f32 CHW, values unchanged.
Datum planar(const Datum& u8) {
  Datum out;
  auto* to = reinterpret_cast<float*>(out.allocate(DType::F32, {u8.dim(2), u8.dim(0), u8.dim(1)}, Layout::CHW));
  for (std::int64_t c = 0; c < u8.dim(2); ++c)
    for (std::int64_t i = 0; i < u8.dim(0) * u8.dim(1); ++i) *to++ = u8.as<std::uint8_t>()[i * u8.dim(2) + c];
  return out;
}

std::vector<double> numbers(const Datum& datum) {
  std::vector<double> all;
  for (std::size_t i = 0; i < datum.bytes() / size_of(datum.dtype()); ++i)
    all.push_back(datum.dtype() == DType::U8 ? datum.as<std::uint8_t>()[i] : static_cast<double>(datum.as<float>()[i]));
  return all;
}

Value number(std::int64_t value) { return value; }

Error infer_error(const std::string& type, const ParamMap& params, const TensorDesc& in) {
  const std::vector<const TensorDesc*> descs = {&in};
  const auto inferred = Registry::instance().find(type)->infer(params, descs);
  return inferred ? Error{} : inferred.error();
}

QString names_of(const std::vector<PortSpec>& ports) {
  QStringList names;
  for (const PortSpec& port : ports) names << QString::fromStdString(port.name);
  return names.join(' ');
}

}  // namespace

class TestTransforms : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// A square of the fill, cut off at the borders, in all channels; validation pictures stay as they are.
  void cutout_covers_a_square() {
    const Datum in = picture(12, 10, 3, [](auto x, auto y, auto c) { return 10 + x + y + c; });
    std::set<std::vector<double>> seen;
    for (std::uint64_t record = 0; record < 200; ++record) {
      for (const bool planes : {false, true}) {
        Datum out;
        const Datum turned = planar(in);
        const Datum& from = planes ? turned : in;
        QVERIFY(run_node("cutout", {{"size", number(4)}, {"fill", 1.0}}, from, out, Rng(1, 1, record, 2)));
        const std::vector<double> before = numbers(from);
        const std::vector<double> after = numbers(out);
        std::int64_t left = 12;
        std::int64_t right = -1;
        std::int64_t top = 10;
        std::int64_t bottom = -1;
        std::int64_t covered = 0;
        for (std::int64_t y = 0; y < 10; ++y)
          for (std::int64_t x = 0; x < 12; ++x)
            for (std::int64_t c = 0; c < 3; ++c) {
              const auto at = static_cast<std::size_t>(planes ? (c * 10 + y) * 12 + x : (y * 12 + x) * 3 + c);
              if (after[at] == before[at]) continue;
              QCOMPARE(after[at], 1.0);
              ++covered;
              left = std::min(left, x);
              right = std::max(right, x);
              top = std::min(top, y);
              bottom = std::max(bottom, y);
            }
        const std::int64_t width = right - left + 1;
        const std::int64_t height = bottom - top + 1;
        QCOMPARE(covered, 3 * width * height);
        QVERIFY(width >= 2 && width <= 4 && height >= 2 && height <= 4);
        QVERIFY(width == 4 || left == 0 || right == 11);
        QVERIFY(height == 4 || top == 0 || bottom == 9);
        if (!planes) seen.insert(after);
      }
    }
    QVERIFY(seen.size() > 50);
    TensorDesc pixels{.kind = Kind::Image, .dtype = DType::U8, .shape = {10, 12, 3}, .layout = Layout::HWC};
    QCOMPARE(infer_error("cutout", {{"fill", -1.0}}, pixels).parameter, std::string("fill"));
    pixels.dtype = DType::F32;
    QVERIFY(infer_error("cutout", {{"fill", -1.0}}, pixels).reason.empty());
  }

  void flip_mirrors_rows_of_any_layout() {
    const Datum in = ramp(3, 2, 2);
    Datum out;
    QVERIFY(run_node("horizontal_flip", {{"probability", 1.0}}, in, out));
    QCOMPARE(numbers(out), (std::vector<double>{3, 53, 2, 52, 1, 51, 6, 56, 5, 55, 4, 54}));
    QVERIFY(run_node("horizontal_flip", {{"probability", 1.0}}, planar(in), out));
    QCOMPARE(numbers(out), (std::vector<double>{3, 2, 1, 6, 5, 4, 53, 52, 51, 56, 55, 54}));
  }

  /// Its fast ways for bytes move several at a time: every width, and what lies beside the rows.
  void flip_mirrors_rows_of_any_width() {
    for (std::int64_t width = 1; width <= 40; ++width)
      for (const std::int64_t channels : {1, 2, 3, 4}) {
        Datum in;
        Datum out;
        auto* pixels = reinterpret_cast<std::uint8_t*>(in.allocate(DType::U8, {3, width, channels}, Layout::HWC));
        for (std::int64_t i = 0; i < 3 * width * channels; ++i) pixels[i] = static_cast<std::uint8_t>(i * 7 + 1);
        QVERIFY(run_node("horizontal_flip", {{"probability", 1.0}}, in, out));
        QCOMPARE(out.text(), in.text());
        for (std::int64_t y = 0; y < 3; ++y)
          for (std::int64_t x = 0; x < width; ++x)
            for (std::int64_t c = 0; c < channels; ++c)
              QCOMPARE(out.as<std::uint8_t>()[(y * width + x) * channels + c],
                       pixels[(y * width + width - 1 - x) * channels + c]);
      }
  }

  /// Shifted by every amount in both directions; the random place decides which.
  void crop_shifts_and_clears_what_overhangs_data() {
    QTest::addColumn<int>("side");
    QTest::addColumn<int>("padding");
    QTest::addColumn<int>("channels");
    QTest::newRow("as in MNIST") << 28 << 2 << 1;
    QTest::newRow("as in CIFAR") << 32 << 4 << 3;
    QTest::newRow("more border than picture") << 5 << 9 << 1;
    QTest::newRow("wide border") << 24 << 20 << 3;
  }
  void crop_shifts_and_clears_what_overhangs() {
    QFETCH(int, side);
    QFETCH(int, padding);
    QFETCH(int, channels);
    Datum in;
    auto* pixels = reinterpret_cast<std::uint8_t*>(in.allocate(DType::U8, {side, side, channels}, Layout::HWC));
    for (int i = 0; i < side * side * channels; ++i) pixels[i] = static_cast<std::uint8_t>(i % 251 + 1);
    const ParamMap params = {{"padding", std::int64_t{padding}}, {"size", std::int64_t{side}}};
    std::set<std::pair<int, int>> places;
    for (std::uint64_t record = 0; record < 2000; ++record) {
      Datum out;
      QVERIFY(run_node("pad_random_crop", params, in, out, Rng(1, 1, record, 2)));
      Rng rng(1, 1, record, 2);  // as the node draws: first down, then across
      const int down = static_cast<int>(rng.below(static_cast<std::uint32_t>(2 * padding + 1))) - padding;
      const int right = static_cast<int>(rng.below(static_cast<std::uint32_t>(2 * padding + 1))) - padding;
      if (!places.emplace(right, down).second) continue;
      std::vector<std::uint8_t> wanted;
      for (int y = down; y < side + down; ++y)
        for (int x = right; x < side + right; ++x)
          for (int c = 0; c < channels; ++c) {
            const bool inside = x >= 0 && x < side && y >= 0 && y < side;
            wanted.push_back(inside ? pixels[(y * side + x) * channels + c] : std::uint8_t{0});
          }
      QCOMPARE(out.bytes(), wanted.size());
      QVERIFY2(std::equal(wanted.begin(), wanted.end(), out.as<std::uint8_t>()),
               qPrintable(QString("%1 right, %2 down").arg(right).arg(down)));
    }
    QVERIFY(places.size() > 20);
  }

  void flip_happens_as_often_as_asked() {
    const Datum in = ramp(3, 2);
    int flipped = 0;
    for (std::uint64_t record = 0; record < 2000; ++record) {
      Datum out;
      QVERIFY(run_node("horizontal_flip", {{"probability", 0.3}}, in, out, Rng(1, 1, record, 2)));
      flipped += numbers(out).front() == 3;
    }
    QVERIFY2(std::abs(flipped - 600) < 80, QByteArray::number(flipped));  // four standard deviations
  }

  void resize_of_the_same_size_changes_nothing() {
    const Datum in = ramp(6, 5, 3);
    for (const char* mode : {"crop", "stretch"}) {
      Datum out;
      QVERIFY(run_node("resize", {{"width", number(6)}, {"height", number(5)}, {"mode", std::string(mode)}}, in, out));
      QCOMPARE(content(out), content(in));
    }
  }

  void resize_stretches_or_crops() {
    // Left and right quarters are black, the middle half is white.
    const Datum in = picture(40, 20, 1, [](auto x, auto, auto) { return x >= 10 && x < 30 ? 255 : 0; });
    Datum out;
    QVERIFY(
        run_node("resize", {{"width", number(10)}, {"height", number(10)}, {"mode", std::string("crop")}}, in, out));
    QCOMPARE(moments(out).mean, 255.0);
    QVERIFY(
        run_node("resize", {{"width", number(8)}, {"height", number(20)}, {"mode", std::string("stretch")}}, in, out));
    QCOMPARE(out.dim(0), std::int64_t{20});
    QCOMPARE(out.dim(1), std::int64_t{8});
    QCOMPARE(numbers(out)[0], 0.0);
    QCOMPARE(numbers(out)[4], 255.0);
    QCOMPARE(numbers(out)[7], 0.0);
  }

  void area_filter_averages() {
    const Datum in = picture(4, 4, 1, [](auto x, auto y, auto) { return 10 * x + 40 * y; });
    Datum out;
    QVERIFY(
        run_node("resize", {{"width", number(2)}, {"height", number(2)}, {"filter", std::string("area")}}, in, out));
    QCOMPARE(numbers(out), (std::vector<double>{25, 45, 105, 125}));
    Datum floats;
    QVERIFY(run_node("resize", {{"width", number(2)}, {"height", number(2)}, {"filter", std::string("area")}},
                     planar(in), floats));
    QCOMPARE(numbers(floats), numbers(out));
  }

  void random_windows_keep_to_their_limits() {
    const PictureSize size{300, 400, 3};
    const CropLimits limits{0.2, 0.6, 0.8, 1.5};
    double mean_share = 0;
    std::set<std::int64_t> lefts;
    for (std::uint64_t record = 0; record < 2000; ++record) {
      Rng rng(3, 1, record, 1);
      const CropWindow window = random_window(size, limits, rng);
      QVERIFY(window.x >= 0 && window.y >= 0 && window.x + window.width <= 400 && window.y + window.height <= 300);
      const double share = static_cast<double>(window.width * window.height) / static_cast<double>(size.pixels());
      const double ratio = static_cast<double>(window.width) / static_cast<double>(window.height);
      QVERIFY(share > 0.195 && share < 0.605 && ratio > 0.79 && ratio < 1.52);
      mean_share += share / 2000;
      lefts.insert(window.x);
    }
    QVERIFY2(mean_share > 0.36 && mean_share < 0.42, QByteArray::number(mean_share));  // some large ones do not fit
    QVERIFY(lefts.size() > 100);
  }

  void windows_of_odd_pictures_are_never_empty() {
    for (const PictureSize size :
         {PictureSize{1, 1, 3}, PictureSize{1, 4000, 3}, PictureSize{4000, 1, 3}, PictureSize{2, 3, 1}})
      for (std::uint64_t record = 0; record < 50; ++record) {
        Rng rng(1, 1, record, 1);
        for (const CropWindow& window :
             {random_window(size, {}, rng), centre_window(size, 1.0, 0.875), centre_window(size, 3.0)}) {
          QVERIFY(window.width >= 1 && window.height >= 1 && window.x >= 0 && window.y >= 0);
          QVERIFY(window.x + window.width <= size.width && window.y + window.height <= size.height);
        }
      }
  }

  void fallback_is_the_centre() {
    Rng rng(1, 1, 0, 1);
    const CropWindow window = random_window({100, 1000, 3}, {1.0, 1.0, 0.75, 4.0 / 3}, rng);
    QCOMPARE(window.height, std::int64_t{100});
    QCOMPARE(window.width, std::int64_t{133});
    QCOMPARE(window.x, std::int64_t{433});
  }

  void validation_crop_is_the_centre() {
    const Datum in = picture(64, 32, 1, [](auto x, auto, auto) { return x >= 18 && x < 46 ? 200 : 0; });
    Datum out;
    QVERIFY(run_node("random_resized_crop", {{"size", number(28)}}, in, out, Rng(1, 1, 0, 1), false));
    QCOMPARE(moments(out).mean, 200.0);  // 28 of 32 rows and columns around the middle
    QCOMPARE(moments(out).stddev, 0.0);
  }

  void padded_crops_shift_and_fill_with_black() {
    const Datum in = ramp(3, 3);
    const ParamMap params = {{"padding", number(1)}, {"size", number(3)}};
    std::set<std::string> seen;
    for (std::uint64_t record = 0; record < 200; ++record) {
      Datum out;
      QVERIFY(run_node("pad_random_crop", params, in, out, Rng(1, 1, record, 1)));
      seen.insert(content(out));
      const auto found = numbers(out);
      int fits = 0;
      for (int dy = -1; dy <= 1; ++dy)
        for (int dx = -1; dx <= 1; ++dx) {
          bool same = true;
          for (int y = 0; y < 3; ++y)
            for (int x = 0; x < 3; ++x) {
              const bool inside = x + dx >= 0 && x + dx < 3 && y + dy >= 0 && y + dy < 3;
              same = same && found[static_cast<std::size_t>(3 * y + x)] == (inside ? 1 + x + dx + 3 * (y + dy) : 0);
            }
          fits += same;
        }
      QCOMPARE(fits, 1);
    }
    QCOMPARE(seen.size(), std::size_t{9});
    Datum out;
    QVERIFY(run_node("pad_random_crop", params, in, out, Rng(1, 1, 7, 1), false));
    QCOMPARE(content(out), content(in));
  }

  void padded_crops_of_planes_are_those_of_pixels() {
    const Datum in = ramp(5, 4, 3);
    for (std::uint64_t record = 0; record < 20; ++record) {
      const ParamMap params = {{"padding", number(2)}, {"size", number(6)}};
      Datum pixels;
      Datum planes;
      QVERIFY(run_node("pad_random_crop", params, in, pixels, Rng(1, 1, record, 1)));
      QVERIFY(run_node("pad_random_crop", params, planar(in), planes, Rng(1, 1, record, 1)));
      QCOMPARE(numbers(planes), numbers(planar(pixels)));
    }
  }

  void normalise_data() {
    QTest::addColumn<int>("channels");
    QTest::addColumn<QString>("mean");
    QTest::addColumn<QString>("stddev");
    QTest::addColumn<QList<double>>("means");
    QTest::addColumn<QList<double>>("stddevs");
    QTest::newRow("imagenet") << 3 << ""
                              << "" << QList<double>{0.485, 0.456, 0.406} << QList<double>{0.229, 0.224, 0.225};
    QTest::newRow("one channel") << 1 << ""
                                 << "" << QList<double>{0.449} << QList<double>{0.226};
    QTest::newRow("own") << 3 << "0.1, 0.2,0.3"
                         << "1;2;4" << QList<double>{0.1, 0.2, 0.3} << QList<double>{1, 2, 4};
    QTest::newRow("one for all") << 2 << "0.5"
                                 << "0.25" << QList<double>{0.5, 0.5} << QList<double>{0.25, 0.25};
  }
  void normalise() {
    QFETCH(int, channels);
    QFETCH(QString, mean);
    QFETCH(QString, stddev);
    QFETCH(QList<double>, means);
    QFETCH(QList<double>, stddevs);
    const Datum in = picture(16, 16, channels, [](auto x, auto y, auto c) { return (x + 16 * y + 7 * c) % 256; });
    Datum out;
    const auto done = run_node("normalise", {{"mean", mean.toStdString()}, {"stddev", stddev.toStdString()}}, in, out);
    QVERIFY2(done, done ? "" : done.error().line().c_str());
    QCOMPARE(out.text(), "f32 " + std::to_string(channels) + "×16×16 CHW");
    for (int c = 0; c < channels; ++c)
      for (int i = 0; i < 256; ++i) {
        const double expected = (((i + 7 * c) % 256) / 255.0 - means[c]) / stddevs[c];
        QVERIFY(std::abs(static_cast<double>(out.as<float>()[256 * c + i]) - expected) < 1e-5);
      }
  }

  void normalise_takes_numbers_as_they_are() {
    Datum in;
    auto* to = reinterpret_cast<float*>(in.allocate(DType::F32, {1, 1, 3}, Layout::CHW));
    to[0] = 0, to[1] = 0.5F, to[2] = 1;
    Datum out;
    QVERIFY(run_node("normalise", {{"preset", std::string("half")}}, in, out));
    QCOMPARE(numbers(out), (std::vector<double>{-1, 0, 1}));
  }

  void bad_parameters_are_named_data() {
    QTest::addColumn<QString>("type");
    QTest::addColumn<QString>("param");
    QTest::addColumn<QString>("value");
    QTest::newRow("letters") << "normalise"
                             << "mean"
                             << "a,b,c";
    QTest::newRow("two of three") << "normalise"
                                  << "mean"
                                  << "0.5,0.5";
    QTest::newRow("infinite") << "normalise"
                              << "mean"
                              << "inf";
    QTest::newRow("zero deviation") << "normalise"
                                    << "stddev"
                                    << "0";
    QTest::newRow("negative deviation") << "normalise"
                                        << "stddev"
                                        << "0.2,-1,0.2";
    QTest::newRow("crossed scales") << "random_resized_crop"
                                    << "scale_min"
                                    << "1";
    QTest::newRow("crossed ratios") << "random_resized_crop"
                                    << "ratio_min"
                                    << "3";
    QTest::newRow("larger than padded") << "pad_random_crop"
                                        << "size"
                                        << "60";
  }
  void bad_parameters_are_named() {
    QFETCH(QString, type);
    QFETCH(QString, param);
    QFETCH(QString, value);
    const NodeSpec* spec = Registry::instance().find(type.toStdString());
    const auto parsed = spec->param(param.toStdString())->parse(value.toStdString());
    QVERIFY(parsed);
    ParamMap params = {{param.toStdString(), *parsed}};
    if (param == "scale_min") params["scale_max"] = 0.5;
    const Error error = infer_error(spec->type, params, standard_desc(Kind::Image));
    QCOMPARE(QString::fromStdString(error.parameter), param);
    QVERIFY(!error.reason.empty() && !error.remedy.empty());
  }

  void encoded_input_is_refused_with_a_remedy_data() {
    QTest::addColumn<QString>("type");
    for (const char* type : {"resize", "random_resized_crop", "pad_random_crop", "horizontal_flip", "normalise"})
      QTest::newRow(type) << type;
  }
  void encoded_input_is_refused_with_a_remedy() {
    QFETCH(QString, type);
    const Error error = infer_error(type.toStdString(), {}, standard_desc(Kind::Encoded));
    QCOMPARE(error.port, std::string("image"));
    QVERIFY(error.remedy.find("decode") != std::string::npos);
  }

  void unknown_sizes_stay_unknown_until_a_crop() {
    TensorDesc unknown = standard_desc(Kind::Image);
    unknown.shape = {Dim::symbol("H"), Dim::symbol("W"), 3};
    const std::vector<const TensorDesc*> in = {&unknown};
    const Registry& registry = Registry::instance();
    const auto flipped = registry.find("horizontal_flip")->infer({}, in);
    QCOMPARE(flipped->front().text(), std::string("u8 H×W×3 HWC"));
    const auto normalised = registry.find("normalise")->infer({}, in);
    QCOMPARE(normalised->front().text(), std::string("f32 3×H×W CHW"));
    const auto cropped = registry.find("random_resized_crop")->infer({{"size", number(32)}}, in);
    QCOMPARE(cropped->front().text(), std::string("u8 32×32×3 HWC"));
  }

  void batch_stacks_what_is_connected() {
    const NodeSpec* spec = Registry::instance().find("batch");
    const TensorDesc image = standard_desc(Kind::Image);
    TensorDesc label = standard_desc(Kind::Label);
    label.class_names = {"a", "b"};
    const std::vector<const TensorDesc*> in = {&image, nullptr, nullptr, &label};
    const auto out = spec->infer({}, in);
    QVERIFY(out);
    QCOMPARE(out->at(0).text(), std::string("u8 N×48×64×3 HWC"));
    QCOMPARE(out->at(0).kind, Kind::Tensor);
    QCOMPARE(out->at(3).kind, Kind::Target);
    QCOMPARE(out->at(3).class_names, label.class_names);
    QCOMPARE(out->at(3).classes.size(), std::int64_t{10});
    QCOMPARE(out->at(4).kind, Kind::Batch);
    const std::vector<const TensorDesc*> nothing(4, nullptr);
    QVERIFY(!spec->infer({}, nothing));
  }

  void batch_has_the_fields_that_are_named() {
    const NodeSpec* spec = Registry::instance().find("batch");
    QVERIFY(spec->ports);
    QCOMPARE(names_of(spec->inputs), QString("image features tokens label"));  // what files without `fields` have
    const ParamMap params{{"fields", ValueList{std::string("truth:label"), std::string("depth:image"),
                                               std::string("image"), std::string("ids:tokens")}}};
    QVERIFY(spec->param("fields")->check(params.at("fields")));
    const NodeSpec own = spec->for_params(params);
    QCOMPARE(names_of(own.inputs), QString("truth depth image ids"));
    QCOMPARE(names_of(own.outputs), QString("truth depth image ids batch"));
    QCOMPARE(own.outputs.at(0).kind, Kind::Target);  // by its kind, not by its place
    QCOMPARE(own.outputs.at(1).kind, Kind::Tensor);
    const TensorDesc label = standard_desc(Kind::Label);
    const TensorDesc tokens{.kind = Kind::Tokens, .dtype = DType::I32, .shape = {Dim::up_to(9)}, .classes = 257};
    const std::vector<const TensorDesc*> in = {&label, nullptr, nullptr, &tokens};
    const auto out = spec->infer(spec->complete(params), in);
    QVERIFY(out);
    QCOMPARE(out->size(), std::size_t{5});
    QCOMPARE(out->at(0).kind, Kind::Target);
    QCOMPARE(out->at(0).classes.size(), std::int64_t{10});
    QCOMPARE(out->at(3).text(), std::string("i32 N×≤9"));
    QCOMPARE(out->at(3).classes.size(), std::int64_t{257});
    QCOMPARE(out->at(4).kind, Kind::Batch);
  }

  void batch_refuses_fields_that_are_none_data() {
    QTest::addColumn<QString>("fields");
    QTest::addColumn<QString>("told");
    QTest::newRow("no kind") << "image, extra"
                             << "says no kind";
    QTest::newRow("unknown kind") << "image, extra:picture"
                                  << "of no kind";
    QTest::newRow("kind of a batch") << "x:tensor"
                                     << "of no kind";
    QTest::newRow("any kind") << "x:any"
                              << "of no kind";
    QTest::newRow("twice") << "image, image:features"
                           << "twice";
    QTest::newRow("name of the whole") << "batch:image"
                                       << "name of the output";
    QTest::newRow("no name") << "a b:image"
                             << "no name";
  }
  void batch_refuses_fields_that_are_none() {
    QFETCH(QString, fields);
    QFETCH(QString, told);
    const NodeSpec* spec = Registry::instance().find("batch");
    const auto parsed = spec->param("fields")->parse(fields.toStdString());
    QVERIFY(!parsed);
    QVERIFY2(parsed.error().reason.find(told.toStdString()) != std::string::npos, parsed.error().reason.c_str());
    QCOMPARE(parsed.error().parameter, std::string("fields"));
    QVERIFY(parsed.error().remedy.find("NAME:KIND") != std::string::npos);
    const auto ports = spec->ports({{"fields", ValueList{fields.toStdString()}}});  // faulty ones give what they can
    QVERIFY(ports.outputs.back().kind == Kind::Batch);
  }

  void batch_takes_another_field() {
    const NodeSpec* spec = Registry::instance().find("batch");
    const auto made = spec->add_port(spec->complete({}), "image", Kind::Image);
    QVERIFY(made);
    QCOMPARE(made->port, std::string("image2"));
    QCOMPARE(made->param, std::string("fields"));
    QCOMPARE(to_text(made->value), std::string("image, features, tokens, label, image2:image"));
    QVERIFY(spec->param("fields")->check(made->value));
    const auto text = spec->add_port(spec->complete({{"fields", ValueList{}}}), "text", Kind::Text);
    QVERIFY(text);
    QCOMPARE(to_text(text->value), std::string("text"));
    QCOMPARE(spec->add_port(spec->complete({}), "batch", Kind::Features)->port, std::string("features2"));
    QVERIFY(!spec->add_port(spec->complete({}), "y", Kind::Tensor));
    QVERIFY(!spec->add_port(spec->complete({}), "sample", Kind::Any));
    ValueList full;
    for (int i = 0; i < 32; ++i) full.emplace_back("f" + std::to_string(i) + ":image");
    QVERIFY(!spec->add_port(spec->complete({{"fields", full}}), "image", Kind::Image));
  }

  void byte_tokens_have_the_length_of_their_text() {
    const ParamMap params{{"length", std::int64_t{5}}};
    const NodeSpec& spec = *Registry::instance().find("byte_tokens");
    const TensorDesc text = standard_desc(Kind::Text);
    const std::vector<const TensorDesc*> in = {&text};
    QCOMPARE(spec.infer(params, in)->front().text(), std::string("i32 ≤5"));
    const auto op = spec.sample_op(params, in);
    QVERIFY(op);
    for (const std::string& words :
         {std::string(), std::string("a"), std::string("abcde"), std::string("abcdef\xFF")}) {
      Datum from;
      Datum to;
      from.set_bytes(words);
      const Datum* const inputs[] = {&from};
      Datum* const outputs[] = {&to};
      OpContext context{.rng = Rng(1, 1, 1, 1)};
      QVERIFY((*op)->run(inputs, outputs, context));
      QCOMPARE(to.dims().size(), std::size_t{1});
      QCOMPARE(to.dim(0), static_cast<std::int64_t>(std::min<std::size_t>(words.size(), 5)));
      for (std::int64_t i = 0; i < to.dim(0); ++i)
        QCOMPARE(to.as<std::int32_t>()[i], static_cast<unsigned char>(words[static_cast<std::size_t>(i)]) + 1);
    }
  }
};

FEEDLINE_TEST(TestTransforms)

}  // namespace test_transforms

#include "test_transforms.moc"
