// SPDX-License-Identifier: GPL-3.0-or-later
// Picture nodes against PIL, torchvision and OpenCV: tests/data/picture_values.json, made by make_picture_values.py.
#include "nodes/preprocess/byte_picture.h"
#include "nodes/preprocess/warp.h"
#include "schema/registry.h"
#include "support/fixtures.h"
#include "support/places.h"
#include "support/standard_input.h"
#include "support/test_program.h"

#include <QByteArray>
#include <QTest>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace test_picture_nodes {

using namespace feedline;
using namespace feedline::test;

namespace {

using Json = nlohmann::json;

const Json& values() {
  static const Json all = Json::parse(read_file(source_dir("/tests/data/picture_values.json")).toStdString());
  return all;
}

QByteArray from_hex(const Json& text) {
  return QByteArray::fromHex(QByteArray::fromStdString(text.get<std::string>()));
}

Datum picture_of(const QByteArray& bytes, std::int64_t height, std::int64_t width) {
  Datum datum;
  std::memcpy(datum.allocate(DType::U8, {height, width, 3}, Layout::HWC), bytes.constData(),
              static_cast<std::size_t>(bytes.size()));
  return datum;
}

Datum input_named(const std::string& name) {
  const Json& input = values().at("inputs").at(name);
  return picture_of(from_hex(input.at("bytes")), input.at("height"), input.at("width"));
}

QByteArray bytes_of(const Datum& datum) { return {datum.as<char>(), static_cast<qsizetype>(datum.bytes())}; }

/// How many bytes differ by more than `most`.
int differing(const QByteArray& found, const QByteArray& wanted, int most) {
  if (found.size() != wanted.size()) return static_cast<int>(std::max(found.size(), wanted.size()));
  int count = 0;
  for (qsizetype i = 0; i < found.size(); ++i)
    count += std::abs(static_cast<unsigned char>(found[i]) - static_cast<unsigned char>(wanted[i])) > most ? 1 : 0;
  return count;
}

/// A value operation of byte_picture.h by its name in the file.
QByteArray changed(const std::string& call, const Datum& in, double factor) {
  const auto size = byte_picture_size(in);
  Datum out;
  const std::span<std::uint8_t> bytes = copied_bytes(in, out);
  if (call == "brightness") adjust_brightness(bytes, factor);
  if (call == "contrast") adjust_contrast(bytes, 3, factor);
  if (call == "saturation") adjust_saturation(bytes, factor);
  if (call == "sharpness") adjust_sharpness({in.as<std::uint8_t>(), in.bytes()}, bytes.data(), *size, factor);
  if (call == "hue") adjust_hue(bytes, factor);
  if (call == "posterise") posterise(bytes, static_cast<int>(factor));
  if (call == "solarise") solarise(bytes, factor);
  if (call == "grey") make_grey(bytes);
  if (call == "auto_contrast") stretch_channels(bytes, 3);
  if (call == "equalise") equalise_channels(bytes, 3);
  return bytes_of(out);
}

/// f32 planes of the same picture.
Datum planes_of(const Datum& u8) {
  Datum out;
  auto* to = reinterpret_cast<float*>(out.allocate(DType::F32, {3, u8.dim(0), u8.dim(1)}, Layout::CHW));
  for (std::int64_t c = 0; c < 3; ++c)
    for (std::int64_t i = 0; i < u8.dim(0) * u8.dim(1); ++i) *to++ = u8.as<std::uint8_t>()[i * 3 + c];
  return out;
}

Error refused(const std::string& type, const ParamMap& params, const TensorDesc& in) {
  const std::vector<const TensorDesc*> descs = {&in};
  const auto inferred = Registry::instance().find(type)->infer(params, descs);
  return inferred ? Error{} : inferred.error();
}

}  // namespace

class TestPictureNodes : public QObject {
  Q_OBJECT

