// SPDX-License-Identifier: GPL-3.0-or-later
// Weights as others publish them: what PyTorch wrote comes back number for number, and nothing of a hostile file runs.
#include "base/sha256.h"
#include "schema/half.h"
#include "state/safetensors.h"
#include "state/weights_file.h"
#include "support/archives.h"
#include "support/fixtures.h"
#include "support/places.h"
#include "support/test_program.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

namespace test_weights_file {

using namespace feedline;
using feedline::test::ArchiveStyle;
using feedline::test::line;

namespace {

/// Number i of a storage of make_weights.py.
float written(int i) { return static_cast<float>(i) / 4 - 2; }

std::vector<float> floats(const WeightsFile& file, const char* name) {
  const auto value = file.read(name);
  return value ? value->numbers<float>().value_or(std::vector<float>{}) : std::vector<float>{};
}

/// Numbers of a storage, in this order.
std::vector<float> written_at(const std::vector<int>& places) {
  std::vector<float> all;
  for (const int i : places) all.push_back(written(i));
  return all;
}

// Opcodes of protocol 2, put together by hand.
QByteArray text(const QByteArray& letters) {
  return QByteArray("X", 1) + static_cast<char>(letters.size()) + QByteArray(3, '\0') + letters;
}
QByteArray global(const QByteArray& module, const QByteArray& name) { return "c" + module + "\n" + name + "\n"; }
QByteArray number(qint64 value) {  // LONG1 of eight bytes
  QByteArray bytes("\x8a\x08", 2);
  for (int i = 0; i < 8; ++i) bytes.append(static_cast<char>(static_cast<quint64>(value) >> (8 * i) & 0xFFU));
  return bytes;
}
QByteArray pickle(const QByteArray& body) { return QByteArray("\x80\x02", 2) + body + "."; }
/// {"w": a float tensor of this description, in storage "0" that declares `count` numbers}.
QByteArray tensor(qint64 count, qint64 offset, const QByteArray& shape, const QByteArray& strides) {
  const QByteArray storage =
      "(" + text("storage") + global("torch", "FloatStorage") + text("0") + text("cpu") + number(count) + "tQ";
  return pickle("}" + text("w") + global("torch._utils", "_rebuild_tensor_v2") + "(" + storage + number(offset) + "(" +
                shape + "t(" + strides + "t\x89}tRs");
}

}  // namespace

class TestWeightsFile : public QObject {
  Q_OBJECT

  QTemporaryDir folder_{};
  int files_ = 0;

  /// A file such as torch.save() writes: this pickle, and storage "0" of four numbers.
  QString saved(const QByteArray& described) {
    const QString path = folder_.filePath(QString::number(files_++) + ".pth");
    test::write_archive(path, {{"a/data.pkl", described}, {"a/data/0", QByteArray(16, '\0')}}, ArchiveStyle::ZipStored);
    return path;
  }
  QString refusal(const QByteArray& described) {
    const QString path = saved(described);
    const auto file = WeightsFile::open(path.toStdString());
    if (file) return "it was read";
    return QString::fromStdString(file.error().file) == path && !file.error().remedy.empty()
               ? QString::fromStdString(file.error().reason)
               : "without file or remedy: " + line(file.error());
  }

