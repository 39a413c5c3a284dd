// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/cores.h"
#include "ranks/launch.h"
#include "ranks/local_address.h"
#include "ranks/meeting_place.h"
#include "ranks/rank_board.h"
#include "ranks/world.h"
#include "support/test_program.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>
#include <memory>

namespace test_ranks {

using namespace feedline;

namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

Result<World> world_with(const Variables& variables) {
  return world_from([&](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

Variables torchrun(Variables others = {}) {
  others.insert({{"RANK", "3"},
                 {"WORLD_SIZE", "4"},
                 {"LOCAL_RANK", "1"},
                 {"LOCAL_WORLD_SIZE", "2"},
                 {"MASTER_ADDR", "node0"},
                 {"MASTER_PORT", "29500"}});
  return others;
}

Variables slurm(Variables others = {}) {
  others.insert({{"SLURM_PROCID", "5"},
                 {"SLURM_STEP_NUM_TASKS", "7"},
                 {"SLURM_LOCALID", "1"},
                 {"SLURM_NODEID", "1"},
                 {"SLURM_STEP_TASKS_PER_NODE", "4,3"},
                 {"SLURM_STEP_NODELIST", "gpu[08-11,17],login"},
                 {"SLURM_JOB_ID", "4711"},
                 {"SLURM_STEP_ID", "2"}});
  return others;
}

/// Processes that run a line of the shell each, and what they said.
struct ShellLaunch {
  LaunchPlan plan{.program = "/bin/sh"};
  QStringList lines{};
  int signal = 0;

  explicit ShellLaunch(const std::string& script, int processes = 2) {
    plan.arguments = {"-c", script, "sh"};
    plan.processes = processes;
    plan.grace = std::chrono::milliseconds(300);
    plan.last_grace = std::chrono::milliseconds(300);
  }
  Result<LaunchEnd> run() {
    return launch(plan, {.signal = [this] { return signal; },
                         .line =
                             [this](std::string_view line) {
                               lines << QString::fromUtf8(line.data(), static_cast<qsizetype>(line.size()));
                             }});
  }
};

}  // namespace

class TestRanks : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void nothing_set_is_alone() {
    const auto world = world_with({});
    QVERIFY(world.has_value());
    QVERIFY(world->alone() && world->rank == 0);
    // The script of a Slurm job, outside of srun, is no rank.
    QVERIFY(world_with({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}, {"SLURM_JOB_ID", "1"}})->alone());
  }

  void torchrun_is_understood() {
    const auto world = world_with(torchrun({{"TORCHELASTIC_USE_AGENT_STORE", "True"},
                                            {"TORCHELASTIC_RESTART_COUNT", "2"},
                                            {"FEEDLINE_SECRET", "s"},
                                            {"FEEDLINE_PATIENCE", "7"}}));
    QVERIFY(world.has_value());
    QCOMPARE(world->rank, 3);
    QCOMPARE(world->size, 4);
    QCOMPARE(world->local_rank, 1);
    QCOMPARE(world->local_size, 2);
    QCOMPARE(world->master_address, std::string("node0"));
    QCOMPARE(world->master_port, std::uint16_t{29500});
    QVERIFY(world->store_elsewhere);
    QCOMPARE(world->restarts, 2);
    QCOMPARE(world->secret, std::string("s"));
    QCOMPARE(world->patience.count(), 7);
  }

  /// Kubernetes, and a script that sets no more than it must.
  void what_is_local_may_be_left_out() {
    const auto far =
        world_with({{"RANK", "1"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "pod-0.svc"}, {"MASTER_PORT", "23456"}});
    QVERIFY(far.has_value());
    QCOMPARE(far->local_rank, 0);
    QCOMPARE(far->local_size, 1);
    const auto here =
        world_with({{"RANK", "1"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "127.0.0.1"}, {"MASTER_PORT", "23456"}});
    QVERIFY(here.has_value());
    QCOMPARE(here->local_rank, 1);
    QCOMPARE(here->local_size, 2);
  }

  void slurm_is_understood() {
    const auto world = world_with(slurm());
    QVERIFY(world.has_value());
    QCOMPARE(world->rank, 5);
    QCOMPARE(world->size, 7);
    QCOMPARE(world->local_rank, 1);
    QCOMPARE(world->local_size, 3);
    QCOMPARE(world->master_address, std::string("gpu08"));
    const auto later = world_with(slurm({{"SLURM_STEP_ID", "3"}}));
    QVERIFY(world->master_port > 1024 && later->master_port != world->master_port);
    QCOMPARE(world_with(slurm({{"SLURM_STEP_TASKS_PER_NODE", "4(x2)"}}))->local_size, 4);
    QCOMPARE(world_with(slurm({{"SLURM_STEP_NODELIST", "a1,b2"}}))->master_address, std::string("a1"));
    QCOMPARE(world_with(slurm({{"MASTER_ADDR", "head"}, {"MASTER_PORT", "77"}}))->master_port, std::uint16_t{77});
  }

  void errors_name_the_variable_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("value");
    QTest::newRow("no number") << "RANK"
                               << "x3";
    QTest::newRow("too large") << "RANK"
                               << "4";
    QTest::newRow("no size") << "WORLD_SIZE"
                             << "";
    QTest::newRow("no such port") << "MASTER_PORT"
                                  << "70000";
    QTest::newRow("no address") << "MASTER_ADDR"
                                << "";
    QTest::newRow("more than all") << "LOCAL_WORLD_SIZE"
                                   << "5";
    QTest::newRow("not on this machine") << "LOCAL_RANK"
                                         << "2";
    QTest::newRow("no folder") << "FEEDLINE_STORE"
                               << "/nowhere/at/all";
    QTest::newRow("no time") << "FEEDLINE_PATIENCE"
                             << "0";
  }
  void errors_name_the_variable() {
    QFETCH(QString, name);
    QFETCH(QString, value);
    const auto world = world_with(torchrun({{name.toStdString(), value.toStdString()}}));
    QVERIFY(!world.has_value());
    QVERIFY2(world.error().reason.find(name.toStdString()) != std::string::npos, world.error().line().c_str());
    QVERIFY(!world.error().remedy.empty());
  }
  void a_size_without_rank_is_told() {
    const auto world = world_with({{"WORLD_SIZE", "2"}});
    QVERIFY(!world.has_value());
    QVERIFY(world.error().reason.find("RANK") != std::string::npos);
  }

