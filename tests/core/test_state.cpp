// SPDX-License-Identifier: GPL-3.0-or-later
// Tensors on disk: the safetensors format, files that somebody made to do harm, and what a run goes on from.
#include "state/fingerprint.h"
#include "state/fitted_cache.h"
#include "state/safetensors.h"
#include "state/training_state.h"
#include "support/fixtures.h"
#include "support/test_program.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace test_state {

using namespace feedline;
using feedline::test::line;

namespace {

/// A file of this header and these data; `length` stands in front, by default that of the header.
QByteArray file_of(const QByteArray& header, const QByteArray& data, std::optional<quint64> length = {}) {
  QByteArray bytes;
  const quint64 said = length.value_or(static_cast<quint64>(header.size()));
  for (int i = 0; i < 8; ++i) bytes.append(static_cast<char>(said >> (8 * i) & 0xFFU));
  return bytes + header + data;
}

/// JSON with single quotes for double ones. (moc loses its way among many raw strings.)
QByteArray json(QByteArray text) { return text.replace('\'', '"'); }

NamedTensors some_tensors() {
  NamedTensors tensors;
  tensors["b.weight"] = TensorValue::of(std::span<const float>(std::vector<float>{1, 2, 3, 4, 5, 6}), {2, 3});
  tensors["a.weight"] = TensorValue::of(std::vector<float>{-0.5F, 7});
  tensors["step"] = TensorValue::of(std::span<const std::int64_t>(std::vector<std::int64_t>{42}), {});
  tensors["mask"] = TensorValue::of(std::vector<std::uint8_t>{1, 0, 1});
  tensors["nothing"] = TensorValue::of(std::span<const double>(), {0, 4});
  tensors["Ünï \"quoted\"\\"] = TensorValue::of(std::vector<double>{1e-300});
  return tensors;
}

}  // namespace

class TestState : public QObject {
  Q_OBJECT

  QTemporaryDir folder_{};
  [[nodiscard]] std::string place(const QString& name) const { return folder_.filePath(name).toStdString(); }

 private Q_SLOTS:
  void tensors_come_back() {
    const NamedTensors tensors = some_tensors();
    const std::string path = place("plain.safetensors");
    const auto written = write_safetensors(path, views_of(tensors), {{"who", "a \"test\""}});
    QVERIFY2(written, written ? "" : qPrintable(line(written.error())));
    const auto file = SafetensorsFile::open(path);
    QVERIFY2(file, file ? "" : qPrintable(line(file.error())));
    QCOMPARE(file->metadata(), (TensorMetadata{{"who", "a \"test\""}}));
    const auto read = file->read_all();
    QVERIFY(read);
    QVERIFY(*read == tensors);
    QCOMPARE(read->at("b.weight").numbers<float>(), (std::vector<float>{1, 2, 3, 4, 5, 6}));
    QVERIFY(!read->at("b.weight").numbers<double>());
    QCOMPARE(QDir(folder_.path()).entryList({"*.part"}, QDir::Files | QDir::Hidden), QStringList());
  }

