// SPDX-License-Identifier: GPL-3.0-or-later
// Which records train and which validate: by classes, groups, values and folds; and classes drawn alike. The sizes of
// folds are scikit-learn's (tests/data/make_split_values.py).
#include "base/bit_ranks.h"
#include "plan/balanced_draw.h"
#include "plan/record_split.h"
#include "schema/record_keys.h"
#include "schema/registry.h"
#include "support/fixtures.h"
#include "support/places.h"
#include "support/test_program.h"

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>

namespace test_splits {

using namespace feedline;
using Counts = std::vector<std::uint64_t>;

namespace {

/// Records with a label and the columns "person" and "part"; those with label -1 cannot be read.
class Labelled final : public Source, public RecordKeys {
 public:
  explicit Labelled(std::vector<std::int64_t> labels, std::int64_t classes = 4) : labels_(std::move(labels)) {
    outputs_ = {{.kind = Kind::Features}, {.kind = Kind::Label, .dtype = DType::I64, .classes = classes}};
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      persons.push_back("p" + std::to_string(i / 7));
      parts.emplace_back(i % 5 == 0 ? "test" : i % 5 == 1 ? "val" : "train");
    }
  }
  std::uint64_t size() const override { return labels_.size(); }
  const std::vector<TensorDesc>& outputs() const override { return outputs_; }
  std::string locate(std::uint64_t index) const override { return std::to_string(index); }
  Status read(std::uint64_t index, std::span<Datum* const> out) const override {
    if (out[0] != nullptr) qFatal("a split reads no features");
    if (labels_[index] < 0) return fail_record("the label is missing");
    out[1]->set_label(labels_[index]);
    return {};
  }
  const std::vector<std::string>& key_names() const override {
    static const std::vector<std::string> names = {"person", "part"};
    return names;
  }
  Status read_key(std::uint64_t index, std::size_t key, std::string& value, Datum* label) const override {
    if (labels_[index] < 0) return fail_record("the label is missing");
    value = key == 0 ? persons[index] : parts[index];
    if (label != nullptr) label->set_label(labels_[index]);
    return {};
  }
  [[nodiscard]] std::int64_t label(std::uint64_t index) const { return labels_[index]; }

  std::vector<std::string> persons{};
  std::vector<std::string> parts{};

 private:
  std::vector<std::int64_t> labels_;
  std::vector<TensorDesc> outputs_{};
};

/// Labels of classes of these sizes, well mixed.
std::vector<std::int64_t> mixed(const std::vector<int>& sizes) {
  std::vector<std::int64_t> sorted;
  for (std::size_t c = 0; c < sizes.size(); ++c)
    sorted.insert(sorted.end(), static_cast<std::size_t>(sizes[c]), static_cast<std::int64_t>(c));
  std::vector<std::int64_t> labels(sorted.size());
  const Permutation order(sorted.size(), 99, 1);
  for (std::size_t i = 0; i < sorted.size(); ++i) labels[order(i)] = sorted[i];
  return labels;
}

LearningSettings by(const char* split_by, double share = 0, std::int64_t folds = 0, std::int64_t fold = 1) {
  LearningSettings settings;
  settings.split_by = split_by;
  settings.validation_split = share;
  settings.folds = folds;
  settings.fold = fold;
  if (settings.split_by == "group") settings.split_column = "person";
  if (settings.split_by == "column") settings.split_column = "part";
  return settings;
}

Result<RecordSplit> divide(const Labelled& source, const LearningSettings& settings, std::size_t threads = 1,
                           bool balance = false) {
  static const ParamMap none;
  return split_records({source, "labelled", none}, {.settings = settings, .class_counts = true, .balance = balance}, {},
                       threads);
}

std::set<std::uint64_t> records(const SamplerPlan& side) {
  std::set<std::uint64_t> drawn;
  for (std::uint64_t i = 0; i < side.count; ++i) drawn.insert(side.record(1, i));
  if (drawn.size() != side.count) qFatal("a record comes twice");
  return drawn;
}

Counts classes_of(const Labelled& source, const std::set<std::uint64_t>& drawn, std::size_t classes = 4) {
  Counts counts(classes, 0);
  for (const std::uint64_t record : drawn)
    if (source.label(record) >= 0) ++counts[static_cast<std::size_t>(source.label(record))];
  return counts;
}

QJsonObject expected() {
  return QJsonDocument::fromJson(test::read_file(test::source_dir("/tests/data/split_values.json"))).object();
}

std::vector<int> ints(const QJsonValue& list) {
  std::vector<int> all;
  for (const auto& one : list.toArray()) all.push_back(one.toInt());
  return all;
}

}  // namespace