  void ranks_listen_where_they_are_told_to() {
    World world{.size = 2, .local_size = 2, .master_address = "127.0.0.1", .master_port = 29500, .host = "here"};
    QCOMPARE(listening_address(world).value_or("none"), std::string("127.0.0.1"));
    world.interface_address = "lo";
    QCOMPARE(listening_address(world).value_or("none"), std::string("127.0.0.1"));
    world.interface_address = "no-such0";
    QVERIFY(!listening_address(world).has_value());
  }

  void the_first_loss_stands() {
    const QTemporaryDir folder;
    const auto one = open_board(folder.path().toStdString());
    const auto other = open_board(folder.path().toStdString());
    QVERIFY(one.has_value() && other.has_value());
    QCOMPARE((*other)->count_of(1), std::uint64_t{0});
    (*one)->beat(1, 5);
    (*one)->beat(0, RankBoard::kFinished);
    QCOMPARE((*other)->count_of(1), std::uint64_t{5});
    QCOMPARE((*other)->count_of(0), RankBoard::kFinished);
    QVERIFY(!(*other)->lost().has_value());
    (*one)->tell_lost({1, "was\nkilled"});
    (*other)->tell_lost({0, "is gone too"});
    const auto lost = (*other)->lost();
    QVERIFY(lost.has_value());
    QCOMPARE(lost->rank, 1);
    QCOMPARE(lost->why, std::string("was\nkilled"));
    QVERIFY(!open_board("/nowhere/at/all").has_value());
  }

  /// Each has its variables; what rank 1 says comes line by line, what it writes as a result does not.
  void processes_know_their_rank() {
    ShellLaunch launched(
        "[ $RANK = 0 ] || { echo result; "
        "printf \"$RANK of $WORLD_SIZE, $LOCAL_RANK of $LOCAL_WORLD_SIZE\\nand $1\" >&2; }; "
        "[ -d \"$FEEDLINE_STORE\" ] && [ ${#FEEDLINE_SECRET} = 32 ]");
    launched.plan.arguments.push_back("more");
    const auto end = launched.run();
    QVERIFY(end.has_value());
    QCOMPARE(end->exit_code, 0);
    QCOMPARE(launched.lines, (QStringList{"[rank 1] 1 of 2, 1 of 2", "[rank 1] and more"}));
  }

