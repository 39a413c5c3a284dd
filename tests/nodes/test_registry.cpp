// SPDX-License-Identifier: GPL-3.0-or-later
// What holds for every node, one row a registered node and test. Nothing is listed by hand: a new node is tested as
// soon as its file exists, and fails here if it lacks text, an example or a fixture.
#include "engine/preview_view.h"
#include "graph/edit.h"
#include "graph/json.h"
#include "graph/validate.h"
#include "schema/registry.h"
#include "support/fixtures.h"
#include "support/standard_input.h"
#include "support/test_program.h"

#include <QFileInfo>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <set>
#include <thread>
#include <tuple>

namespace test_registry {

using namespace feedline;
using namespace feedline::test;

namespace {

constinit const KindTraits kSoundKind{
    .name = "sound", .title = "sound", .form = PreviewForm::Text, .words = [](std::span<const std::byte> value) {
      return std::to_string(value.size() / 4) + " samples";
    }};

void rows(const std::function<bool(const NodeSpec&)>& wanted) {
  QTest::addColumn<QString>("type");
  for (const NodeSpec* spec : Registry::instance().all())
    if (wanted(*spec)) QTest::newRow(spec->type.c_str()) << QString::fromStdString(spec->type);
}

const NodeSpec& spec_of_row() { return *Registry::instance().find(QTest::currentDataTag()); }

/// A text that says something: some words, ended like a sentence.
bool is_sentence(const std::string& text) { return text.size() >= 8 && (text.back() == '.' || text.back() == ')'); }

Document document_with(const NodeSpec& spec, const ParamMap& params) {
  Document document;
  const auto done =
      document.apply({AddNode{Node{.id = "it", .type = spec.type, .version = spec.version, .params = params}}});
  if (!done) qFatal("%s", done.error().line().c_str());
  return document;
}

/// Values that a parameter must refuse.
std::vector<Value> forbidden(const ParamSpec& param) {
  std::vector<Value> values = {RawJson{"[1]"}};
  const bool integer = param.kind == ParamKind::Integer || param.kind == ParamKind::Seed;
  const auto add = [&](double number) {
    if (integer)
      values.emplace_back(static_cast<std::int64_t>(number));
    else
      values.emplace_back(number);
  };
  if (std::isfinite(param.hard_max)) add(param.hard_max + std::max(1.0, std::abs(param.hard_max)));
  if (std::isfinite(param.hard_min)) add(param.hard_min - std::max(1.0, std::abs(param.hard_min)));
  if (param.kind == ParamKind::Real) values.push_back(std::nan(""));
  if (param.kind == ParamKind::Choice) values.push_back(std::string("no such choice"));
  if (param.required) values.push_back(std::string());
  return values;
}

}  // namespace

class TestRegistry : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void there_are_nodes() { QVERIFY(Registry::instance().all().size() > 20); }

  void documented_data() {
    rows([](const NodeSpec&) { return true; });
  }
  void documented() {
    const NodeSpec& spec = spec_of_row();
    static const QRegularExpression snake("^[a-z][a-z0-9]*(_[a-z0-9]+)*$");
    QVERIFY(snake.match(QString::fromStdString(spec.type)).hasMatch());
    QVERIFY2(!spec.title.empty(), "no title");
    QVERIFY2(is_sentence(spec.summary), "the summary is no sentence");
    QVERIFY2(is_sentence(spec.help) && spec.help.size() >= 80, "the help is too short");
    std::set<std::string> ports;
    for (const PortSpec& port : spec.inputs) QVERIFY2(ports.insert(port.name).second, port.name.c_str());
    ports.clear();
    for (const PortSpec& port : spec.outputs) QVERIFY2(ports.insert(port.name).second, port.name.c_str());
    for (const auto* list : {&spec.inputs, &spec.outputs})
      for (const PortSpec& port : *list) {
        QVERIFY2(snake.match(QString::fromStdString(port.name)).hasMatch(), port.name.c_str());
        QVERIFY2(is_sentence(port.doc), ("no doc for port " + port.name).c_str());
      }
    std::set<std::string> names;
    for (const ParamSpec& param : spec.params) {
      QVERIFY2(names.insert(param.name).second, param.name.c_str());
      QVERIFY2(snake.match(QString::fromStdString(param.name)).hasMatch(), param.name.c_str());
      QVERIFY2(is_sentence(param.doc), ("no doc for parameter " + param.name).c_str());
    }
  }