  static void cases(const std::set<std::string>& calls) {
    QTest::addColumn<int>("at");
    const Json& all = values().at("cases");
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::string call = all[i].at("call");
      if (!calls.contains(call)) continue;
      const std::string text = all[i].at("input").get<std::string>() + " " + all[i].at("arguments").dump();
      QTest::newRow((call + " " + text).c_str()) << static_cast<int>(i);
    }
  }

 private Q_SLOTS:
  void values_are_those_of_pil_data() {
    cases({"brightness", "contrast", "saturation", "sharpness", "hue", "posterise", "solarise", "grey", "auto_contrast",
           "equalise"});
  }
  void values_are_those_of_pil() {
    QFETCH(int, at);
    const Json& wanted = values().at("cases").at(static_cast<std::size_t>(at));
    const std::string call = wanted.at("call");
    const QByteArray found =
        changed(call, input_named(wanted.at("input")), wanted.at("arguments").at("factor").get<double>());
    // Real numbers are rounded here and there: a last bit may differ.
    const QByteArray expected = from_hex(wanted.at("output"));
    QCOMPARE(differing(found, expected, 1), 0);
    const int inexact = differing(found, expected, 0);
    QVERIFY2(inexact * 50 <= expected.size(), QByteArray::number(inexact));
  }

  void warps_are_those_of_torchvision_data() { cases({"affine"}); }
  void warps_are_those_of_torchvision() {
    QFETCH(int, at);
    const Json& wanted = values().at("cases").at(static_cast<std::size_t>(at));
    const Json& arguments = wanted.at("arguments");
    const Datum in = input_named(wanted.at("input"));
    const std::int64_t height = in.dim(0);
    const std::int64_t width = in.dim(1);
    const AffineChange change{.degrees = arguments.at("degrees"),
                              .shift_x = arguments.at("shift_x"),
                              .shift_y = arguments.at("shift_y"),
                              .scale = arguments.at("scale"),
                              .shear_x = arguments.at("shear_x"),
                              .shear_y = arguments.at("shear_y")};
    const AffineMap map = inverse_of(change, static_cast<double>(width) / 2, static_cast<double>(height) / 2);
    const std::string filter = arguments.at("filter");
    Datum out;
    QVERIFY(warp(in, map, {.filter = filter, .fill = 9}, out));
    const QByteArray found = bytes_of(out);
    const QByteArray expected = from_hex(wanted.at("output"));
    QCOMPARE(found.size(), expected.size());
    int compared = 0;
    int wrong = 0;
    for (std::int64_t y = 0; y < height; ++y)
      for (std::int64_t x = 0; x < width; ++x) {
        // Where the picture ends, PIL takes its last pixel and OpenCV mixes in the fill: compared is what lies inside,
        // and outside.
        const double from_x =
            map[0] * (static_cast<double>(x) + 0.5) + map[1] * (static_cast<double>(y) + 0.5) + map[2];
        const double from_y =
            map[3] * (static_cast<double>(x) + 0.5) + map[4] * (static_cast<double>(y) + 0.5) + map[5];
        const auto near_end = [](double place, std::int64_t side) {
          return std::abs(place) < 1 || std::abs(place - static_cast<double>(side)) < 1;
        };
        if (near_end(from_x, width) || near_end(from_y, height)) continue;
        ++compared;
        for (int c = 0; c < 3; ++c) {
          const auto i = static_cast<qsizetype>((y * width + x) * 3 + c);
          const int off = std::abs(static_cast<unsigned char>(found[i]) - static_cast<unsigned char>(expected[i]));
          wrong += off > 2 ? 1 : 0;  // places are rounded to a 32nd of a pixel
        }
      }
    QVERIFY2(compared > 100, QByteArray::number(compared));
    // A place in the very middle between two pixels may be rounded to either.
    QVERIFY2(wrong <= (filter == "nearest" ? 12 : 0), QByteArray::number(wrong));
  }

  void crops_are_those_of_torchvision_data() { cases({"centre_crop"}); }
  void crops_are_those_of_torchvision() {
    QFETCH(int, at);
    const Json& wanted = values().at("cases").at(static_cast<std::size_t>(at));
    const ParamMap params = {{"height", wanted.at("height").get<std::int64_t>()},
                             {"width", wanted.at("width").get<std::int64_t>()}};
    const Datum in = input_named(wanted.at("input"));
    Datum out;
    QVERIFY(run_node("centre_crop", params, in, out));
    QCOMPARE(bytes_of(out).toHex(), from_hex(wanted.at("output")).toHex());
    Datum planes;
    QVERIFY(run_node("centre_crop", params, planes_of(in), planes));
    const Datum turned = planes_of(out);
    QCOMPARE(content(planes), content(turned));
  }

  /// One operation at a time: whatever is drawn is one of those that torchvision has, and all of them are drawn.
  void rand_augment_draws_what_torchvision_has_data() {
    QTest::addColumn<double>("strength");
    QTest::newRow("weak") << 0.3;
    QTest::newRow("strong") << 0.9;
  }
  void rand_augment_draws_what_torchvision_has() {
    QFETCH(double, strength);
    std::map<std::pair<int, int>, QByteArray> wanted;
    for (const Json& one : values().at("cases"))
      if (one.at("call").get<std::string>() == "rand_augment" &&
          one.at("arguments").at("strength").get<double>() == strength)
        wanted[{one.at("arguments").at("what").get<int>(), one.at("arguments").at("sign").get<int>()}] =
            from_hex(one.at("output"));
    QCOMPARE(wanted.size(), std::size_t{23});
    const Datum in = input_named("waves");
    const ParamMap params = {{"magnitude", 30 * strength}, {"operations", std::int64_t{1}}};
    std::set<std::pair<int, int>> seen;
    for (std::uint64_t record = 0; record < 400; ++record) {
      Rng rng(1, 1, record, 2);  // as the node draws: first what, then its direction
      const int what = static_cast<int>(rng.below(14));
      const int sign = rng.chance(0.5) ? -1 : 1;
      const bool directed = what > 0 && what < 10;
      const std::pair<int, int> key{what, directed ? sign : 1};
      Datum out;
      QVERIFY(run_node("rand_augment", params, in, out, Rng(1, 1, record, 2)));
      seen.insert(key);
      const QByteArray& expected = wanted.at(key);
      const int wrong = differing(bytes_of(out), expected, 1);
      const bool moves = what >= 1 && what <= 5;  // pixels at ties go to either side
      QVERIFY2(wrong * 100 <= (moves ? 4 * expected.size() : 0),
               qPrintable(QString("operation %1, %2: %3 wrong").arg(what).arg(sign).arg(wrong)));
    }
    QCOMPARE(seen.size(), wanted.size());
  }

  void several_operations_are_one_after_the_other() {
    const Datum in = input_named("noisy");
    std::set<std::string> results;
    for (std::uint64_t record = 0; record < 60; ++record) {
      Datum once;
      Datum twice;
      const ParamMap params = {{"operations", std::int64_t{3}}, {"magnitude", 20.0}};
      QVERIFY(run_node("rand_augment", params, in, once, Rng(1, 1, record, 2)));
      QVERIFY(run_node("rand_augment", params, in, twice, Rng(1, 1, record, 2)));
      QCOMPARE(content(once), content(twice));
      results.insert(content(once));
    }
    QVERIFY(results.size() > 50);
  }

  void goldens_are_those_of_the_file() {
    for (const auto& [type, golden] : values().at("goldens").items()) {
      const NodeSpec* spec = Registry::instance().find(type);
      QVERIFY2(spec != nullptr && spec->golden, type.c_str());
      QVERIFY2(std::abs(spec->golden->mean - golden.at("mean").get<double>()) < 1e-3, type.c_str());
      QVERIFY2(std::abs(spec->golden->stddev - golden.at("stddev").get<double>()) < 1e-3, type.c_str());
    }
  }

  void warps_of_planes_are_those_of_pixels_data() {
    QTest::addColumn<QString>("type");
    for (const char* type : {"rotate", "affine", "perspective", "blur"}) QTest::newRow(type) << type;
  }
  void warps_of_planes_are_those_of_pixels() {
    QFETCH(QString, type);
    const Datum in = input_named("waves");
    const Datum planes = planes_of(in);
    for (std::uint64_t record = 0; record < 20; ++record) {
      Datum of_pixels;
      Datum of_planes;
      QVERIFY(run_node(type.toStdString(), {}, in, of_pixels, Rng(1, 1, record, 3)));
      QVERIFY(run_node(type.toStdString(), {}, planes, of_planes, Rng(1, 1, record, 3)));
      const Datum turned = planes_of(of_pixels);
      double most = 0;
      for (std::size_t i = 0; i < turned.bytes() / 4; ++i)
        most = std::max(most, std::abs(static_cast<double>(turned.as<float>()[i] - of_planes.as<float>()[i])));
      QVERIFY2(most <= 2.5, QByteArray::number(most));
    }
  }

  void validation_pictures_stay_as_they_are_data() {
    QTest::addColumn<QString>("type");
    for (const char* type : {"rotate", "affine", "perspective", "colour_jitter", "grey", "blur", "sharpen", "noise",
                             "jpeg_artefacts", "rand_augment"})
      QTest::newRow(type) << type;
  }
  void validation_pictures_stay_as_they_are() {
    QFETCH(QString, type);
    const Datum in = input_named("noisy");
    Datum out;
    QVERIFY(run_node(type.toStdString(), {}, in, out, Rng(1, 1, 5, 1), false));
    QCOMPARE(content(out), content(in));
  }

  void grey_throughout_is_grey_in_validation_too() {
    Datum out;
    QVERIFY(run_node("grey", {{"probability", 1.0}}, input_named("noisy"), out, Rng(1, 1, 5, 1), false));
    for (std::size_t i = 0; i < out.bytes(); i += 3)
      QVERIFY(out.as<std::uint8_t>()[i] == out.as<std::uint8_t>()[i + 1] &&
              out.as<std::uint8_t>()[i] == out.as<std::uint8_t>()[i + 2]);
  }

  void noise_has_its_deviation() {
    Datum even;
    auto* pixels = even.allocate(DType::U8, {100, 100, 3}, Layout::HWC);
    std::memset(pixels, 128, even.bytes());
    Datum out;
    QVERIFY(run_node("noise", {{"stddev", 12.0}}, even, out));
    const SnapshotHistory found = moments(out);
    QVERIFY2(std::abs(found.mean - 128) < 0.3, QByteArray::number(found.mean));
    QVERIFY2(std::abs(found.stddev - 12) < 0.2, QByteArray::number(found.stddev));
    Datum floats;
    QVERIFY(run_node("noise", {{"stddev", 0.5}}, planes_of(even), floats));
    QVERIFY(std::abs(moments(floats).stddev - 0.5) < 0.01);
    QVERIFY(run_node("noise", {{"kind", std::string("salt_and_pepper")}, {"share", 0.1}}, even, out));
    int white = 0;
    int black = 0;
    for (std::size_t i = 0; i < out.bytes(); i += 3) {
      const std::uint8_t* pixel = out.as<std::uint8_t>() + i;
      QVERIFY(pixel[0] == pixel[1] && pixel[1] == pixel[2]);
      QVERIFY(pixel[0] == 128 || pixel[0] == 0 || pixel[0] == 255);
      white += pixel[0] == 255 ? 1 : 0;
      black += pixel[0] == 0 ? 1 : 0;
    }
    QVERIFY2(std::abs(white - 500) < 100 && std::abs(black - 500) < 100,
             qPrintable(QString("%1 %2").arg(white).arg(black)));
  }

  /// As coarse a file, the farther from the picture; one of best quality is near.
  void artefacts_grow_with_packing() {
    const Datum in = input_named("waves");
    const auto distance = [&](std::int64_t quality) {
      Datum out;
      const ParamMap params = {{"probability", 1.0}, {"quality_max", quality}, {"quality_min", quality}};
      if (!run_node("jpeg_artefacts", params, in, out)) return -1.0;
      double sum = 0;
      for (std::size_t i = 0; i < in.bytes(); ++i)
        sum += std::abs(static_cast<double>(in.as<std::uint8_t>()[i]) - static_cast<double>(out.as<std::uint8_t>()[i]));
      return sum / static_cast<double>(in.bytes());
    };
    QVERIFY(distance(5) > distance(50) && distance(50) >= distance(98));
    QVERIFY(distance(98) >= 0 && distance(98) < 10);
  }

  void odd_pictures_are_no_trouble() {
    for (const auto& [height, width] : std::vector<std::pair<int, int>>{{1, 1}, {1, 40}, {37, 1}, {2, 2}, {3, 5}})
      for (const char* type : {"centre_crop", "rotate", "affine", "perspective", "colour_jitter", "grey", "equalise",
                               "clahe", "blur", "sharpen", "noise", "jpeg_artefacts", "rand_augment"})
        for (const int channels : {1, 3})
          for (std::uint64_t record = 0; record < 5; ++record) {
            Datum in;
            std::byte* pixels = in.allocate(DType::U8, {height, width, channels}, Layout::HWC);
            for (std::size_t i = 0; i < in.bytes(); ++i) pixels[i] = static_cast<std::byte>(i * 31);
            Datum out;
            const auto done = run_node(type, {}, in, out, Rng(1, 1, record, 1));
            QVERIFY2(done, qPrintable(QString("%1 of %2 x %3: %4")
                                          .arg(type)
                                          .arg(width)
                                          .arg(height)
                                          .arg(done ? QString() : QString::fromStdString(done.error().line()))));
            QCOMPARE(out.dim(2), std::int64_t{channels});
          }
  }

  void what_they_cannot_take_is_refused_with_a_remedy() {
    TensorDesc planes{.kind = Kind::Image, .dtype = DType::F32, .shape = {3, 8, 8}, .layout = Layout::CHW};
    for (const char* type :
         {"colour_jitter", "grey", "equalise", "clahe", "sharpen", "jpeg_artefacts", "rand_augment"}) {
      QCOMPARE(refused(type, {}, planes).port, std::string("image"));
      QVERIFY(refused(type, {}, planes).remedy.find("before normalise") != std::string::npos);
      QVERIFY(refused(type, {}, standard_desc(Kind::Encoded)).remedy.find("decode") != std::string::npos);
    }
    QVERIFY(refused("rotate", {{"fill", -3.0}}, planes).reason.empty());
    const TensorDesc image = standard_desc(Kind::Image);
    QCOMPARE(refused("rotate", {{"fill", -3.0}}, image).parameter, std::string("fill"));
    QCOMPARE(refused("affine", {{"scale_min", 1.5}}, image).parameter, std::string("scale_min"));
    QCOMPARE(refused("blur", {{"sigma_min", 3.0}}, image).parameter, std::string("sigma_min"));
    QCOMPARE(refused("jpeg_artefacts", {{"quality_min", std::int64_t{95}}}, image).parameter,
             std::string("quality_min"));
  }
};

FEEDLINE_TEST(TestPictureNodes)

}  // namespace test_picture_nodes

#include "test_picture_nodes.moc"