 private Q_SLOTS:
  void digests_are_those_of_the_standard() {
    const auto bytes = [](const std::string& of) { return std::as_bytes(std::span(of.data(), of.size())); };
    QCOMPARE(Sha256().add(bytes("abc")).hex(),
             std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    QCOMPARE(Sha256().hex(), std::string("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    const std::string million(1'000'000, 'a');  // in pieces that fit no block
    Sha256 hash;
    for (std::size_t at = 0; at < million.size(); at += 999) hash.add(bytes(million.substr(at, 999)));
    QCOMPARE(hash.hex(), std::string("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
  }

  void what_pytorch_saved_comes_back_data() {
    QTest::addColumn<QString>("name");
    QTest::newRow("since 1.6") << "/tests/data/weights.pth";
    QTest::newRow("before") << "/tests/data/weights_legacy.pth";
  }
  void what_pytorch_saved_comes_back() {
    QFETCH(const QString, name);
    const auto file = WeightsFile::open(test::source_dir(name).toStdString());
    QVERIFY2(file, qPrintable(file ? QString() : line(file.error())));
    QCOMPARE(file->entries().size(), std::size_t{12});
    QCOMPARE(file->entries().at("conv.weight").shape, (std::vector<std::int64_t>{2, 2, 3}));
    QCOMPARE(floats(*file, "conv.weight"), written_at({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
    QCOMPARE(floats(*file, "conv.bias"), written_at({20, 21, 22, 23}));
    QCOMPARE(floats(*file, "turned"), written_at({0, 3, 1, 4, 2, 5}));
    QCOMPARE(floats(*file, "every_other"), written_at({1, 3, 5, 7, 9}));
    QCOMPARE(floats(*file, "spread"), written_at({0, 0, 0, 1, 1, 1}));
    QCOMPARE(file->read("double")->numbers<double>(), (std::vector<double>{-2, -1.75, -1.5}));
    QCOMPARE(file->read("steps")->numbers<std::int64_t>(), std::vector<std::int64_t>{7});
    QVERIFY(file->read("steps")->shape.empty());
    QCOMPARE(file->read("bytes")->numbers<std::uint8_t>(), (std::vector<std::uint8_t>{1, 255}));
    QCOMPARE(file->read("flags")->data, (std::vector<std::byte>{std::byte{1}, std::byte{0}}));
    QCOMPARE(file->read("half")->type, ElementType::F16);
    QCOMPARE(file->read("half")->data[1], std::byte{0xc0});  // -2 begins so in both
    QCOMPARE(file->read("brain")->type, ElementType::BF16);
    QCOMPARE(file->read("brain")->data[1], std::byte{0xc0});
    QVERIFY(file->read("empty")->data.empty());
    QVERIFY(!file->read("no such"));
    QCOMPARE(file->digest({})->size(), std::size_t{64});
  }

  void safetensors_are_read_by_the_same_way() {
    NamedTensors tensors;
    tensors["w"] = TensorValue::of(std::span<const float>(std::vector<float>{1, 2, 3, 4, 5, 6}), {2, 3});
    const std::string path = folder_.filePath("plain.safetensors").toStdString();
    QVERIFY(write_safetensors(path, views_of(tensors)));
    const auto file = WeightsFile::open(path);
    QVERIFY(file);
    QCOMPARE(*file->read("w"), tensors["w"]);
  }

  /// What a failed download leaves behind is told by its first words, and not as a header of a quintillion bytes.
  void what_is_no_file_of_tensors_is_told_as_such_data() {
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<QString>("reason");
    QTest::newRow("empty") << QByteArray() << "it is empty";
    QTest::newRow("a page") << QByteArray("<!DOCTYPE html>\n<html><body>Not found</body></html>")
                            << "it is no file of tensors: it begins with the text '<!DOCTYPE html>'";
    QTest::newRow("a pointer of Git LFS")
        << QByteArray("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 97\n")
        << "it is no file of tensors: it begins with the text 'version https://git-lfs.github.c'";
    QTest::newRow("bytes") << QByteArray("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16)
                           << "it is no file of tensors: it begins like none";
  }
  void what_is_no_file_of_tensors_is_told_as_such() {
    QFETCH(const QByteArray, content);
    QFETCH(const QString, reason);
    const QString path = folder_.filePath(QString::number(files_++) + ".pth");
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(content) == content.size());
    file.close();
    const auto opened = WeightsFile::open(path.toStdString());
    QVERIFY(!opened);
    QCOMPARE(QString::fromStdString(opened.error().reason), reason);
    QCOMPARE(QString::fromStdString(opened.error().file), path);
    QVERIFY(opened.error().remedy.find("ownload") != std::string::npos);
  }

  void nothing_is_ever_called_data() {
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QString>("named");
    const QByteArray command = "(" + text("touch /tmp/feedline-was-here") + "tR";
    QTest::newRow("os.system") << global("os", "system") + command << "os.system";
    QTest::newRow("posix.system") << global("posix", "system") + command << "posix.system";
    QTest::newRow("eval") << global("builtins", "eval") + command << "builtins.eval";
    QTest::newRow("named on the stack") << text("subprocess") + text("Popen") + "\x93" + command << "subprocess.Popen";
    QTest::newRow("a pickled model") << global("torchvision.models.resnet", "ResNet") + ")\x81"
                                     << "torchvision.models.resnet.ResNet";
    QTest::newRow("torch.load") << global("torch", "load") + command << "torch.load";
    QTest::newRow("an allowed type called") << global("torch", "FloatStorage") + command << "torch.FloatStorage";
    QTest::newRow("INST") << QByteArray("(ios\nsystem\n") << "INST";
    QTest::newRow("an object") << global("collections", "OrderedDict") + ")\x81"
                               << "NEWOBJ";
    QTest::newRow("a text called") << text("os.system") + ")R"
                                   << "no function";
    QTest::newRow("a state") << text("x") + "}b"
                             << "BUILD";
    QTest::newRow("extension") << QByteArray("\x82\x01", 2) << "EXT";
    QTest::newRow("unknown opcode") << QByteArray("\x01", 1) << "0x01";
  }
  void nothing_is_ever_called() {
    QFETCH(const QByteArray, body);
    QFETCH(const QString, named);
    const QString said = refusal(pickle(body));
    QVERIFY2(said.contains(named) && said.contains("nothing of it was run"), qPrintable(said));
  }

  void damaged_descriptions_are_refused_data() {
    QTest::addColumn<QByteArray>("described");
    const QByteArray four = number(4);
    const QByteArray one = number(1);
    const QByteArray huge = number(std::int64_t{1} << 62);
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("breaks off") << tensor(4, 0, four, one).chopped(9);
    QTest::newRow("no tensors") << pickle("}");
    QTest::newRow("a list") << pickle("]");
    QTest::newRow("beyond its storage") << tensor(4, 1, four, one);
    QTest::newRow("before its storage") << tensor(4, -1, four, one);
    QTest::newRow("backwards") << tensor(4, 3, four, number(-1));
    QTest::newRow("negative size") << tensor(4, 0, number(-4), one);
    QTest::newRow("storage too large") << tensor(5, 0, four, one);
    QTest::newRow("strides overflow") << tensor(4, 0, huge + huge, huge + huge);
    QTest::newRow("spread without end") << tensor(4, 0, huge, number(0));
    QTest::newRow("shape without stride") << tensor(4, 0, four + one, one);
    QTest::newRow("text of 4 GB") << pickle("}X\xff\xff\xff\xff");
    const QByteArray itself = QByteArray("]q\x05h\x05") + "a";  // a list whose one item is the list
    QTest::newRow("a shape that holds itself") << tensor(4, 0, itself, one);
    QTest::newRow("strides that hold themselves") << tensor(4, 0, four, itself);
    QTest::newRow("a storage that holds itself") << pickle(itself + "Q");
    QTest::newRow("called with itself") << pickle(global("torch._utils", "_rebuild_tensor_v2") + itself + "R");
    QTest::newRow("itself alone") << pickle("}q\x01" + text("state_dict") + "h\x01s" + text("model") + "h\x01s");
    QTest::newRow("itself as a name") << pickle("}q\x01h\x01h\x01s");
    QTest::newRow("never remembered") << pickle("h\x07");
    QTest::newRow("nothing to take") << pickle("R");
    QTest::newRow("below the mark") << pickle("}(s");
    QTest::newRow("a thousand thousand marks") << pickle(QByteArray(3'000'000, '('));
    QTest::newRow("values without end") << pickle(QByteArray(3'000'000, 'N'));
  }
  void damaged_descriptions_are_refused() {
    QFETCH(const QByteArray, described);
    const QString said = refusal(described);
    QVERIFY2(said != "it was read" && !said.startsWith("without"), qPrintable(said));
  }

  void what_holds_itself_is_read() {
    // d = {}; d["d"] = d, beside a tensor: the memo makes a circle, and lists within lists go as deep as they like.
    const QByteArray whole = tensor(4, 0, number(4), number(1));
    const QByteArray inner = whole.mid(2, whole.size() - 3);
    QByteArray deep(200'000, ']');
    deep += QByteArray(199'999, 'a');
    const auto file = WeightsFile::open(
        saved(pickle(inner + "q\x01" + text("d") + "h\x01s" + text("deep") + deep + "s")).toStdString());
    QVERIFY2(file, qPrintable(file ? QString() : line(file.error())));
    QCOMPARE(file->entries().size(), std::size_t{1});
    QCOMPARE(file->read("w")->numbers<float>(), std::vector<float>(4, 0.0F));
  }

  void cut_off_anywhere_it_is_an_error() {
    for (const char* name : {"/tests/data/weights.pth", "/tests/data/weights_legacy.pth"}) {
      const QByteArray whole = test::read_file(test::source_dir(name));
      const QString path = folder_.filePath("cut.pth");
      for (qsizetype length = 0; length < whole.size(); length += 37) {
        test::write_file(path, whole.left(length));
        const auto file = WeightsFile::open(path.toStdString());
        QVERIFY2(!file, qPrintable(QString("%1 bytes of %2").arg(length).arg(name)));
        QCOMPARE(QString::fromStdString(file.error().file), path);
      }
    }
  }

  void other_files_are_named_for_what_they_are() {
    const QString path = folder_.filePath("script.pt");
    test::write_archive(path, {{"m/constants.pkl", pickle(")")}, {"m/data.pkl", pickle("}")}}, ArchiveStyle::ZipStored);
    QVERIFY(line(WeightsFile::open(path.toStdString()).error()).contains("TorchScript"));
    const QString packed = folder_.filePath("packed.pth");
    test::write_archive(packed, {{"m/data.pkl", QByteArray(4000, 'N')}}, ArchiveStyle::ZipDeflated);
    QVERIFY(line(WeightsFile::open(packed.toStdString()).error()).contains("packed"));
    QVERIFY(line(WeightsFile::open(folder_.path().toStdString()).error()).contains("folder"));
    QVERIFY(!WeightsFile::open("/no/such/file.pth"));
  }

  void halves_are_the_nearest_numbers() {
    for (std::uint32_t bits = 0; bits < 0x10000U; ++bits) {
      const auto half = static_cast<std::uint16_t>(bits);
      const float value = half_to_float(half);
      if (!std::isnan(value)) QCOMPARE(float_to_half(value), half);
      if ((half & 0x7FFFU) >= 0x7BFFU || (half & 1U) != 0) continue;  // half of the step to the next one: to the even
      const auto next = static_cast<std::uint16_t>(half + 1);
      QCOMPARE(float_to_half((value + half_to_float(next)) / 2), half);
    }
    QCOMPARE(float_to_half(1e6F), std::uint16_t{0x7C00});
    QCOMPARE(float_to_half(65519.0F), std::uint16_t{0x7BFF});
    QVERIFY(std::isnan(half_to_float(float_to_half(std::nanf("")))));
  }

  void names_promise_digests() {
    QCOMPARE(promised_digest("/x/resnet50-0676ba61.pth"), std::string("0676ba61"));
    QCOMPARE(promised_digest("efficientnet_b0_rwightman-7f5810bc.pth"), std::string("7f5810bc"));
    for (const char* none : {"resnet50.pth", "model-20240101.pth", "my-resnet.pth", "a-abc.pth"})
      QCOMPARE(promised_digest(none), std::string());
  }
};

FEEDLINE_TEST(TestWeightsFile)

}  // namespace test_weights_file

#include "test_weights_file.moc"