  void parameters_are_in_range_data() { documented_data(); }
  void parameters_are_in_range() {
    for (const ParamSpec& param : spec_of_row().params) {
      if (!param.required) QVERIFY2(param.check(param.default_value), param.name.c_str());
      QVERIFY2(param.hard_min <= param.ui_min && param.ui_min <= param.ui_max && param.ui_max <= param.hard_max,
               param.name.c_str());
      if (param.kind == ParamKind::Integer || param.kind == ParamKind::Real)
        QVERIFY2(std::isfinite(param.hard_min) && std::isfinite(param.hard_max),
                 (param.name + " has no hard range").c_str());
      if (param.kind == ParamKind::Choice) QVERIFY2(param.choices.size() > 1, param.name.c_str());
      if (!param.required)
        QVERIFY2(param.parse(to_text(param.default_value)) == param.default_value, (param.name + " as text").c_str());
    }
    for (const auto& [name, value] : spec_of_row().example) {
      const ParamSpec* param = spec_of_row().param(name);
      QVERIFY2(param != nullptr && param->check(value), ("example of " + name).c_str());
    }
  }

  void bad_values_are_refused_by_name_data() { documented_data(); }
  void bad_values_are_refused_by_name() {
    const NodeSpec& spec = spec_of_row();
    for (const ParamSpec& param : spec.params)
      for (const Value& value : forbidden(param)) {
        const auto checked = param.check(value);
        QVERIFY2(!checked, (param.name + " takes " + to_text(value)).c_str());
        QCOMPARE(checked.error().parameter, param.name);
        QVERIFY(!checked.error().remedy.empty());
        if (const auto* real = std::get_if<double>(&value); real != nullptr && std::isnan(*real))
          continue;  // no document holds it
        const Analysis analysis = analyse(document_with(spec, {{param.name, value}}));
        const bool named = std::any_of(analysis.problems.begin(), analysis.problems.end(), [&](const Problem& problem) {
          return problem.error.node == "it" && problem.error.parameter == param.name;
        });
        QVERIFY2(named, ("validation does not name it." + param.name).c_str());
      }
  }

  void survives_json_data() { documented_data(); }
  void survives_json() {
    const NodeSpec& spec = spec_of_row();
    ParamMap params = spec.complete(spec.example);
    for (const ParamSpec& param : spec.params)
      if (param.required) params[param.name] = std::string("/data/Ünï \"quoted\"\\x");
    const Document document = document_with(spec, params);
    const std::string text = to_json(document);
    const auto loaded = from_json(text);
    QVERIFY2(loaded, loaded ? "" : loaded.error().line().c_str());
    QVERIFY(loaded->document == document);
    QVERIFY(loaded->notes.empty());
    QCOMPARE(to_json(loaded->document), text);
  }

  void sample_data() {
    rows([](const NodeSpec& spec) { return spec.role == Role::Sample; });
  }
  void sample() {
    const NodeSpec& spec = spec_of_row();
    QVERIFY2(spec.golden.has_value(), "give the node an .example() with a Golden");
    for (const bool training : {true, false})
      for (const ParamMap& params : {spec.example, ParamMap{}}) {
        StandardRun run(spec);
        const auto inferred = run.infer(params);
        QVERIFY2(inferred, inferred ? "" : inferred.error().line().c_str());
        const auto done = run.run(params, Rng(7, 1, 3, 5), training);
        QVERIFY2(done, done ? "" : done.error().line().c_str());
        QCOMPARE(inferred->size(), run.out().size());
        for (std::size_t i = 0; i < inferred->size(); ++i) {
          QVERIFY2((*inferred)[i].kind == spec.outputs[i].kind || spec.outputs[i].kind == Kind::Any,
                   "another kind than its port");
          QVERIFY2(mismatch((*inferred)[i], run.out()[i]).isEmpty(),
                   qPrintable(mismatch((*inferred)[i], run.out()[i])));
        }
      }
  }