class TestSplits : public QObject {
  Q_OBJECT

  QTemporaryDir folder_{};

 private Q_SLOTS:
  void bits_are_found_by_their_rank() {
    constexpr std::uint64_t kSize = 5000;
    std::vector<std::uint64_t> words((kSize + 63) / 64, 0);
    std::vector<std::uint64_t> ones;
    std::vector<std::uint64_t> zeros;
    Rng rng(3, 0, 0, 0);
    for (std::uint64_t i = 0; i < kSize; ++i) {
      const bool bit = i < 700 ? i % 3 == 0 : i > 1400 && i < 3000 ? i == 2000 : rng.chance(0.9);  // dense and empty
      if (bit) words[i / 64] |= std::uint64_t{1} << (i % 64);
      (bit ? ones : zeros).push_back(i);
    }
    const BitRanks bits(words, kSize);
    QCOMPARE(bits.ones(), ones.size());
    for (std::size_t k = 0; k < ones.size(); ++k) QCOMPARE(bits.find(true, k), ones[k]);
    for (std::size_t k = 0; k < zeros.size(); ++k) QCOMPARE(bits.find(false, k), zeros[k]);
  }

  void each_class_gives_its_share() {
    const Labelled source(mixed({700, 201, 90, 2, 1}), 5);
    const auto split = divide(source, by("stratified", 0.2));
    QVERIFY2(split, split ? "" : split.error().line().c_str());
    const auto train = records(split->training);
    const auto held = records(split->validation);
    QCOMPARE(train.size() + held.size(), source.size());
    for (const std::uint64_t record : held) QVERIFY(!train.contains(record));
    const Counts there = classes_of(source, held, 5);
    for (const auto& [c, share] : std::map<std::size_t, double>{{0, 140}, {1, 40.2}, {2, 18}, {3, 0.4}})
      QVERIFY(std::abs(static_cast<double>(there[c]) - share) < 1);
    QCOMPARE(there[4], 0U);  // its only record trains
    QVERIFY(std::abs(static_cast<double>(held.size()) - 198.8) <= 1.2);
    QVERIFY(split->validation_classes == there);
    QVERIFY(split->training_classes == classes_of(source, train, 5));
    QVERIFY(*held.begin() < 100 && *held.rbegin() > 900);  // from everywhere

    const auto other = divide(source, [&] {
      LearningSettings settings = by("stratified", 0.2);
      settings.seed = 2;
      return settings;
    }());
    QVERIFY(records(other->validation) != held);
    for (std::uint64_t i = 1; i < held.size(); ++i)  // read from front to back, where training is mixed
      QVERIFY(split->validation.record(1, i) > split->validation.record(1, i - 1));
    std::uint64_t falls = 0;
    for (std::uint64_t i = 1; i < train.size(); ++i)
      falls += split->training.record(1, i) < split->training.record(1, i - 1) ? 1 : 0;
    QVERIFY(falls > train.size() / 3);
    const auto lost =
        lost_classes(split->training_classes, split->validation_classes, {"a", "b", "c", "d", "e"}, "stratified");
    QVERIFY(!lost.empty() && lost.back().reason.find("'e' (1 record)") != std::string::npos);
    QVERIFY(lost_classes({3, 0, 2}, {1, 4, 1}, {"a", "b", "c"}, "group")
                .front()
                .reason.find("1 of the 3 classes to train on: 'b' (4 records)") != std::string::npos);
  }

