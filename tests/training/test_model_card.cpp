// SPDX-License-Identifier: GPL-3.0-or-later
// What a checkpoint says of the machine on which it was trained, and the model card of it.
#include "base/cores.h"
#include "export_case.h"
#include "exporting/export_files.h"
#include "support/small_data.h"
#include "support/test_program.h"
#include "training/machine_facts.h"
#include "training/report.h"

#include <QTest>

#include <algorithm>
#include <string>

namespace test_model_card {

using namespace feedline;
using namespace feedline::test;

class TestModelCard : public QObject {
  Q_OBJECT

  ExportFolder folder_{};

  TrainingState small_model() {
    const QString data = folder_.fresh();
    write_file(data + "/images", idx_images(48));
    write_file(data + "/labels", idx_labels(48));
    const QByteArray source =
        "{\"images\": \"" + (data + "/images").toUtf8() + "\", \"labels\": \"" + (data + "/labels").toUtf8() + "\"}";
    return folder_.trained(graph_with({node_of("source", "idx", source.constData()),
                                       node_of("normalise", "normalise", "{\"statistics\": \"fitted\"}"),
                                       node_of("flat", "flatten"), node_of("linear", "linear")},
                                      "source.image shuffle.sample, shuffle.sample normalise.image, normalise.image "
                                      "batch.image, batch.image flat.x, flat.y linear.x, linear.y loss.prediction"));
  }

  QByteArray card_of(const TrainingState& state) {
    const QString file = folder_.fresh() + "/card.md";
    const auto written = export_files(state, {}, {.card = file.toStdString()});
    return written ? read_file(file) : QByteArray::fromStdString(written.error().line());
  }

  static std::string value_of(const MachineFacts& facts, std::string_view name) {
    const auto found = std::find_if(facts.begin(), facts.end(), [&](const auto& fact) { return fact.first == name; });
    return found == facts.end() ? std::string() : found->second;
  }

 private Q_SLOTS:
  /// The checkpoint itself says it, so its card can be made anywhere.
  void tells_of_the_machine() {
    TrainingState state = small_model();
    const MachineFacts facts = machine_of(state);
    QCOMPARE(value_of(facts, "device"), std::string("cpu"));
    QVERIFY(value_of(facts, "cores").starts_with(std::to_string(usable_cores()) + " of "));
    for (const auto& [library, version] : library_versions()) QCOMPARE(value_of(facts, library), version);
    QVERIFY(value_of(facts, "host").empty());  // checkpoints are given to others
    const QByteArray card = card_of(state);
    QVERIFY2(card.contains("## Machine"), card.constData());
    QVERIFY2(card.contains("| libtorch | "), card.constData());

    state.texts.erase(std::string(kMachineText));  // as an older version wrote it; its run is in no record
    const QByteArray without = card_of(state);
    QVERIFY2(without.contains("## Training"), without.constData());
    QVERIFY(!without.contains("## Machine"));
  }

  void trusts_nothing() {
    TrainingState state = small_model();
    std::string& text = state.texts[std::string(kMachineText)];
    for (const char* damaged : {"", "[", "{}", "[1, [2, 3], [\"a\"], [\"a\", \"b\", \"c\"]]"}) {
      text = damaged;
      const QByteArray card = card_of(state);
      QVERIFY2(card.contains("## Training"), card.constData());
      QVERIFY2(!card.contains("## Machine"), damaged);
    }
    text = "[[\"processor\", \"<odd> | [x](y)\"]]";
    QVERIFY(card_of(state).contains("| processor | &lt;odd> \\| \\[x](y) |"));
  }
};

FEEDLINE_TEST(TestModelCard)

}  // namespace test_model_card

#include "test_model_card.moc"