  void golden_data() { sample_data(); }
  void golden() {
    const NodeSpec& spec = spec_of_row();
    QVERIFY(spec.golden.has_value());
    StandardRun run(spec);
    QVERIFY(run.run(spec.example, Rng(7, 1, 3, 5), true));
    const SnapshotHistory found = moments(run.out().front());
    const QByteArray told = QByteArray::number(found.mean, 'g', 8) + ", " + QByteArray::number(found.stddev, 'g', 8);
    QVERIFY2(std::abs(found.mean - spec.golden->mean) <= spec.golden->tolerance, told);
    QVERIFY2(std::abs(found.stddev - spec.golden->stddev) <= spec.golden->tolerance, told);
  }

  void same_seed_same_bytes_data() { sample_data(); }
  void same_seed_same_bytes() {
    const NodeSpec& spec = spec_of_row();
    std::set<std::string> training;
    std::set<std::string> validation;
    for (std::uint64_t record = 0; record < 32; ++record)
      for (int again = 0; again < 2; ++again) {
        StandardRun run(spec);
        QVERIFY(run.run({}, Rng(7, 1, record, 5), true));
        training.insert(content(run.out().front()));
        QVERIFY(run.run({}, Rng(7, 1, record, 5), false));
        validation.insert(content(run.out().front()));
        QVERIFY2(training.size() <= record + 1, "the same random numbers gave other bytes");
      }
    QCOMPARE(training.size() > 1, spec.random);
    QCOMPARE(validation.size(), std::size_t{1});
  }

  /// One that was used before learns what a fresh one learns.
  static void check_reset(const NodeSpec& spec, DescInputs in) {
    const auto show = [&](Fitter& to, std::uint64_t variant) {
      std::vector<Datum> data(spec.inputs.size());
      std::vector<const Datum*> values;
      for (std::size_t i = 0; i < data.size(); ++i) {
        fill_standard(spec.inputs[i].kind, variant, data[i]);
        values.push_back(&data[i]);
      }
      return to.add(values).has_value();
    };
    const auto used = spec.fitter(spec.fitted_example, in);
    const auto fresh = spec.fitter(spec.fitted_example, in);
    QVERIFY(show(*used, 1));
    if (!used->reset()) return;
    for (const std::uint64_t variant : {0U, 4U}) {  // one record has no variance to learn from
      QVERIFY(show(*used, variant) && show(*fresh, variant));
      const auto found = used->finish();
      const auto wanted = fresh->finish();
      QCOMPARE(found.has_value(), wanted.has_value());
      if (!found) continue;
      QVERIFY2(*found == *wanted, "reset() leaves something of the record before");
      return;
    }
    QFAIL("it learns nothing from two records");
  }

  void fitted_data() {
    rows([](const NodeSpec& spec) { return spec.fitter != nullptr; });
  }
  /// What holds for every node that learns from the training records.
  void fitted() {
    const NodeSpec& spec = spec_of_row();
    QVERIFY2(!spec.fitted_example.empty(), "give the node a .fitted_example()");
    StandardRun run(spec);
    const auto inferred = run.infer(spec.fitted_example);
    QVERIFY2(inferred, inferred ? "" : inferred.error().line().c_str());
    const auto done = run.run(spec.fitted_example, Rng(7, 1, 3, 5), true);
    QVERIFY2(done, done ? "" : done.error().line().c_str());
    for (std::size_t i = 0; i < inferred->size(); ++i)
      QVERIFY2(mismatch((*inferred)[i], run.out()[i]).isEmpty(), qPrintable(mismatch((*inferred)[i], run.out()[i])));

    const auto learnt = learn_from_standard(spec, spec.fitted_example, 5);
    QVERIFY(learnt && !learnt->empty());
    QVERIFY2(*learnt == *learn_from_standard(spec, spec.fitted_example, 5), "the same records taught something else");
    QVERIFY2(*learnt != *learn_from_standard(spec, spec.fitted_example, 4), "it does not learn");
    for (const auto& [name, value] : *learnt) {
      QVERIFY2(name.find('.') == std::string::npos, name.c_str());
      QCOMPARE(value.data.size(), bytes_of(value.type, value.shape).value_or(0));
    }
    std::vector<TensorDesc> descs;
    std::vector<const TensorDesc*> in;
    for (const PortSpec& port : spec.inputs) descs.push_back(standard_desc(port.kind));
    for (const TensorDesc& desc : descs) in.push_back(&desc);
    QVERIFY2(!spec.sample_op(spec.fitted_example, in), "it runs before it was fitted");
    QVERIFY2(!spec.fitted_op(spec.fitted_example, in, {}), "it runs on what it did not learn");
    QVERIFY2(!spec.fitter(spec.fitted_example, in)->finish(), "it has learnt from nothing");
    check_reset(spec, in);
    if (!spec.learnt) return;
    const auto described = spec.learnt(spec.fitted_example, in, *learnt);
    QVERIFY2(described, described ? "" : described.error().line().c_str());
    QCOMPARE(described->size(), inferred->size());
    for (std::size_t i = 0; i < described->size(); ++i) {
      const TensorDesc& exact = (*described)[i];
      const TensorDesc& before = (*inferred)[i];
      QVERIFY2(mismatch(exact, run.out()[i]).isEmpty(), qPrintable(mismatch(exact, run.out()[i])));
      QVERIFY2(exact.classes.known(), "how many ids there are is known once it has learnt");
      QVERIFY2(exact.kind == before.kind && exact.dtype == before.dtype && exact.layout == before.layout &&
                   exact.shape.size() == before.shape.size(),
               "it is described as something else once it has learnt");
      for (std::size_t d = 0; d < exact.shape.size(); ++d) QVERIFY(exact.shape[d].agrees_with(before.shape[d]));
    }
    QVERIFY2(*described != *inferred, "leave learnt() out: infer() says it all");
    QVERIFY2(!spec.learnt(spec.fitted_example, in, {}), "it is described by what it did not learn");
  }