  void threads_change_nothing() {
    std::vector<int> sizes{60'000, 20'000, 5'000};
    const Labelled source(mixed(sizes), 3);
    for (const LearningSettings& settings :
         {by("stratified", 0.3), by("group", 0.3), by("group", 0, 4, 2), by("stratified", 0, 3, 3)}) {
      const auto one = divide(source, settings, 1, true);
      const auto four = divide(source, settings, 4, true);
      QVERIFY(one && four);
      QVERIFY(one->training.chosen->hash() == four->training.chosen->hash());
      QVERIFY(one->validation.chosen->hash() == four->validation.chosen->hash());
      for (std::uint64_t i = 0; i < 100; ++i)
        QCOMPARE(one->balanced->draw(1, 2, i, 1000).record, four->balanced->draw(1, 2, i, 1000).record);
    }
  }

  void folds_divide_all_records_as_scikit_learn_does() {
    for (const auto& one : expected()["strata"].toArray()) {
      const std::vector<int> sizes = ints(one.toObject()["sizes"]);
      const std::int64_t folds = one.toObject()["folds"].toInt();
      const Labelled source(mixed(sizes), static_cast<std::int64_t>(sizes.size()));
      for (const char* way : {"stratified", "random"}) {
        std::set<std::uint64_t> all;
        for (std::int64_t fold = 1; fold <= folds; ++fold) {
          const auto split = divide(source, by(way, 0, folds, fold));
          QVERIFY2(split, split ? "" : split.error().line().c_str());
          const auto held = records(split->validation);
          const auto train = records(split->training);
          QCOMPARE(held.size() + train.size(), source.size());
          for (const std::uint64_t record : held) QVERIFY(!train.contains(record) && all.insert(record).second);
          QVERIFY(held.size() * static_cast<std::size_t>(folds) + static_cast<std::size_t>(folds) > source.size());
          QVERIFY(split->validation_classes == classes_of(source, held, sizes.size()));
          if (std::string_view(way) == "random") continue;
          const std::vector<int> want = ints(one.toObject()["held_out"].toArray()[static_cast<int>(fold) - 1]);
          QVERIFY(split->validation_classes == Counts(want.begin(), want.end()));
        }
        QCOMPARE(all.size(), source.size());
      }
    }
  }

  void groups_stay_together() {
    for (const auto& one : expected()["groups"].toArray()) {
      const std::vector<int> sizes = ints(one.toObject()["sizes"]);
      const std::vector<std::int64_t> group = mixed(sizes);
      const std::int64_t folds = one.toObject()["folds"].toInt();
      Labelled source(std::vector<std::int64_t>(group.size(), 0), 1);
      for (std::size_t i = 0; i < group.size(); ++i) source.persons[i] = "p" + std::to_string(group[i]);
      std::set<std::uint64_t> all;
      std::vector<int> held_out;
      for (std::int64_t fold = 1; fold <= folds; ++fold) {
        const auto split = divide(source, by("group", 0, folds, fold));
        QVERIFY2(split, split ? "" : split.error().line().c_str());
        const auto held = records(split->validation);
        std::set<std::int64_t> apart;
        for (const std::uint64_t record : records(split->training)) apart.insert(group[record]);
        for (const std::uint64_t record : held) QVERIFY(!apart.contains(group[record]) && all.insert(record).second);
        held_out.push_back(static_cast<int>(held.size()));
      }
      QCOMPARE(all.size(), source.size());
      std::sort(held_out.begin(), held_out.end());
      QVERIFY(held_out == ints(one.toObject()["held_out"]));
    }
    const Labelled source(mixed({700, 300}), 2);  // 143 persons
    const auto split = divide(source, by("group", 0.2));
    QVERIFY(split);
    std::set<std::string> train;
    for (const std::uint64_t record : records(split->training)) train.insert(source.persons[record]);
    for (const std::uint64_t record : records(split->validation)) QVERIFY(!train.contains(source.persons[record]));
    QVERIFY(std::abs(static_cast<double>(split->validation.count) - 200) <= 4);
    QCOMPARE(split->validation.count + split->training.count, source.size());
  }

  void values_of_a_column_decide() {
    const Labelled source(mixed({40, 60}), 2);
    LearningSettings settings = by("column");
    settings.validation_values = {"val", "test"};
    auto split = divide(source, settings);
    QVERIFY2(split, split ? "" : split.error().line().c_str());
    for (const std::uint64_t record : records(split->validation)) QVERIFY(source.parts[record] != "train");
    QCOMPARE(split->validation.count, 40U);
    QCOMPARE(split->training.count, 60U);
    settings.validation_values = {"val"};
    settings.training_values = {"train"};
    split = divide(source, settings);
    QCOMPARE(split->validation.count, 20U);
    QCOMPARE(split->training.count, 60U);  // those of test are in neither
    QCOMPARE(std::accumulate(split->training_classes.begin(), split->training_classes.end(), std::uint64_t{0}), 60U);
  }

  void wrong_splits_say_what_to_do_data() {
    QTest::addColumn<QString>("change");
    QTest::addColumn<QString>("parameter");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* change, const char* parameter, const char* says) {
      QTest::newRow(change) << change << parameter << says;
    };
    row("no values", "validation_values", "Name some of: 'train' (60 records), 'test' (20 records)");
    row("unknown value", "validation_values", "no record has 'vla'");
    row("both", "training_values", "'val' is named for training and for validation");
    row("unknown column", "split_column", "Name one of: person, part");
    row("one group", "split_column", "one value only");
    row("too many folds", "folds", "too few for 40 folds");
    row("nothing aside", "split_by", "validation_split and folds are 0");
    row("too small", "validation_split", "leaves no records to validate on out of 100");
    row("all unreadable", "", "the label is missing");
    row("no classes", "split_by", "has no classes");
  }
  void wrong_splits_say_what_to_do() {
    QFETCH(QString, change);
    QFETCH(QString, parameter);
    QFETCH(QString, says);
    Labelled source(change == "all unreadable" ? std::vector<std::int64_t>(100, -1) : mixed({40, 60}),
                    change == "no classes" ? 0 : 2);
    LearningSettings settings = by("column");
    settings.validation_values = {"val"};
    if (change == "no values") settings.validation_values.clear();
    if (change == "unknown value") settings.validation_values = {"vla"};
    if (change == "both") settings.training_values = {"val"};
    if (change == "unknown column") settings.split_column = "persons";
    if (change == "one group") settings = by("group", 0.2);
    if (change == "one group") std::fill(source.persons.begin(), source.persons.end(), "ann");
    if (change == "too many folds") settings = by("group", 0, 40);
    if (change == "nothing aside") settings = by("stratified");
    if (change == "too small") settings = by("random", 0.001);
    if (change == "all unreadable" || change == "no classes") settings = by("stratified", 0.2);
    const auto split = divide(source, settings);
    QVERIFY(!split);
    QCOMPARE(QString::fromStdString(split.error().parameter), parameter);
    const QString line = test::line(split.error());
    QVERIFY2(line.contains(says), qPrintable(line));
  }

