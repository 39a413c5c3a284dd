// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/branches.h"
#include "diagnosis/verdict.h"
#include "support/test_program.h"

#include <QTest>

#include <cmath>

namespace test_branches {

using namespace feedline;

class TestBranches : public QObject {
  Q_OBJECT

  /// A picture and a text of one record: decode and resize lead to the image, text and words to the tokens.
  static RunFacts record_of_two() {
    RunFacts facts;
    facts.cores = 8;
    facts.execution.device = "cuda:0";
    facts.trainer_node = "trainer";
    facts.batch_node = "batch";
    facts.nodes = {{.id = "source", .role = Role::Source, .fields = {"image", "label", "tokens"}},
                   {.id = "decode", .fields = {"image"}},
                   {.id = "resize", .fields = {"image"}},
                   {.id = "text", .fields = {"tokens"}},
                   {.id = "words", .fields = {"tokens"}},
                   {.id = "marks", .fields = {"label"}}};
    return facts;
  }
  static Profile costs(double words) {
    Profile profile;
    const auto add = [&](const char* node, double cpu, double wait) {
      profile.nodes.push_back({.node = node,
                               .segment = profile.nodes.empty() ? 0U : 1U,
                               .cpu = cpu * 1e-3,
                               .wait = wait * 1e-3,
                               .bytes = 100,
                               .blocked = profile.nodes.empty() ? 0.8 : 0});
    };
    add("source", 0.1, 0);
    add("decode", 0.4, 0);
    add("resize", 0.2, 0);
    add("text", 0.5, 0.2);
    add("words", words, 0);
    add("marks", 0.05, 0);
    add("batch", 0.15, 0);
    return profile;
  }

 private Q_SLOTS:
  void costs_of_each() {
    const auto found = branch_costs(record_of_two(), costs(2.4));
    QCOMPARE(found.size(), std::size_t{2});  // no branch is the label's
    QCOMPARE(found[0].field, std::string("tokens"));
    QCOMPARE(found[0].slowest, std::string("words"));
    QVERIFY(std::abs(found[0].self - 3.1e-3) < 1e-9);
    QVERIFY(std::abs(found[0].slowest_self - 2.4e-3) < 1e-9);
    QVERIFY(std::abs(found[1].self - 0.6e-3) < 1e-9);
    const auto quick = branch_costs(record_of_two(), costs(0.0));
    QCOMPARE(quick[0].slowest, std::string("text"));  // 0.7 ms, waiting counted
    Profile pictures = costs(0.0);
    pictures.nodes[1].cpu = 5e-3;
    QCOMPARE(branch_costs(record_of_two(), pictures)[0].field, std::string("image"));
  }

  void sentence() {
    const Profile profile = costs(2.4);
    const auto found = branch_costs(record_of_two(), profile);
    QCOMPARE(branch_sentence(found, "tokens", profile),
             std::string("The branch to tokens takes 3.1 ms of 4 ms a record: words alone 2.4 ms."));
    QCOMPARE(branch_sentence(found, "label", profile), std::string());
  }

  /// One branch alone holds up nobody.
  void one_branch_is_none() {
    RunFacts facts = record_of_two();
    facts.nodes[3].fields = facts.nodes[4].fields = {"image"};
    QVERIFY(branch_costs(facts, costs(2.4)).empty());
  }

  /// The verdict on the loader rests on it.
  void verdict_tells_it() {
    Profile profile = costs(2.4);
    profile.steps = 100;
    profile.samples = 1000;
    profile.batch = 10;
    profile.step_alone = 1e-3;
    profile.samples_per_s = 1 / 3.7e-3;
    profile.seconds = 3.7;
    profile.step[Phase::Forward] = 10e-3;
    profile.step[Phase::Wait] = 27e-3;
    profile.idle_cores = 6;
    const Diagnosis found = diagnose(record_of_two(), profile);
    QCOMPARE(found.branches.size(), std::size_t{2});
    QCOMPARE(found.verdict.kind, VerdictKind::StragglingBranch);
    QCOMPARE(found.verdict.node, std::string("words"));
    QVERIFY2(found.verdict.text().find("The branch to tokens takes 3.1 ms of 4 ms a record: words alone 2.4 ms.") !=
                 std::string::npos,
             found.verdict.text().c_str());
  }
};

FEEDLINE_TEST(TestBranches)

}  // namespace test_branches

#include "test_branches.moc"