  void source_data() {
    rows([](const NodeSpec& spec) { return spec.role == Role::Source; });
  }
  void source() {
    const NodeSpec& spec = spec_of_row();
    QVERIFY2(spec.fixture, "give the source a .fixture()");
    QTemporaryDir folder;
    const ParamMap params = spec.fixture(folder.path().toStdString());
    const auto opened = open_source(spec.type, params, folder.filePath("cache"));
    QVERIFY2(opened, opened ? "" : opened.error().line().c_str());
    const Source& source = **opened;
    QVERIFY(source.size() > 1);

    const auto before = spec.infer(params, {});
    QVERIFY(before);
    QCOMPARE(source.outputs().size(), spec.outputs.size());
    QCOMPARE(before->size(), spec.outputs.size());
    for (std::size_t i = 0; i < spec.outputs.size(); ++i) {
      const TensorDesc& exact = source.outputs()[i];
      QCOMPARE(exact.kind, spec.outputs[i].kind);
      QCOMPARE((*before)[i].kind, exact.kind);
      QCOMPARE((*before)[i].dtype, exact.dtype);
      QCOMPARE((*before)[i].shape.size(), exact.shape.size());
      QVERIFY((*before)[i].classes.agrees_with(exact.classes));
      if (exact.kind == Kind::Label && exact.classes.size() > 0)
        QCOMPARE(exact.class_names.size(), static_cast<std::size_t>(exact.classes.size()));
    }
    read_everything(source);
  }

  /// Its traits are all that there is to a kind: texts and previews ask nothing else.
  void a_kind_is_its_traits() {
    const Kind sound = kSoundKind;
    QVERIFY(sound != Kind::Any && sound == Kind(kSoundKind) && is_per_record(sound));
    const TensorDesc desc{.kind = sound, .dtype = DType::F32, .shape = {3}};
    QCOMPARE(desc.text(), std::string("f32 3"));
    PreviewValue value{.desc = desc, .data = std::vector<std::byte>(12)};
    QCOMPARE(form_of(value), PreviewForm::Text);
    QCOMPARE(words_of(value), std::string("3 samples"));
    value.desc.kind = Kind::Features;
    QCOMPARE(form_of(value), PreviewForm::Numbers);
  }

