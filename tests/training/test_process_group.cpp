// SPDX-License-Identifier: GPL-3.0-or-later
// Real groups over Gloo, their ranks on threads of this process, which meet in a folder or at a port.
#include "ranks/rank_board.h"
#include "support/test_program.h"
#include "training/ranks/process_group.h"
#include "training/ranks/rank_monitor.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

#include <arpa/inet.h>
#include <atomic>
#include <functional>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace test_process_group {

using namespace feedline;

namespace {

using Group = std::shared_ptr<ProcessGroup>;

std::vector<World> worlds_in(const QTemporaryDir& folder, int size) {
  std::vector<World> worlds;
  for (int rank = 0; rank < size; ++rank)
    worlds.push_back({.rank = rank,
                      .size = size,
                      .local_rank = rank,
                      .local_size = size,
                      .store_folder = folder.path().toStdString(),
                      .secret = "s",
                      .host = "here"});
  return worlds;
}

std::vector<Result<Group>> join_all(const std::vector<World>& worlds, const std::vector<std::string>& agreed = {}) {
  std::vector<Result<Group>> groups(worlds.size(), Group());
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < worlds.size(); ++i)
    threads.emplace_back(
        [&, i] { groups[i] = ProcessGroup::join(worlds[i], agreed.empty() ? "same" : agreed[i], {}); });
  threads.clear();
  return groups;
}

void on_each(const std::vector<Result<Group>>& groups, const std::function<void(ProcessGroup&, int)>& work) {
  std::vector<std::jthread> threads;
  for (const auto& group : groups) threads.emplace_back([&] { work(**group, (*group)->world().rank); });
}

at::Tensor numbers_of(int rank, std::int64_t count) {
  return at::arange(count, at::kFloat).add(rank).sin().mul(rank == 1 ? 1e6 : 1);
}

/// As FlatOptimizer sums the gradients of replicas.
at::Tensor sum_of(int ranks, std::int64_t count) {
  at::Tensor sum = numbers_of(0, count);
  for (int rank = 1; rank < ranks; ++rank) sum.add_(numbers_of(rank, count));
  return sum;
}

std::uint16_t free_port(int& listener) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  socklen_t length = sizeof address;
  ::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address);
  ::listen(listener, 1);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length);
  return ntohs(address.sin_port);
}

}  // namespace

class TestProcessGroup : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
#ifndef FEEDLINE_GLOO
    QSKIP("Gloo's headers were not found when this was built");