  /// Neighbours together, all of them used; none of their own where there are more processes than cores.
  void processes_have_their_part_of_the_cores() {
    const std::vector<int> cores = {2, 3, 4, 6, 7};
    QCOMPARE(cores_of_part(cores, 0, 2), (std::vector<int>{2, 3}));
    QCOMPARE(cores_of_part(cores, 1, 2), (std::vector<int>{4, 6, 7}));
    QCOMPARE(cores_of_part(cores, 4, 5), (std::vector<int>{7}));
    QVERIFY(cores_of_part(cores, 0, 6).empty() && cores_of_part(cores, 0, 1).empty());
  }

  void machines_count_their_ranks_on() {
    ShellLaunch launched("echo $RANK/$WORLD_SIZE $MASTER_ADDR:$MASTER_PORT >&2");
    launched.plan.machines = 2;
    launched.plan.machine = 1;
    launched.plan.meeting_host = "node0";
    launched.plan.meeting_port = 4711;
    QVERIFY(launched.run().has_value());
    launched.lines.sort();
    QCOMPARE(launched.lines, (QStringList{"[rank 2] 2/4 node0:4711", "[rank 3] 3/4 node0:4711"}));
  }

  void one_that_dies_ends_all() {
    // Rank 0 stays although it is asked to go; rank 1 is killed.
    ShellLaunch launched("[ $RANK = 1 ] && kill -9 $$; trap '' TERM; while :; do sleep 0.1; done");
    const auto end = launched.run();
    QVERIFY(end.has_value());
    QCOMPARE(end->exit_code, 3);
    QCOMPARE(end->failures.size(), std::size_t{2});
    QVERIFY2(end->failures[0].starts_with("rank 1 ") && end->failures[0].find("signal 9") != std::string::npos,
             end->failures[0].c_str());
  }

  /// The others read on the board why one died.
  void the_board_tells_who_died() {
    ShellLaunch launched(
        "[ $RANK = 2 ] && kill -9 $$; for i in 1 2 3 4 5 6 7 8 9; do "
        "[ -e $FEEDLINE_STORE/lost ] && { grep killed $FEEDLINE_STORE/lost >&2; exit 3; }; sleep 0.1; done",
        3);
    launched.plan.grace = std::chrono::seconds(20);
    const auto end = launched.run();
    QVERIFY(end.has_value());
    QCOMPARE(end->exit_code, 3);
    QVERIFY2(launched.lines.join('|').contains("[rank 1] was killed by signal 9"),
             qPrintable(launched.lines.join('|')));
  }

  /// Before they have met, too, and in its own words: who waits for it to come reads that it will not.
  void the_board_tells_who_will_not_come_data() {
    QTest::addColumn<QString>("end");
    QTest::addColumn<QString>("told");
    QTest::newRow("refuses") << "echo 'error: FEEDLINE_PATIENCE is no number' >&2; echo more >&2; exit 2"
                             << "has ended early: its input is refused: FEEDLINE_PATIENCE is no number";
    QTest::newRow("fails") << "echo 'no library' >&2; exit 3"
                           << "ended with exit code 3: no library";
    QTest::newRow("says nothing") << "exit 1"
                                  << "ended with exit code 1";
    QTest::newRow("does nothing") << "exit 0"
                                  << "ended with exit code 0";
  }
  void the_board_tells_who_will_not_come() {
    QFETCH(QString, end);
    QFETCH(QString, told);
    ShellLaunch launched(
        "[ $RANK = 1 ] && { " + end.toStdString() +
            "; }; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do "
            "[ -e $FEEDLINE_STORE/lost ] && { tail -n +2 $FEEDLINE_STORE/lost >&2; exit 0; }; sleep 0.1; "
            "done",
        3);
    launched.plan.grace = std::chrono::seconds(20);
    QVERIFY(launched.run().has_value());
    QVERIFY2(launched.lines.contains("[rank 2] " + told), qPrintable(launched.lines.join('|')));
  }

