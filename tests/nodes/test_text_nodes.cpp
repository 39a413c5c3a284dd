// SPDX-License-Identifier: GPL-3.0-or-later
// Nodes of texts against scikit-learn (tests/data/make_text_values.py) and small cases worked out by hand.
#include "nodes/text/piece_counts.h"
#include "nodes/text/sentence_pieces.h"
#include "nodes/text/words.h"
#include "schema/ask_later.h"
#include "schema/registry.h"
#include "schema/row.h"
#include "support/fixtures.h"
#include "support/places.h"
#include "support/standard_input.h"
#include "support/test_program.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <map>
#include <random>

namespace test_text_nodes {

using namespace feedline;
using namespace feedline::test;

namespace {

QJsonObject wanted_values() {
  static const QJsonObject all =
      QJsonDocument::fromJson(read_file(source_dir("/tests/data/text_values.json"))).object();
  return all;
}

std::vector<std::string> texts_of(const QJsonValue& value) {
  std::vector<std::string> texts;
  for (const QJsonValue& item : value.toArray()) texts.push_back(item.toString().toStdString());
  return texts;
}

ParamMap params_of(const QJsonObject& json) {
  ParamMap params;
  for (auto item = json.begin(); item != json.end(); ++item) {
    if (item->isString())
      params.emplace(item.key().toStdString(), item->toString().toStdString());
    else if (item->isBool())
      params.emplace(item.key().toStdString(), item->toBool());
    else
      params.emplace(item.key().toStdString(), static_cast<std::int64_t>(item->toInteger()));
  }
  return params;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for_each_word(text, [&](std::string_view word) { words.emplace_back(word); });
  return words;
}

const TensorDesc kText{.kind = Kind::Text, .dtype = DType::U8, .shape = {Dim::symbol("bytes")}};

/// A node of texts: fitted, if it learns, to these texts.
class TextNode {
 public:
  TextNode(const char* type, const ParamMap& set, const std::vector<std::string>& texts = {}) {
    const NodeSpec& spec = *Registry::instance().find(type);
    const ParamMap params = spec.complete(set);
    const std::vector<const TensorDesc*> in = {&kText};
    const auto before = spec.infer(params, in);
    if (!before) qFatal("%s", before.error().line().c_str());
    desc = before->front();
    if (!spec.fitter || spec.fitter(params, in) == nullptr) {
      take(spec.sample_op(params, in));
      return;
    }
    const auto all = spec.fitter(params, in);
    for (const std::string& text : texts) {
      Datum datum;
      datum.set_bytes(text);
      const Datum* const value = &datum;
      const auto one = spec.fitter(params, in);
      if (!one->add(std::span(&value, 1)) || !all->merge(*one)) qFatal("it learns nothing from a text");
    }
    auto learnt = all->finish();
    if (!learnt) qFatal("%s", learnt.error().line().c_str());
    state = std::move(*learnt);
    const auto described = spec.learnt(params, in, state);
    if (!described) qFatal("%s", described.error().line().c_str());
    desc = described->front();
    take(spec.fitted_op(params, in, state));
  }

  void run(std::string_view text, Datum& out) const {
    Datum in;
    in.set_bytes(text);
    const Datum* const from = &in;
    Datum* const to = &out;
    OpContext context{.rng = Rng(1, 1, 1, 1)};
    if (const auto done = op_->run(std::span(&from, 1), std::span(&to, 1), context); !done)
      qFatal("%s", done.error().line().c_str());
  }
  [[nodiscard]] std::vector<int> ids(std::string_view text) const {
    Datum out;
    run(text, out);
    return {out.as<std::int32_t>(), out.as<std::int32_t>() + out.dim(0)};
  }
  [[nodiscard]] std::string text(std::string_view text) const {
    Datum out;
    run(text, out);
    return {out.as<char>(), out.bytes()};
  }

  TensorDesc desc{};
  NamedTensors state{};