#endif
  }

  /// Where the network fails, it takes twenty seconds to tell which rank is gone: whoever stops the run does not wait.
  void a_stop_does_not_wait_for_the_cause() {
    const QTemporaryDir folder;
    auto board = open_board(folder.path().toStdString());
    QVERIFY(board);
    RankMonitor monitor(worlds_in(folder, 2).front(), {{"here", ::getpid()}, {"elsewhere", 1}}, std::move(*board));
    std::stop_source stop;
    QElapsedTimer clock;
    clock.start();
    const std::jthread asks_for_it([&] { stop.request_stop(); });
    QVERIFY(!monitor.cause_of("reset by peer", stop.get_token()));
    QVERIFY2(clock.elapsed() < 2000, QByteArray::number(clock.elapsed()));
  }

  /// Two, and three with shards that do not come out even; few numbers and many.
  void sums_have_the_bytes_of_replicas_data() {
    QTest::addColumn<int>("ranks");
    QTest::newRow("2") << 2;
    QTest::newRow("3") << 3;
  }
  void sums_have_the_bytes_of_replicas() {
    QFETCH(int, ranks);
    const QTemporaryDir folder;
    const auto groups = join_all(worlds_in(folder, ranks));
    for (const auto& group : groups) QVERIFY2(group.has_value(), group ? "" : group.error().line().c_str());
    QCOMPARE((*groups[1])->members().size(), static_cast<std::size_t>(ranks));
    QCOMPARE((*groups[1])->members()[0].process, static_cast<std::int64_t>(::getpid()));
    std::atomic<int> wrong{0};
    on_each(groups, [&](ProcessGroup& group, int rank) {
      std::vector<at::Tensor> given;
      std::vector<std::unique_ptr<Collective>> begun;
      for (const std::int64_t count : {1, 100, 20'001, 60'000}) {  // all under way at once
        given.push_back(numbers_of(rank, count));
        begun.push_back(group.sum_in_order(given.back()));
      }
      for (const auto& one : begun) one->wait();
      for (const at::Tensor& sum : given)
        if (!at::equal(sum, sum_of(ranks, sum.numel()))) ++wrong;

      const at::Tensor halves = at::full({5}, rank + 0.5, at::kBFloat16);
      group.sum_in_order(halves)->wait();
      if (!at::equal(halves, at::full({5}, ranks * ranks / 2.0, at::kBFloat16))) ++wrong;
      const at::Tensor counts = at::full({3}, rank + 1, at::kLong);
      group.all_reduce(counts)->wait();
      if (counts[0].item<std::int64_t>() != ranks * (ranks + 1) / 2) ++wrong;

      const at::Tensor all = at::empty({ranks, 2, 2}, at::kDouble);
      group.all_gather(at::full({2, 2}, rank, at::kDouble), all)->wait();
      for (int of = 0; of < ranks; ++of)
        if (!at::equal(all[of], at::full({2, 2}, of, at::kDouble))) ++wrong;
      const at::Tensor shared = at::full({7}, rank, at::kLong);
      group.broadcast(shared, 1)->wait();
      if (shared[6].item<std::int64_t>() != 1) ++wrong;

      const std::string own(static_cast<std::size_t>(rank), 'a');
      const auto texts = group.gather_bytes(own);
      if (texts.size() != static_cast<std::size_t>(ranks) || !texts[0].empty() || texts[1] != "a") ++wrong;
      if (group.share_bytes(rank == 0 ? "state" : "", 0) != "state") ++wrong;
    });
    QCOMPARE(wrong.load(), 0);
  }

  /// One says why it goes; the others are told so in place of the sum that they wait for.
  void who_leaves_is_named() {
    const QTemporaryDir folder;
    const auto groups = join_all(worlds_in(folder, 2));
    QVERIFY(groups[0].has_value() && groups[1].has_value());
    std::atomic<int> heard{0};
    (*groups[0])->on_loss([&](const Error&) { ++heard; });
    (*groups[1])->leave("its disk is full");
    const at::Tensor flat = at::zeros({4});
    const auto sum = (*groups[0])->sum_in_order(flat);
    std::string told;
    try {
      sum->wait();
    } catch (const RankLost& lost) {
      told = lost.error().reason;
    }
    QVERIFY2(told.find("rank 1 on host here") == 0 && told.find("its disk is full") != std::string::npos, told.c_str());
    QTRY_COMPARE(heard.load(), 1);  // who waits for something else is told, once
    (*groups[0])->on_loss(nullptr);
  }

  /// All ranks hear the same.
  void ranks_that_differ_are_told() {
    for (const bool secret : {true, false}) {
      const QTemporaryDir folder;
      auto worlds = worlds_in(folder, 2);
      if (secret) worlds[1].secret = "another";
      const auto groups = join_all(worlds, secret ? std::vector<std::string>{} : std::vector<std::string>{"a", "b"});
      for (const auto& group : groups) {
        QVERIFY(!group.has_value());
        QVERIFY2(group.error().reason.find("rank 1 on host here") != std::string::npos, group.error().line().c_str());
        QVERIFY(group.error().reason.find(secret ? "secret" : "another graph") != std::string::npos);
        QVERIFY(!group.error().remedy.empty());
      }
    }
  }

  /// The launcher has seen a rank end: nobody waits for it to come.
  void a_rank_that_fails_before_it_comes_is_told() {
    const QTemporaryDir folder;
    const auto board = open_board(folder.path().toStdString());
    QVERIFY(board.has_value());
    std::vector<Result<Group>> groups(2, Group());
    std::vector<std::jthread> threads;
    for (std::size_t rank = 0; rank < 2; ++rank)
      threads.emplace_back([&, rank] { groups[rank] = ProcessGroup::join(worlds_in(folder, 3)[rank], "same", {}); });
    (*board)->tell_lost({2, "has ended early: its input is refused: there is no such file"});
    QElapsedTimer clock;
    clock.start();
    threads.clear();
    QVERIFY2(clock.elapsed() < 10'000, qPrintable(QString::number(clock.elapsed())));
    for (const auto& group : groups) {
      QVERIFY(!group.has_value());
      QVERIFY2(group.error().line().find("rank 2 has ended early: its input is refused: there is no such file") == 0,
               group.error().line().c_str());
      QCOMPARE(group.error().code, ErrorCode::BadInput);
    }
  }

  void one_port_serves_all() {
    int listener = -1;
    const std::uint16_t port = free_port(listener);
    const QTemporaryDir folder;
    auto worlds = worlds_in(folder, 2);
    for (World& world : worlds) {
      world.store_folder.clear();
      world.master_address = "127.0.0.1";
      world.master_port = port;
    }
    const auto taken = ProcessGroup::join(worlds[0], "same", {});
    QVERIFY(!taken.has_value());
    QVERIFY2(taken.error().line().find("in use") != std::string::npos, taken.error().line().c_str());
    ::close(listener);
    auto groups = join_all(worlds);
    for (const auto& group : groups) QVERIFY2(group.has_value(), group ? "" : group.error().line().c_str());
    std::atomic<int> wrong{0};
    on_each(groups, [&](ProcessGroup& group, int rank) {
      const at::Tensor flat = numbers_of(rank, 1000);
      group.sum_in_order(flat)->wait();
      if (!at::equal(flat, sum_of(2, 1000))) ++wrong;
    });
    QCOMPARE(wrong.load(), 0);
    groups.pop_back();  // rank 0, with which the store goes, waits for the others to be through
  }

  void a_stop_ends_the_wait() {
    const QTemporaryDir folder;
    std::stop_source stop;
    stop.request_stop();
    const auto group = ProcessGroup::join(worlds_in(folder, 2)[0], "same", stop.get_token());
    QVERIFY(!group.has_value());
    QCOMPARE(group.error().code, ErrorCode::Cancelled);
  }
};

FEEDLINE_TEST(TestProcessGroup)

}  // namespace test_process_group

#include "test_process_group.moc"