  void unreadable_records_hinder_no_split() {
    std::vector<std::int64_t> labels = mixed({50, 50});
    labels[3] = labels[77] = -1;
    labels[5] = 9;  // no class
    const Labelled source(labels, 2);
    for (const LearningSettings& settings : {by("stratified", 0.5), by("group", 0.5), by("random", 0.5)}) {
      const auto split = divide(source, settings, 2, true);
      QVERIFY2(split, split ? "" : split.error().line().c_str());
      QCOMPARE(split->training.count + split->validation.count, 100U);
      const Counts& trains = split->training_classes;
      const Counts& validates = split->validation_classes;
      QCOMPARE(trains[0] + trains[1] + validates[0] + validates[1], 97U);
      for (std::uint64_t i = 0; i < 200; ++i) {
        const std::uint64_t drawn = split->balanced->draw(1, 1, i, 200).record;
        QVERIFY(source.label(drawn) == 0 || source.label(drawn) == 1);
      }
    }
  }

  void classes_are_drawn_equally_often_data() {
    QTest::addColumn<QString>("split");
    for (const char* split : {"stratified", "random", "none"}) QTest::newRow(split) << split;
  }
  void classes_are_drawn_equally_often() {
    QFETCH(QString, split);
    const Labelled source(mixed({900, 60, 30, 0, 10}), 5);
    const auto divided =
        divide(source, by(split == "stratified" ? "stratified" : "random", split == "none" ? 0 : 0.3), 1, true);
    QVERIFY2(divided, divided ? "" : divided.error().line().c_str());
    SamplerPlan sampler = divided->training;
    const std::set<std::uint64_t> trains = records(sampler);
    sampler.balanced = divided->balanced;
    sampler.shuffle = true;
    std::map<std::uint64_t, std::uint64_t> times;
    constexpr std::uint32_t kEpochs = 9;
    for (std::uint32_t epoch = 1; epoch <= kEpochs; ++epoch) {
      Counts drawn(5, 0);
      std::set<std::uint64_t> keys;
      for (std::uint64_t i = 0; i < sampler.count; ++i) {
        const std::uint64_t record = sampler.record(epoch, i);
        QVERIFY(trains.contains(record));
        ++drawn[static_cast<std::size_t>(source.label(record))];
        ++times[record];
        QVERIFY(keys.insert(sampler.key(epoch, i, record)).second);  // random numbers of its own each time
      }
      for (const std::size_t c : {0U, 1U, 2U, 4U}) QVERIFY(drawn[c] - sampler.count / 4 <= 1);
      QCOMPARE(drawn[3], 0U);
    }
    // Of each class, every record equally often over the epochs.
    std::map<std::int64_t, std::pair<std::uint64_t, std::uint64_t>> ends;
    for (const std::uint64_t record : trains) {
      auto& [least, most] = ends.try_emplace(source.label(record), UINT64_MAX, 0).first->second;
      least = std::min(least, times[record]);
      most = std::max(most, times[record]);
    }
    for (const auto& [label, range] : ends)
      QVERIFY2(range.second - range.first <= 1, qPrintable(QString::number(label)));
    QVERIFY(records(sampler.each_once()) == trains);
    QVERIFY(sampler.record(1, 0) != sampler.record(2, 0) || sampler.record(1, 1) != sampler.record(2, 1));
  }