  /// Stopped, it cannot end by itself: it is not waited for as long as for others.
  void one_that_is_given_up_is_ended() {
    ShellLaunch launched(
        "[ $RANK = 1 ] && kill -STOP $$; printf '1\\nhas not been heard of' > $FEEDLINE_STORE/lost; exit 3");
    launched.plan.grace = std::chrono::hours(1);
    const auto end = launched.run();
    QVERIFY(end.has_value());
    QCOMPARE(end->exit_code, 3);
    QVERIFY2(end->failures.back().starts_with("rank 1 "), end->failures.back().c_str());
  }

  void refused_input_is_no_failed_run() {
    const auto end = ShellLaunch("exit 2").run();
    QVERIFY(end.has_value());
    QCOMPARE(end->exit_code, 2);
    QCOMPARE(end->attempts, 1);
    QCOMPARE(ShellLaunch("exit $((2 + RANK))").run()->exit_code, 3);
  }

  void signals_are_passed_on() {
    ShellLaunch launched("trap 'echo stopping >&2; exit 130' INT; while :; do sleep 0.05; done");
    launched.plan.grace = std::chrono::seconds(20);
    // Once the traps are set: asked for the first time, the launcher has just started them.
    int asked = 0;
    const auto end =
        launch(launched.plan,
               {.signal = [&] { return ++asked > 20 ? SIGINT : 0; },
                .line = [&](std::string_view line) { launched.lines << QString::fromStdString(std::string(line)); }});
    QVERIFY(end.has_value());
    QCOMPARE(end->exit_code, 130);
    QCOMPARE(launched.lines, QStringList{"[rank 1] stopping"});
  }

  void failed_ranks_start_again() {
    ShellLaunch launched("[ $TORCHELASTIC_RESTART_COUNT = 2 ] || exit 3; [ $RANK = 0 ] || echo $1 >&2");
    launched.plan.restarts = 3;
    launched.plan.when_restarted = {"--resume"};
    const auto end = launched.run();
    QVERIFY(end.has_value());
    QCOMPARE(end->exit_code, 0);
    QCOMPARE(end->attempts, 3);
    QVERIFY(launched.lines.contains("starting all ranks again (2 of 3)"));
    QCOMPARE(launched.lines.last(), QString("[rank 1] --resume"));
  }

  /// As the window does: the others alone are started, where it meets them.
  void the_first_rank_may_be_this_process() {
    auto made = MeetingPlace::make();
    QVERIFY(made.has_value());
    std::shared_ptr<const MeetingPlace> place = std::move(*made);
    const auto world = place->first_of(3);
    QVERIFY2(world.has_value(), world ? "" : world.error().line().c_str());
    QVERIFY(world->rank == 0 && world->size == 3 && world->local_size == 3 && world->store_folder == place->folder());
    ShellLaunch launched("[ -d $FEEDLINE_STORE ] && echo $RANK of $WORLD_SIZE $FEEDLINE_SECRET >&2", 3);
    launched.plan.leads = place;
    const auto end = launched.run();
    QVERIFY(end.has_value());
    QCOMPARE(end->exit_code, 0);
    launched.lines.sort();
    const QString secret = QString::fromStdString(world->secret);
    QCOMPARE(launched.lines, (QStringList{"[rank 1] 1 of 3 " + secret, "[rank 2] 2 of 3 " + secret}));
    const std::filesystem::path folder = place->folder();
    launched.plan.leads.reset();
    place.reset();
    QVERIFY(!std::filesystem::exists(folder));
  }

  /// It hears that it is lost, and ends by itself long before the others' grace is over.
  void one_that_is_stopped_goes_on_once_another_has_failed() {
    ShellLaunch launched("[ $RANK = 0 ] && { sleep 0.2; exit 3; }; kill -STOP $$; exit 4");
    launched.plan.grace = std::chrono::seconds(60);
    const auto end = launched.run();
    QVERIFY(end.has_value());
    QCOMPARE(end->failures.size(), std::size_t{2});
    QVERIFY2(end->failures[1].ends_with("exit code 4"), end->failures[1].c_str());
  }

  void a_program_that_is_not_there() {
    ShellLaunch launched("");
    launched.plan.program = "/nowhere/feedline-cli";
    const auto end = launched.run();
    QVERIFY(!end.has_value());
    QVERIFY(!end.error().remedy.empty());
  }
};

FEEDLINE_TEST(TestRanks)

}  // namespace test_ranks

#include "test_ranks.moc"