  /// The layout that the format prescribes, byte by byte.
  void bytes_are_those_of_the_format() {
    const std::string path = place("bytes.safetensors");
    const std::vector<TensorView> one = {
        {.name = "x", .type = ElementType::U8, .shape = {2}, .data = std::as_bytes(std::span("\x05\x06", 2))}};
    QVERIFY(write_safetensors(path, one));
    QByteArray header = R"({"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})";
    while (header.size() % 8 != 0) header += ' ';
    QCOMPARE(test::read_file(QString::fromStdString(path)), file_of(header, "\x05\x06"));
  }

  void every_tensor_is_aligned() {
    const std::string path = place("aligned.safetensors");
    QVERIFY(write_safetensors(path, views_of(some_tensors())));
    const auto file = SafetensorsFile::open(path);
    QVERIFY(file);
    for (const auto& [name, entry] : file->entries()) QVERIFY2(entry.offset % size_of(entry.type) == 0, name.c_str());
  }

  void equal_tensors_give_equal_bytes() {
    std::vector<TensorView> views;
    const NamedTensors tensors = some_tensors();
    for (const TensorView& view : views_of(tensors)) views.insert(views.begin(), view);
    QVERIFY(write_safetensors(place("one"), views));
    QVERIFY(write_safetensors(place("two"), views_of(tensors)));
    QCOMPARE(test::read_file(folder_.filePath("one")), test::read_file(folder_.filePath("two")));
  }

  /// In a container every process has the number of the one that was killed, and its part is in the way.
  void parts_of_a_killed_process_are_in_nobodys_way() {
    constexpr int kMoreThanWereWritten = 500;  // each part has a number of its own
    QVERIFY(QDir(folder_.path()).mkdir("parts"));
    for (int i = 0; i < kMoreThanWereWritten; ++i)
      test::write_file(folder_.filePath(QString("parts/.again.%1-%2.part").arg(::getpid()).arg(i)), "half");
    const auto written = write_safetensors(place("parts/again"), views_of(some_tensors()));
    QVERIFY2(written, written ? "" : qPrintable(line(written.error())));
    QVERIFY(SafetensorsFile::open(place("parts/again")));
  }

  void a_file_that_cannot_be_written_leaves_the_old_one() {
    QVERIFY(!write_safetensors(place("no/such/folder/x"), {}));
    const std::string path = place("kept");
    QVERIFY(write_safetensors(path, views_of(some_tensors())));
    const QByteArray before = test::read_file(QString::fromStdString(path));
    const std::vector<TensorView> wrong = {{.name = "x", .type = ElementType::F32, .shape = {2}, .data = {}}};
    QVERIFY(!write_safetensors(path, wrong));
    const std::vector<TensorView> twice(2, TensorView{.name = "x", .type = ElementType::F32, .shape = {0}, .data = {}});
    const auto refused = write_safetensors(path, twice);
    QVERIFY(!refused && line(refused.error()).contains("two tensors 'x'"));
    const std::vector<TensorView> bad = {{.name = "\xFF", .type = ElementType::F32, .shape = {0}, .data = {}}};
    QVERIFY(!write_safetensors(path, bad));
    QCOMPARE(test::read_file(QString::fromStdString(path)), before);
  }

  void hostile_files_are_refused_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("why");
    const auto row = [](const char* name, const QByteArray& bytes, const char* why) {
      QTest::newRow(name) << bytes << QString(why);
    };
    const auto tensor = [](const char* offsets, const char* shape = "[1]", const char* type = "F32") {
      return json("{'dtype':'") + type + json("','shape':") + shape + json(",'data_offsets':") + offsets + "}";
    };
    const QByteArray four(4, 'x');
    const QByteArray good = json("{'a':") + tensor("[0,4]") + "}";
    row("empty", "", "too short");
    row("cut in its length", "\x10\0\0", "too short");
    row("header longer than the file", file_of(good, four, 1000), "its header would be 1000 bytes");
    row("header of 2^64 - 1", file_of(good, four, ~quint64{0}), "its header would be");
    row("header over the limit", file_of(good, four, 100'000'001), "its header would be");
    row("no JSON", file_of("{nothing", ""), "no JSON");
    row("no object", file_of("[1,2]", ""), "no JSON object");
    row("blank before", file_of(" " + good, four), "no JSON object");
    row("something behind", file_of(good + "}", four), "no JSON");
    row("deep", file_of("{\"a\":" + QByteArray(100'000, '['), ""), "no meaning");
    row("truncated data", file_of(good, "xx"), "beyond the end");
    row("data left over", file_of(good, four + "y"), "belong to no tensor");
    row("gap at the front", file_of(json("{'a':") + tensor("[4,8]") + "}", four + four), "leave a gap");
    row("overlap", file_of(json("{'a':") + tensor("[0,4]") + json(",'b':") + tensor("[2,6]") + "}", four + "yy"),
        "overlap");
    row("same bytes twice", file_of(json("{'a':") + tensor("[0,4]") + json(",'b':") + tensor("[0,4]") + "}", four),
        "overlap");
    row("backwards", file_of(json("{'a':") + tensor("[4,0]") + "}", four), "do not fill");
    row("shape too large", file_of(json("{'a':") + tensor("[0,4]", "[2]") + "}", four), "do not fill");
    row("shape overflows", file_of(json("{'a':") + tensor("[0,4]", "[4611686018427387905,4]") + "}", four),
        "do not fill");
    row("size beyond i64", file_of(json("{'a':") + tensor("[0,4]", "[9223372036854775808]") + "}", four), "absurd");
    row("offset at the end of u64",
        file_of(json("{'a':") + tensor("[18446744073709551612,18446744073709551615]") + "}", four), "do not fill");
    row("negative shape", file_of(json("{'a':") + tensor("[0,4]", "[-1]") + "}", four), "a negative number");
    row("fraction", file_of(json("{'a':") + tensor("[0,4.5]") + "}", four), "a fraction");
    row("three offsets", file_of(json("{'a':") + tensor("[0,4,4]") + "}", four), "two numbers");
    row("65 dimensions",
        file_of(json("{'a':") + tensor("[0,4]", "[" + QByteArray("1,").repeated(64) + "1]") + "}", four),
        "too many dimensions");
    row("unknown type", file_of(json("{'a':") + tensor("[0,4]", "[1]", "C64") + "}", four), "'C64'");
    row("nothing of a tensor", file_of(json("{'a':{}}"), ""), "are missing");
    row("unknown key", file_of(json("{'a':{'code':'rm'}}"), ""), "'code'");
    row("name twice", file_of(json("{'a':") + tensor("[0,4]") + json(",'a':") + tensor("[0,4]") + "}", four),
        "stands twice");
    row("key twice", file_of(json("{'a':{'dtype':'F32','dtype':'F32','shape':[1],'data_offsets':[0,4]}}"), four),
        "dtype stands twice");
    row("empty offsets, then others",
        file_of(json("{'a':{'dtype':'F32','shape':[1],'data_offsets':[],'data_offsets':[0,4]}}"), four), "stand twice");
    row("metadata twice", file_of(json("{'__metadata__':{},'__metadata__':{}}"), ""), "stands twice");
    row("metadata of numbers", file_of(json("{'__metadata__':{'a':1}}"), ""), "a number");
    row("tensor is a number", file_of(json("{'a':1}"), ""), "a number");
  }
  void hostile_files_are_refused() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, why);
    const QString path = folder_.filePath("hostile");
    test::write_file(path, bytes);
    const auto file = SafetensorsFile::open(path.toStdString());
    QVERIFY(!file);
    QVERIFY2(line(file.error()).contains(why), qPrintable(line(file.error())));
    QVERIFY(line(file.error()).contains("hostile"));
    QVERIFY(!file.error().remedy.empty());
  }

  /// Each byte of a good file changed, one at a time: an error, or a file that reads.
  void damaged_files_do_no_harm() {
    const std::string path = place("whole");
    QVERIFY(write_safetensors(path, views_of(some_tensors()), {{"k", "v"}}));
    const QByteArray whole = test::read_file(QString::fromStdString(path));
    const QString damaged = folder_.filePath("damaged");
    for (qsizetype i = 0; i < whole.size(); ++i) {
      QByteArray bytes = whole;
      bytes[i] = static_cast<char>(bytes[i] ^ (1 << (i % 8)));
      test::write_file(damaged, bytes);
      if (const auto file = SafetensorsFile::open(damaged.toStdString())) QVERIFY(file->read_all());
      test::write_file(damaged, whole.first(i));
      QVERIFY(!SafetensorsFile::open(damaged.toStdString()));
    }
  }

  void odd_files() {
    QVERIFY(!SafetensorsFile::open(place("missing")));
    QVERIFY(!SafetensorsFile::open(folder_.path().toStdString()));
    const std::string pipe = place("pipe");
    QCOMPARE(::mkfifo(pipe.c_str(), 0600), 0);
    QVERIFY(!SafetensorsFile::open(pipe));
    const std::string none = place("none");
    QVERIFY(write_safetensors(none, {}));
    const auto file = SafetensorsFile::open(none);
    QVERIFY(file && file->entries().empty());
    const auto missing = file->read("x");
    QVERIFY(!missing && line(missing.error()).contains("no tensor 'x'"));
  }

  void a_file_that_shrinks_is_an_error() {
    const std::string path = place("shrinks");
    QVERIFY(write_safetensors(path, views_of(some_tensors())));
    const auto file = SafetensorsFile::open(path);
    QVERIFY(file);
    QCOMPARE(::truncate(path.c_str(), 100), 0);
    QVERIFY(!file->read_all());
  }

  /// A gigabyte, most of it a hole in the file: it is not read to be opened.
  void large_files_are_not_loaded_to_be_opened() {
    const QString path = folder_.filePath("large");
    const quint64 bytes = quint64{1} << 33U;
    test::write_file(
        path,
        file_of(QStringLiteral(R"({"a":{"dtype":"U8","shape":[%1],"data_offsets":[0,%1]}})").arg(bytes).toUtf8(), ""));
    QVERIFY(QFile::resize(path, QFileInfo(path).size() + static_cast<qint64>(bytes)));
    const auto file = SafetensorsFile::open(path.toStdString());
    QVERIFY2(file, file ? "" : qPrintable(line(file.error())));
    QCOMPARE(file->entries().at("a").bytes, bytes);
  }

  void a_state_comes_back() {
    TrainingState state;
    state.parameters["hidden.weight"] = TensorValue::of(std::vector<float>{1, 2});
    state.buffers["block/norm.running_mean"] = TensorValue::of(std::vector<float>{3});
    state.optimizer["hidden.weight.exp_avg"] = TensorValue::of(std::vector<float>{4, 5});
    state.optimizer["step"] = TensorValue::of(std::span<const std::int64_t>(std::vector<std::int64_t>{9}), {});
    state.fitted["normalise.mean"] = TensorValue::of(std::vector<double>{0.1});
    state.generators["dropout"] = pack_generators({{std::byte{1}, std::byte{2}}, {}, {std::byte{3}}});
    state.seed = -1;
    state.position = {.epoch = 3, .batch = 17, .step = 1'000'000'000'000};
    state.texts["graph"] = "{\"ü\": 1}";
    const std::string path = place("state.safetensors");
    QVERIFY(save_training_state(state, path));
    const auto loaded = load_training_state(path);
    QVERIFY2(loaded, loaded ? "" : qPrintable(line(loaded.error())));
    QVERIFY(*loaded == state);
    QCOMPARE(unpack_generators(loaded->generators.at("dropout"))->size(), std::size_t{3});
    QVERIFY(!unpack_generators(TensorValue::of(std::vector<std::uint8_t>{9, 0, 0, 0, 0, 0, 0, 0, 1})));
    // Any tool finds the weights under their names.
    QVERIFY(SafetensorsFile::open(path)->entries().contains("hidden.weight"));
  }

  void other_files_are_no_state() {
    const std::string path = place("weights");
    QVERIFY(write_safetensors(path, views_of(some_tensors())));
    const auto loaded = load_training_state(path);
    QVERIFY(!loaded && line(loaded.error()).contains("no state of a run"));
    QVERIFY(write_safetensors(path, {}, {{"feedline_state", R"({"format":99})"}}));
    const auto newer = load_training_state(path);
    QVERIFY(!newer && line(newer.error()).contains("newer program"));
    for (const char* text : {"", "{}", "[]", R"({"format":1,"seed":"x"})"}) {
      QVERIFY(write_safetensors(path, {}, {{"feedline_state", text}}));
      QVERIFY(!load_training_state(path));
    }
  }

  void names_come_apart() {
    QCOMPARE(split_tensor_name("block/conv.weight").first, "block/conv");
    QCOMPARE(split_tensor_name("a.inner.weight").second, "inner.weight");
    QCOMPARE(split_tensor_name("step").first, "");
  }

  void fingerprints_tell_sequences_apart() {
    const auto of = [](std::vector<std::string> texts) {
      Fingerprint hash;
      for (const std::string& text : texts) hash.add(text);
      return hash.hex();
    };
    QCOMPARE(of({"ab", "c"}), of({"ab", "c"}));
    QVERIFY(of({"ab", "c"}) != of({"a", "bc"}));
    QVERIFY(of({"ab"}) != of({"ab", ""}));
    QCOMPARE(of({}).size(), std::size_t{32});
  }

  void a_damaged_entry_of_the_cache_counts_as_none() {
    const FittedCache cache(folder_.filePath("cache").toStdString());
    QVERIFY(!cache.find("0123"));
    QVERIFY(cache.keep("0123", "normalise", some_tensors()));
    QVERIFY(cache.find("0123") == some_tensors());
    const QString file = QString::fromStdString(cache.file("0123").string());
    QVERIFY(QFile::copy(file, QString(file).replace("0123", "4567")));
    QVERIFY2(!cache.find("4567"), "another entry's file");
    test::write_file(file, test::read_file(file).chopped(1));
    QVERIFY(!cache.find("0123"));
  }

  void the_cache_keeps_what_was_asked_for_last() {
    const FittedCache cache(folder_.filePath("bounded").toStdString());
    const auto now = std::filesystem::file_time_type::clock::now();
    // Nothing is read of what makes room, so that these may be empty; a large one takes no room on the disk.
    const auto put = [&](const std::string& hash, std::chrono::minutes age, std::uintmax_t bytes) {
      QVERIFY(QFile(QString::fromStdString(cache.file(hash).string())).open(QIODevice::WriteOnly));
      std::filesystem::resize_file(cache.file(hash), bytes);
      std::filesystem::last_write_time(cache.file(hash), now - age);
    };
    const auto there = [&](const std::string& hash) { return std::filesystem::exists(cache.file(hash)); };
    QVERIFY(cache.keep("asked", "normalise", some_tensors()));
    std::filesystem::last_write_time(cache.file("asked"), now - std::chrono::hours(100));
    for (std::size_t i = 0; i < FittedCache::kMostFiles; ++i)
      put("entry" + std::to_string(i), std::chrono::minutes(FittedCache::kMostFiles - i), 0);
    QVERIFY(cache.find("asked"));
    QVERIFY(cache.keep("another", "normalise", some_tensors()));
    QVERIFY(there("asked"));
    QVERIFY(cache.find("another"));
    QVERIFY(!there("entry0"));
    QVERIFY(!there("entry1"));
    QVERIFY(there("entry2"));
    put("large", std::chrono::hours(100), FittedCache::kMostBytes);
    QVERIFY(cache.keep("last", "normalise", some_tensors()));
    QVERIFY(!there("large"));
    QVERIFY(!there("entry2"));  // for the number of files
    QVERIFY(there("entry4"));
  }

  /// They count nowhere, and would pile up.
  void parts_of_killed_programs_go_from_the_cache() {
    const FittedCache cache(folder_.filePath("parts_of").toStdString());
    QVERIFY(cache.keep("first", "normalise", some_tensors()));
    const auto part = [&](const char* name, std::chrono::minutes age) {
      const std::filesystem::path file = cache.file("x").parent_path() / name;
      test::write_file(QString::fromStdString(file.string()), "half");
      std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now() - age);
      return file;
    };
    const auto left = part(".first.safetensors.4711-0.part", std::chrono::minutes(120));
    const auto being_written = part(".first.safetensors.4712-0.part", std::chrono::minutes(1));
    QVERIFY(cache.keep("second", "normalise", some_tensors()));
    QVERIFY(!std::filesystem::exists(left));
    QVERIFY(std::filesystem::exists(being_written) && cache.find("first"));
  }
};

FEEDLINE_TEST(TestState)

}  // namespace test_state

#include "test_state.moc"