  /// Ignored columns too; of a large file what was found is kept until it changes.
  void tables_are_divided_by_their_columns() {
    const QString file = folder_.filePath("visits.csv");
    QByteArray text = "patient,part,dose,ill\n";
    constexpr int kRows = 21'000;
    for (int i = 0; i < kRows; ++i)
      text += QByteArray::number(i / 30 % 200) + (i % 4 == 0 ? ",held," : ",,") + QByteArray::number(i % 17) +
              (i % 50 == 0 ? ",yes\n" : ",no\n");
    test::write_file(file, text);
    const ParamMap params = {{"file", file.toStdString()}, {"ignore", ValueList{std::string("patient")}}};
    const QString cache = folder_.filePath("cache");
    const auto source = test::open_source("csv", params, cache);
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    const SourceContext context{.cache_folder = cache.toStdString()};
    LearningSettings settings = by("group", 0.25);
    settings.split_column = "Patient";  // but for case it is the only one
    std::string hash;
    for (int turn = 0; turn < 2; ++turn) {  // looked at, and as it was kept
      const auto split = split_records({**source, "csv", params}, {.settings = settings}, context);
      QVERIFY2(split, split ? "" : split.error().line().c_str());
      std::set<std::uint64_t> apart;
      for (const std::uint64_t record : records(split->training)) apart.insert(record / 30 % 200);
      for (const std::uint64_t record : records(split->validation)) QVERIFY(!apart.contains(record / 30 % 200));
      QVERIFY(std::abs(static_cast<double>(split->validation.count) - kRows / 4.0) < 60);
      QCOMPARE(split->training_classes[0] + split->validation_classes[0],
               std::uint64_t{kRows - kRows / 50});  // no, yes
      QVERIFY(turn == 0 || hash == split->training.chosen->hash());
      hash = split->training.chosen->hash();
      QCOMPARE(test::files_below(cache + "/splits").size(), 1);
    }
    settings = by("column");
    settings.validation_values = {"held"};
    const auto split = split_records({**source, "csv", params}, {.settings = settings}, context);
    QVERIFY2(split, split ? "" : split.error().line().c_str());
    QCOMPARE(split->validation.count, std::uint64_t{kRows / 4});
    for (std::uint64_t i = 0; i < split->validation.count; ++i) QCOMPARE(split->validation.record(1, i), 4 * i);
  }

  void a_label_comes_with_every_value() {
    int sources = 0;
    for (const NodeSpec* spec : Registry::instance().all()) {
      if (spec->role != Role::Source || !spec->fixture) continue;
      const QString place = folder_.filePath(QString::fromStdString(spec->type));
      QVERIFY(QDir().mkpath(place));
      const auto source = test::open_source(spec->type, spec->fixture(place.toStdString()), folder_.filePath("cache"));
      QVERIFY2(source, source ? "" : source.error().line().c_str());
      const auto* keys = dynamic_cast<const RecordKeys*>(source->get());
      const auto port = class_port(**source);
      if (keys == nullptr || !port) continue;
      ++sources;
      for (std::uint64_t record = 0; record < (*source)->size(); ++record)
        for (std::size_t key = 0; key < keys->key_names().size(); ++key) {
          Datum label;
          Datum with_value;
          std::vector<Datum*> out((*source)->outputs().size(), nullptr);
          out[*port] = &label;
          std::string value;
          const Status read = (*source)->read(record, out);
          QCOMPARE(keys->read_key(record, key, value, &with_value).has_value(), read.has_value());
          if (read) QCOMPARE(with_value.label(), label.label());
          QVERIFY(!read || keys->read_key(record, key, value, nullptr).has_value());
        }
    }
    QVERIFY(sources >= 5);
  }