  void every_type_of_number_is_told() {
    const auto told = [](DType type, auto... numbers) {
      PreviewValue value{
          .desc = {.kind = Kind::Tokens, .dtype = type, .shape = {static_cast<int>(sizeof...(numbers))}}};
      const auto add = [&](auto number) {
        const auto* bytes = reinterpret_cast<const std::byte*>(&number);
        value.data.insert(value.data.end(), bytes, bytes + sizeof number);
        return sizeof number == size_of(type);
      };
      if (!(add(numbers) && ...)) qFatal("another size");
      return QString::fromStdString(std::string(name(type)) + ": " + words_of(value));
    };
    QCOMPARE(told(DType::Bool, true, false), QString("bool: yes no"));
    QCOMPARE(told(DType::F64, 0.1, -2e300), QString("f64: 0.1 -2e+300"));
    using Half = std::uint16_t;
    QCOMPARE(told(DType::F16, Half{0x3C00}, Half{0xC000}, Half{0x3555}, Half{0x0001}, Half{0x7BFF}, Half{0xFC00}),
             QString("f16: 1 -2 0.333252 5.96046e-08 65504 -inf"));
    QCOMPARE(told(DType::I64, std::int64_t{-3}), QString("i64: -3"));
  }

  void columns_are_told_by_name() {
    PreviewValue value{
        .desc = {.kind = Kind::Features,
                 .dtype = DType::F32,
                 .shape = {3},
                 .columns = {
                     {.name = "age"}, {.name = "member", .dtype = DType::Bool}, {.name = "height", .missing = true}}}};
    const float numbers[] = {31.5F, 1, std::nanf("")};
    value.data.assign(reinterpret_cast<const std::byte*>(numbers), reinterpret_cast<const std::byte*>(numbers + 3));
    QCOMPARE(form_of(value), PreviewForm::Text);
    QCOMPARE(words_of(value), std::string("age 31.5\nmember yes\nheight missing"));
  }

  void every_kind_is_told_apart() {
    const auto& kinds = KindTable::instance().all();
    QVERIFY(kinds.size() >= 12);
    std::set<std::string_view> names;
    std::set<std::tuple<std::uint32_t, std::uint32_t, SocketShape>> looks;
    for (const Kind kind : kinds) {
      QVERIFY2(names.insert(kind->name).second, kind->name.data());
      QVERIFY2(looks.insert({kind->on_light, kind->on_dark, kind->socket}).second, kind->name.data());
      QVERIFY(!kind->title.empty() && is_sentence(std::string(kind->field_doc)) && !kind->size_remedy.empty());
      QVERIFY(kind_named(kind->name) == kind);
      QVERIFY(kind->sized || !kind->per_record);
    }
    QVERIFY(!kind_named("picture"));
    QVERIFY(kinds.front() == Kind::Any);
    QVERIFY(!is_per_record(Kind::Tensor) && is_per_record(Kind::Label));
  }

 private:
  static void read_everything(const Source& source) {
    const std::size_t ports = source.outputs().size();
    const auto read = [&](std::uint64_t index) {
      std::vector<Datum> data(ports);
      std::vector<Datum*> out;
      for (Datum& datum : data) out.push_back(&datum);
      if (!source.read(index, out)) return std::string("unreadable");
      std::string all;
      for (std::size_t i = 0; i < ports; ++i)
        all += mismatch(source.outputs()[i], data[i]).toStdString() + content(data[i]);
      return all;
    };
    std::vector<std::string> sequential;
    for (std::uint64_t index = 0; index < source.size(); ++index) {
      sequential.push_back(read(index));
      QVERIFY2(sequential.back() != "unreadable", std::to_string(index).c_str());
      QVERIFY2(!sequential.back().starts_with("described as"), sequential.back().substr(0, 200).c_str());
      const QString file = QString::fromStdString(source.locate(index)).section('#', 0, 0);
      QVERIFY2(QFileInfo(file).isFile(), qPrintable(file));
      const std::vector<Datum*> nothing(ports, nullptr);
      QVERIFY2(source.read(index, nothing), "a port that nobody wants must not matter");
    }
    std::atomic<int> wrong{0};
    {
      std::vector<std::jthread> readers;
      for (std::uint64_t t = 0; t < 4; ++t)
        readers.emplace_back([&, t] {
          for (std::uint64_t i = 0; i < 4 * source.size(); ++i) {
            const std::uint64_t index = (i * (2 * t + 1) + t) % source.size();
            if (read(index) != sequential[index]) ++wrong;
          }
        });
    }
    QCOMPARE(wrong.load(), 0);
  }
};

FEEDLINE_TEST(TestRegistry)

}  // namespace test_registry

#include "test_registry.moc"