 private:
  void take(Result<std::unique_ptr<SampleOp>> op) {
    if (!op) qFatal("%s", op.error().line().c_str());
    op_ = std::move(*op);
  }
  std::unique_ptr<SampleOp> op_{};
};

Error refusal(const char* type, const ParamMap& params, const TensorDesc& in = kText) {
  const NodeSpec& spec = *Registry::instance().find(type);
  const TensorDesc* const desc = &in;
  const auto inferred = spec.infer(spec.complete(params), std::span(&desc, 1));
  return inferred ? Error{} : inferred.error();
}

}  // namespace

class TestTextNodes : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void words_are_unicodes() {
    const QJsonArray texts = wanted_values()["texts"].toArray();
    const QJsonArray words = wanted_values()["words"].toArray();
    QVERIFY(texts.size() >= 10);
    for (qsizetype i = 0; i < texts.size(); ++i)
      QCOMPARE(words_of(texts[i].toString().toStdString()), texts_of(words[i]));
    QCOMPARE(words_of("a  \t\n"), std::vector<std::string>{"a"});
    QCOMPARE(words_of("___ -- !?"), std::vector<std::string>{});
    QVERIFY(words_of("今日は良い天気です。").size() > 2);         // by ICU's dictionary, without blanks
    QCOMPARE(words_of("a\xFF\xC3 b").front(), std::string("a"));  // no UTF-8
  }

  /// The way for ASCII, on texts that try its rules, against ICU's.
  void words_of_ascii_are_icus() {
    std::mt19937 random(5);
    constexpr std::string_view kAlphabet = "aZ09_'.:,;- \n@/\"#\x01";
    for (int round = 0; round < 20000; ++round) {
      std::string text;
      const std::size_t length = random() % 12;
      for (std::size_t i = 0; i < length; ++i) text += kAlphabet[random() % kAlphabet.size()];
      std::vector<std::string> by_icu;
      for (const WordPlace& word : unicode_words(text))
        by_icu.push_back(text.substr(word.begin, word.end - word.begin));
      if (words_of(text) != by_icu) QFAIL(QByteArray::fromStdString(text).toPercentEncoding());
    }
  }

  void vocabulary_counts_as_scikit_learn_data() {
    QTest::addColumn<QJsonObject>("wanted");
    for (const QJsonValue& item : wanted_values()["counts"].toArray())
      QTest::newRow(QJsonDocument(item["params"].toObject()).toJson(QJsonDocument::Compact)) << item.toObject();
  }
  void vocabulary_counts_as_scikit_learn() {
    QFETCH(QJsonObject, wanted);
    ParamMap params = params_of(wanted["params"].toObject());
    params["least_count"] = std::int64_t{1};
    const TextNode node("vocabulary", params, texts_of(wanted_values()["texts"]));
    const auto tokens = find_texts(node.state, "tokens");
    const auto times = node.state.at("times").numbers<std::int64_t>();
    const QJsonArray pairs = wanted["pairs"].toArray();
    QVERIFY(tokens && times);
    QCOMPARE(static_cast<qsizetype>(tokens->size()), pairs.size());
    for (qsizetype i = 0; i < pairs.size(); ++i) {
      QCOMPARE(QString::fromStdString((*tokens)[static_cast<std::size_t>(i)]), pairs[i].toArray()[0].toString());
      QCOMPARE((*times)[static_cast<std::size_t>(i)], static_cast<std::int64_t>(pairs[i].toArray()[1].toInteger()));
    }
    QCOMPARE(node.desc.classes.size(), static_cast<std::int64_t>(pairs.size() + 2));
  }

  void vocabulary_gives_ids() {
    const std::vector<std::string> texts = {"b a a", "c a b", "d"};
    const TextNode all("vocabulary", {{"least_count", std::int64_t{1}}}, texts);
    QCOMPARE(all.ids("A b, c d e"), (std::vector<int>{2, 3, 4, 5, 1}));  // a three times, b twice, c and d by bytes
    QCOMPARE(all.ids(""), std::vector<int>{});
    QCOMPARE(all.desc.text(), std::string("i32 ≤256"));
    const TextNode few("vocabulary", {{"size", std::int64_t{1}}, {"length", std::int64_t{2}}}, texts);
    QCOMPARE(few.ids("c a b"), (std::vector<int>{1, 2}));
    QCOMPARE(few.desc.classes.size(), std::int64_t{3});
    const TextNode capitals("vocabulary", {{"least_count", std::int64_t{1}}, {"lower", false}}, {"A a a"});
    QCOMPARE(capitals.ids("a A"), (std::vector<int>{2, 3}));
  }