  /// At random and by its classes, every one of them; by group and value, all that have values by name.
  void every_source_is_divided() {
    int sources = 0;
    int with_values = 0;
    for (const NodeSpec* spec : Registry::instance().all()) {
      if (spec->role != Role::Source || !spec->fixture) continue;
      ++sources;
      const QString place = folder_.filePath("divided-" + QString::fromStdString(spec->type));
      QVERIFY(QDir().mkpath(place));
      const ParamMap params = spec->complete(spec->fixture(place.toStdString()));
      const auto source = test::open_source(spec->type, params, folder_.filePath("cache"));
      QVERIFY2(source, source ? "" : source.error().line().c_str());
      const auto divided = [&](const LearningSettings& settings, bool balance = false) {
        return split_records({**source, spec->type, params}, {.settings = settings, .balance = balance}, {});
      };
      std::vector<LearningSettings> ways = {by("random", 0, 2, 1), by("random", 0.5)};
      if (class_port(**source)) ways.push_back(by("stratified", 0, 2, 2));
      for (const LearningSettings& way : ways) {
        const auto split = divided(way, class_port(**source).has_value());
        QVERIFY2(split, (spec->type + ": " + (split ? "" : split.error().line())).c_str());
        std::set<std::uint64_t> all = records(split->training);
        for (const std::uint64_t record : records(split->validation)) QVERIFY(all.insert(record).second);
        QCOMPARE(all.size(), (*source)->size());
      }
      QVERIFY2(!split_names(**source).empty(), spec->type.c_str());  // columns, groups or folders
      const auto* keys = dynamic_cast<const RecordKeys*>(source->get());
      if (keys == nullptr) continue;
      with_values += keys->key_names().empty() ? 0 : 1;
      for (std::size_t key = 0; key < keys->key_names().size(); ++key) {
        const auto value_of = [&](std::uint64_t record) {
          std::string value;
          return keys->read_key(record, key, value, nullptr) ? std::optional(value) : std::nullopt;
        };
        LearningSettings group = by("group", 0, 2, 1);
        group.split_column = keys->key_names()[key];
        const auto split = divided(group);
        if (!split) {
          QVERIFY2(split.error().parameter == "split_column", split.error().line().c_str());
          QVERIFY2(split.error().reason.find("one value only") != std::string::npos, split.error().line().c_str());
          continue;
        }
        std::set<std::optional<std::string>> trains;
        for (const std::uint64_t record : records(split->training)) trains.insert(value_of(record));
        std::optional<std::string> one;
        for (const std::uint64_t record : records(split->validation))
          if (const auto value = value_of(record)) {
            QVERIFY2(!trains.contains(value), (spec->type + ": " + *value).c_str());
            one = value;
          }
        LearningSettings column = by("column");
        column.split_column = group.split_column;
        column.validation_values = {one.value_or("")};
        const auto by_value = divided(column);
        QVERIFY2(by_value, by_value ? "" : by_value.error().line().c_str());
        for (const std::uint64_t record : records(by_value->validation)) QVERIFY(value_of(record) == one);
      }
    }
    QVERIFY2(sources >= 14, std::to_string(sources).c_str());
    QVERIFY2(with_values >= 11, std::to_string(with_values).c_str());
  }

  /// Pictures of a folder stay together; here these are the classes, of which some are lost then.
  void folders_are_groups() {
    const ParamMap params = {{"count", std::int64_t{12}}, {"size", std::int64_t{16}}, {"classes", std::int64_t{3}}};
    const auto source = test::open_source("generated_pictures", params, folder_.filePath("cache"));
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    LearningSettings settings = by("group", 0.3);
    settings.split_column = "folder";
    const auto split = split_records({**source, "generated_pictures", params}, {.settings = settings}, {});
    QVERIFY2(split, split ? "" : split.error().line().c_str());
    QCOMPARE(split->validation.count, 4U);
    QCOMPARE(lost_classes(split->training_classes, split->validation_classes, {}, "group").size(), std::size_t{2});
  }

  void what_was_found_out_stops_when_asked() {
    const Labelled source(mixed({30'000, 30'000}), 2);
    std::stop_source stop;
    stop.request_stop();
    const LearningSettings settings = by("stratified", 0.2);
    const auto split = split_records({source, "labelled", {}}, {.settings = settings}, {.stop = stop.get_token()});
    QVERIFY(!split && split.error().code == ErrorCode::Cancelled);
  }
};

FEEDLINE_TEST(TestSplits)

}  // namespace test_splits

#include "test_splits.moc"
