// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/temporary_folder.h"
#include "support/test_program.h"

#include <QtTest>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace test_temporary_folder {

using namespace feedline;
namespace fs = std::filesystem;

class TestTemporaryFolder : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void goesWithWhatIsInIt() {
    fs::path path;
    {
      auto folder = TemporaryFolder::make("test");
      QVERIFY2(folder, folder ? "" : folder.error().line().c_str());
      path = folder->path();
      QVERIFY(path.filename().string().starts_with("feedline-test-"));
      QCOMPARE(fs::status(path).permissions(), fs::perms::owner_all);
      fs::create_directories(path / "a/b");
      std::ofstream(path / "a/b/file") << "text";
      const TemporaryFolder moved = std::move(*folder);
      QCOMPARE(moved.path(), path);
      QVERIFY(fs::exists(path / "a/b/file"));
    }
    QVERIFY(!fs::exists(path));
  }

  void onlyWhatWasLeftIsRemoved() {
    const auto alive = TemporaryFolder::make("test");
    QVERIFY(alive);
    const auto other = TemporaryFolder::make("testing");
    QVERIFY(other);
    // A process that is killed with its folder in use.
    int report[2];
    QCOMPARE(::pipe(report), 0);
    const pid_t child = ::fork();
    QVERIFY(child >= 0);
    if (child == 0) {
      const auto own = TemporaryFolder::make("test");
      const std::string name = own ? own->path().string() : std::string("none");
      if (::write(report[1], name.data(), name.size()) < 0) ::_exit(1);
      ::kill(::getpid(), SIGKILL);
    }
    ::close(report[1]);
    std::string left(4096, '\0');
    const ssize_t size = ::read(report[0], left.data(), left.size());
    ::close(report[0]);
    QCOMPARE(::waitpid(child, nullptr, 0), child);
    QVERIFY(size > 0);
    left.resize(static_cast<std::size_t>(size));
    QVERIFY2(fs::is_directory(left), left.c_str());

    const auto next = TemporaryFolder::make("test");
    QVERIFY(next);
    QVERIFY(!fs::exists(left));
    QVERIFY(fs::exists(alive->path()));
    QVERIFY(fs::exists(other->path()));
    QVERIFY(next->path() != alive->path());
  }

  void saysWhereNoneCanBeMade() {
    const QByteArray before = qgetenv("TMPDIR");
    const bool was_set = qEnvironmentVariableIsSet("TMPDIR");
    qputenv("TMPDIR", "/proc");
    const auto folder = TemporaryFolder::make("test");
    was_set ? qputenv("TMPDIR", before) : qunsetenv("TMPDIR");
    QVERIFY(!folder);
    QCOMPARE(folder.error().file, std::string("/proc"));
    QVERIFY(folder.error().remedy.find("TMPDIR") != std::string::npos);
  }
};

FEEDLINE_TEST(TestTemporaryFolder)

}  // namespace test_temporary_folder

#include "test_temporary_folder.moc"