  /// However the records are spread over workers, they are merged in one order.
  void counts_do_not_hang_on_how_texts_are_grouped() {
    const std::vector<std::string> texts = texts_of(wanted_values()["texts"]);
    const TextPieces pieces{PieceParams{}};
    PieceCounts one_by_one;
    PieceCounts halves;
    PieceCounts rest;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      PieceCounts text;
      text.add(pieces, texts[i]);
      one_by_one.merge(text);
      (i < texts.size() / 2 ? halves : rest).add(pieces, texts[i]);
    }
    halves.merge(rest);
    const auto a = one_by_one.most_frequent(1000, 1, 1);
    const auto b = halves.most_frequent(1000, 1, 1);
    QCOMPARE(a.size(), b.size());
    QCOMPARE(one_by_one.texts(), halves.texts());
    for (std::size_t i = 0; i < a.size(); ++i)
      QVERIFY(a[i].piece == b[i].piece && a[i].count.times == b[i].count.times && a[i].count.texts == b[i].count.texts);
  }

  void tf_idf_is_scikit_learns_data() {
    QTest::addColumn<QJsonObject>("wanted");
    for (const QJsonValue& item : wanted_values()["weights"].toArray())
      QTest::newRow(QJsonDocument(item["params"].toObject()).toJson(QJsonDocument::Compact)) << item.toObject();
  }
  void tf_idf_is_scikit_learns() {
    QFETCH(QJsonObject, wanted);
    const std::vector<std::string> texts = texts_of(wanted_values()["texts"]);
    const TextNode node("tf_idf", params_of(wanted["params"].toObject()), texts);
    QCOMPARE(*find_texts(node.state, "terms"), texts_of(wanted["terms"]));
    QCOMPARE(node.desc.shape.front().size(), static_cast<std::int64_t>(wanted["terms"].toArray().size()));
    for (std::size_t i = 0; i < texts.size(); ++i) {
      Datum out;
      node.run(texts[i], out);
      const QJsonArray row = wanted["values"].toArray()[static_cast<qsizetype>(i)].toArray();
      QCOMPARE(out.dim(0), static_cast<std::int64_t>(row.size()));
      for (qsizetype at = 0; at < row.size(); ++at)
        QVERIFY(std::abs(static_cast<double>(out.as<float>()[at]) - row[at].toDouble()) < 1e-6);
    }
    Datum out;
    node.run("zzzz", out);
    QCOMPARE(moments(out).stddev, 0.0);  // no term of it is known
  }

  void hashes_stay_as_they_are() {
    const TextNode node("hash_tokens", {{"size", std::int64_t{1000}}});
    QCOMPARE(node.ids("Straight ahead, record 0"), (std::vector<int>{771, 925, 135, 993}));
    QCOMPARE(node.desc.classes.size(), std::int64_t{1001});
    const TextNode runs("hash_tokens", {{"tokens", std::string("char_ngrams")}, {"length", std::int64_t{3}}});
    QCOMPARE(runs.ids("any text").size(), std::size_t{3});
    QVERIFY(runs.ids(" \t ").empty());
    std::map<int, int> met;
    for (int i = 0; i < 20000; ++i) ++met[node.ids("word" + std::to_string(i)).front()];
    QVERIFY(met.size() == 1000 && met.begin()->first == 1 && met.rbegin()->first == 1000);
    for (const auto& [id, times] : met) QVERIFY2(times > 2 && times < 60, QByteArray::number(id));
  }

  void texts_are_brought_to_one_form_data() {
    QTest::addColumn<QString>("form");
    QTest::addColumn<bool>("lower");
    QTest::addColumn<bool>("strip");
    QTest::addColumn<bool>("squeeze");
    QTest::addColumn<QByteArray>("in");
    QTest::addColumn<QByteArray>("out");
    const auto row = [](const char* name, const char* form, bool lower, bool strip, bool squeeze, const char* in,
                        const char* out) {
      QTest::newRow(name) << form << lower << strip << squeeze << QByteArray(in) << QByteArray(out);
    };
    row("ascii as it is", "nfc", false, false, false, " A  b\t", " A  b\t");
    row("ascii", "nfkc", true, true, true, " A  b\t\nC ", "a b c");
    row("composed", "nfc", false, false, false, "e\u0301", "\u00E9");
    row("left alone", "none", false, false, false, "e\u0301", "e\u0301");
    row("ligature", "nfkc", false, false, false, "\uFB01n \uFF21\u00B2", "fin A2");
    row("ligature stays", "nfc", false, false, false, "\uFB01n", "\uFB01n");
    row("accents", "nfc", false, true, false, "Cr\u00E8me br\u00FBl\u00E9e \u0142", "Creme brulee \u0142");
    row("lower", "nfc", true, false, false, "STRASSE \u00C4\u0130 \u039F\u03A3", "strasse \u00E4i\u0307 \u03BF\u03C2");
    row("white space", "nfc", false, false, true, "\u00A0\u00E9\u2003\u3000x\u00A0", "\u00E9 x");
    row("no UTF-8", "nfc", false, false, false, "a\xFF\u00E9", "a\uFFFD\u00E9");
    row("nothing", "nfc", true, true, true, "", "");
  }
  void texts_are_brought_to_one_form() {
    QFETCH(QString, form);
    QFETCH(bool, lower);
    QFETCH(bool, strip);
    QFETCH(bool, squeeze);
    QFETCH(QByteArray, in);
    QFETCH(QByteArray, out);
    const TextNode node(
        "normalise_text",
        {{"form", form.toStdString()}, {"lower", lower}, {"strip_accents", strip}, {"squeeze", squeeze}});
    QCOMPARE(QByteArray::fromStdString(node.text(in.toStdString())), out);
    std::string longer;  // buffers grow
    for (int i = 0; i < 200; ++i) longer += in.toStdString();
    QVERIFY(node.text(longer).size() >= node.text(in.toStdString()).size());
  }

  void padding_has_one_length() {
    Datum in;
    auto* to = reinterpret_cast<std::int32_t*>(in.allocate(DType::I32, {5}));
    for (int i = 0; i < 5; ++i) to[i] = i + 1;
    const auto padded = [&](std::int64_t length, const char* keep) {
      Datum out;
      const auto done = run_node("pad_truncate", {{"length", length}, {"keep", std::string(keep)}}, in, out);
      if (!done) qFatal("%s", done.error().line().c_str());
      return std::vector<int>(out.as<std::int32_t>(), out.as<std::int32_t>() + out.dim(0));
    };
    QCOMPARE(padded(7, "start"), (std::vector<int>{1, 2, 3, 4, 5, 0, 0}));
    QCOMPARE(padded(3, "start"), (std::vector<int>{1, 2, 3}));
    QCOMPARE(padded(3, "end"), (std::vector<int>{3, 4, 5}));
    QCOMPARE(padded(7, "end"), (std::vector<int>{1, 2, 3, 4, 5, 0, 0}));
  }

  void text_columns_are_joined() {
    const std::vector<Column> columns = {{.name = "title", .dtype = DType::U8, .type = ColumnType::Text},
                                         {.name = "price", .dtype = DType::F64},
                                         {.name = "about", .dtype = DType::U8, .type = ColumnType::Text}};
    const TensorDesc row{.kind = Kind::Row, .dtype = DType::U8, .shape = {Dim::symbol("bytes")}, .columns = columns};
    const NodeSpec& spec = *Registry::instance().find("text_column");
    const auto taken = [&](const ParamMap& set, bool missing) {
      const ParamMap params = spec.complete(set);
      const TensorDesc* const desc = &row;
      const auto op = spec.sample_op(params, std::span(&desc, 1));
      if (!op) qFatal("%s", op.error().line().c_str());
      Datum in;
      RowWriter cells(in, 3, 8);
      cells.text(0, "Hat");
      cells.number(1, 3);
      if (missing)
        cells.missing_text(2);
      else
        cells.text(2, "Warm.");
      Datum out;
      const Datum* const from = &in;
      Datum* const to = &out;
      OpContext context{.rng = Rng(1, 1, 1, 1)};
      if (!(*op)->run(std::span(&from, 1), std::span(&to, 1), context)) qFatal("it does not run");
      return std::string(out.as<char>(), out.bytes());
    };
    const auto names = [](std::initializer_list<const char*> list) {
      ValueList columns_named;
      for (const char* name : list) columns_named.emplace_back(std::string(name));
      return columns_named;
    };
    QCOMPARE(taken({}, false), std::string("Hat Warm."));
    QCOMPARE(taken({}, true), std::string("Hat"));
    QCOMPARE(taken({{"columns", names({"about", "title"})}, {"joint", std::string(" | ")}}, false),
             std::string("Warm. | Hat"));
    QCOMPARE(taken({{"columns", names({"price", "title"})}}, false), std::string("3 Hat"));
    QVERIFY(refusal("text_column", {{"columns", names({"titel"})}}, row).remedy.find("title") != std::string::npos);
    TensorDesc unknown = row;
    unknown.columns.clear();  // before the table is open
    QVERIFY(refusal("text_column", {{"columns", names({"titel"})}}, unknown).reason.empty());
  }

  void sentence_pieces_are_learnt_or_given() {
    std::vector<std::string> texts;
    for (int i = 0; i < 60; ++i)
      for (const std::string& text : texts_of(wanted_values()["texts"]))
        if (i % 3 == 0 || text.size() % 3 == static_cast<std::size_t>(i % 3)) texts.push_back(text);
    const TextNode learnt("sentencepiece", {{"size", std::int64_t{120}}}, texts);
    QVERIFY(learnt.desc.classes.size() <= 120 && learnt.desc.classes.size() > 60);
    const TextNode again("sentencepiece", {{"size", std::int64_t{120}}}, texts);
    QVERIFY(again.state == learnt.state);
    const std::vector<int> ids = learnt.ids("The dog didn't jump.");
    QVERIFY(ids.size() > 3);
    for (const int id : ids) QVERIFY(id > 1 && id < learnt.desc.classes.size());
    QVERIFY(learnt.ids("").empty());

    QTemporaryDir folder;
    const auto bytes = learnt.state.at("model").numbers<std::uint8_t>();
    const QString file = folder.filePath("own.model");
    write_file(file, QByteArray(reinterpret_cast<const char*>(bytes->data()), static_cast<qsizetype>(bytes->size())));
    const TextNode given("sentencepiece", {{"file", file.toStdString()}});
    QCOMPARE(given.ids("The dog didn't jump."), ids);
    QCOMPARE(given.desc.classes.size(), learnt.desc.classes.size());

    // The window's thread opens no file: it is told what another has found.
    const NodeSpec& spec = *Registry::instance().find("sentencepiece");
    const auto described = [&](const QString& path) {
      const TensorDesc* const text = &kText;
      return spec.infer(spec.complete({{"file", path.toStdString()}}), std::span(&text, 1));
    };
    const QString same = folder.filePath("same.model");
    QVERIFY(QFile::copy(file, same));
    {
      const AskLater no_files;
      QVERIFY(described(same).has_value() && described(same)->front().shape.empty());
    }
    QVERIFY(described(same).has_value());
    QVERIFY(QFile::remove(same));
    {
      const AskLater no_files;
      QCOMPARE(described(same)->front().classes.size(), learnt.desc.classes.size());
    }
    QVERIFY(!described(same).has_value());
    const AskLater no_files_now;
    QVERIFY(!described(same).has_value());  // why it is none is remembered too
  }

  void what_is_no_model_is_refused() {
    QTemporaryDir folder;
    const QString file = folder.filePath("own.model");
    write_file(file, "no model of anything");
    QCOMPARE(refusal("sentencepiece", {{"file", file.toStdString()}}).parameter, std::string("file"));
    QCOMPARE(refusal("sentencepiece", {{"file", folder.filePath("none").toStdString()}}).parameter,
             std::string("file"));
    const std::vector<std::string> texts = texts_of(wanted_values()["texts"]);
    QVERIFY(!learn_sentence_pieces(texts, {.algorithm = "bpe", .size = 8}));  // fewer than there are characters
  }

  void faults_are_told() {
    TensorDesc picture = standard_desc(Kind::Image);
    for (const char* type : {"vocabulary", "tf_idf", "hash_tokens", "normalise_text", "sentencepiece"}) {
      QCOMPARE(refusal(type, {}, picture).port, std::string("text"));
      QVERIFY(!refusal(type, {}, picture).remedy.empty());
    }
    QCOMPARE(refusal("vocabulary", {{"tokens", std::string("char_ngrams")}, {"shortest", std::int64_t{9}}}).parameter,
             std::string("shortest"));
    QVERIFY(!refusal("pad_truncate", {}, kText).remedy.empty());
    const NodeSpec& spec = *Registry::instance().find("vocabulary");
    const TensorDesc* const desc = &kText;
    Datum text;
    text.set_bytes("once only");
    const Datum* const value = &text;
    const auto fitter = spec.fitter(spec.complete({}), std::span(&desc, 1));  // wants tokens that are met twice
    QVERIFY(fitter->add(std::span(&value, 1)));
    const auto state = fitter->finish();
    QVERIFY(!state && state.error().parameter == "least_count" && !state.error().remedy.empty());
  }
};

FEEDLINE_TEST(TestTextNodes)

}  // namespace test_text_nodes

#include "test_text_nodes.moc"
