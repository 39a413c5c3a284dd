// SPDX-License-Identifier: GPL-3.0-or-later

// `feedline-cli run` in a terminal: a pseudo-terminal whose screen is kept as a terminal keeps it.

#include "support/places.h"
#include "support/process.h"
#include "support/small_data.h"
#include "support/test_program.h"

#include <QDeadlineTimer>
#include <QRegularExpression>
#include <QTest>
#include <QThread>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace test_cli_terminal {

using namespace feedline::test;

namespace {

/// So much of a terminal as the program uses: lines that wrap, CR, LF, cursor up, erase to the end of the screen or
/// line, colours (which are left out). Anything else is an error.
class Screen {
 public:
  explicit Screen(int width) : width_(width) {}

  void write(const QString& text) {
    for (qsizetype i = 0; i < text.size(); ++i) {
      const QChar c = text[i];
      if (c == '\x1b') {
        static const QRegularExpression sequence("^\x1b\\[([0-9]*)([A-Za-z])");
        const auto match = sequence.match(text.mid(i, 12));
        if (!match.hasMatch()) {
          unknown_ << text.mid(i, 6);
          continue;
        }
        control(match.captured(2)[0], match.captured(1).isEmpty() ? 1 : match.captured(1).toInt());
        i += match.capturedLength() - 1;
      } else if (c == '\r') {
        column_ = 0;
      } else if (c == '\n') {
        ++row_;
      } else {
        put(c);
      }
    }
  }

  [[nodiscard]] QStringList lines() const {
    QStringList all;
    for (QString line : lines_) {
      while (line.endsWith(' ')) line.chop(1);
      all << line;
    }
    return all;
  }
  [[nodiscard]] const QStringList& unknown() const { return unknown_; }

 private:
  void control(QChar what, int count) {
    if (what == 'A') {
      row_ = std::max(0, row_ - count);
    } else if (what == 'J' || what == 'K') {
      line() = line().left(column_);
      if (what == 'J') lines_.resize(static_cast<std::size_t>(row_ + 1));
    } else if (what != 'm') {
      unknown_ << QString(what);
    }
  }
  void put(QChar c) {
    if (column_ == width_) {
      column_ = 0;
      ++row_;
    }
    QString& at = line();
    at = at.leftJustified(column_) + c + at.mid(column_ + 1);
    ++column_;
  }
  QString& line() {
    if (lines_.size() <= static_cast<std::size_t>(row_)) lines_.resize(static_cast<std::size_t>(row_ + 1));
    return lines_[static_cast<std::size_t>(row_)];
  }

  int width_;
  int row_ = 0;
  int column_ = 0;
  std::vector<QString> lines_{};
  QStringList unknown_{};
};

/// A program whose standard error is a terminal.
class InTerminal {
 public:
  InTerminal(const Cli& cli, const QStringList& arguments, unsigned short columns, unsigned short rows,
             const QList<QByteArray>& environment) {
    winsize size{.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    std::vector<QByteArray> words = {feedline::test::cli_path().toUtf8()};
    for (const QString& argument : arguments) words.push_back(argument.toUtf8());
    std::vector<char*> argv;
    for (QByteArray& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    QList<QByteArray> variables = environment;
    variables << "FEEDLINE_CACHE=" + cli.path("cache").toUtf8() << "FEEDLINE_DATA=" + cli.path("record").toUtf8();
    pid_ = ::forkpty(&terminal_, nullptr, nullptr, &size);
    if (pid_ < 0) return;  // initTestCase() has found that it works; read() and wait() end at once
    if (pid_ == 0) {
      for (QByteArray& variable : variables) ::putenv(variable.data());
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
  }
  ~InTerminal() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    if (terminal_ >= 0) ::close(terminal_);
  }
  void resize(unsigned short columns, unsigned short rows) const {
    winsize size{.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    ::ioctl(terminal_, TIOCSWINSZ, &size);
  }
  void interrupt() const { ::kill(pid_, SIGINT); }
  /// What came until `enough` says so, the program's end, or the deadline.
  template <class Enough>
  QByteArray read(Enough enough) {
    QByteArray all;
    const QDeadlineTimer deadline(120'000);
    while (terminal_ >= 0 && !deadline.hasExpired() && !enough(all)) {
      pollfd waiting{.fd = terminal_, .events = POLLIN, .revents = 0};
      if (::poll(&waiting, 1, 100) <= 0) continue;
      char buffer[4096];
      const ssize_t count = ::read(terminal_, buffer, sizeof buffer);
      if (count <= 0) break;  // Linux says EIO when the other end is closed
      all.append(buffer, count);
    }
    return all;
  }
  /// -1: ended by a signal; -2: not within the deadline.
  int wait() {
    int status = 0;
    const QDeadlineTimer deadline(120'000);
    while (::waitpid(pid_, &status, WNOHANG) == 0) {
      if (deadline.hasExpired()) return -2;  // the destructor kills it
      QThread::msleep(5);
    }
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = 0;
  int terminal_ = -1;
};

/// Why no pseudo-terminal can be had here (a container without /dev/pts, none left); empty: they can.
QString no_terminal() {
  int ours = -1;
  int theirs = -1;
  if (::openpty(&ours, &theirs, nullptr, nullptr, nullptr) != 0) return QString::fromLocal8Bit(std::strerror(errno));
  ::close(ours);
  ::close(theirs);
  return {};
}

const auto kNever = [](const QByteArray&) { return false; };

}  // namespace

class TestCliTerminal : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    if (const QString why = no_terminal(); !why.isEmpty()) QSKIP(qPrintable("no pseudo-terminal can be had: " + why));
    arguments_ = QStringList{"run", "example:idx", "--device", "cpu", "--epochs"};
    idx_ = small_idx(cli_.path("data"), 4096);
  }

  void the_table_leaves_and_the_facts_stay() {
    InTerminal program(cli_, arguments_ + QStringList{"6"} + idx_, 100, 30, {"TERM=xterm", "LC_ALL=C.UTF-8"});
    const QString out = QString::fromUtf8(program.read(kNever));
    QCOMPARE(program.wait(), 0);
    Screen screen(100);
    screen.write(out);
    QVERIFY2(screen.unknown().isEmpty(), qPrintable(screen.unknown().join(' ')));
    static const QRegularExpression colors("\x1b\\[[0-9]*m");
    const QString uncolored = QString(out).remove(colors);
    QVERIFY2(uncolored.contains("\ntraining   ") && uncolored.contains("█ busy") && out.contains("\x1b[32m"),
             qPrintable(out));
    const QString text = screen.lines().join('\n');
    for (int epoch = 1; epoch <= 6; ++epoch) QCOMPARE(text.count(QString("\nepoch %1/6  loss").arg(epoch)), 1);
    QVERIFY2(!text.contains("\ntraining   ") && !text.contains("busy"), qPrintable(text));
    QVERIFY2(text.contains("\ndone: ") && text.contains("\nrecorded as run"), qPrintable(text));
  }

  void a_terminal_that_becomes_narrow_is_not_littered() {
    InTerminal program(cli_, arguments_ + QStringList{"100000"} + idx_, 120, 40,
                       {"TERM=xterm", "LC_ALL=C", "NO_COLOR=1"});
    const QByteArray wide = program.read([](const QByteArray& all) { return all.contains("\ntraining   "); });
    QVERIFY2(wide.contains("\ntraining   ") && !wide.contains("\x1b[3"), wide);
    QVERIFY(!wide.contains("█"));
    program.resize(48, 12);
    // A redraw that was under way is of the old size.
    const QByteArray turning =
        program.read([](const QByteArray& all) { return all.count("node ") + all.count(" more ") >= 2; });
    const QByteArray narrow = program.read([](const QByteArray& all) { return all.count("\x1b[J") >= 6; });
    QVERIFY2(!turning.isEmpty() && narrow.contains("\ntraining "), narrow);
    static const QRegularExpression ends("\r|\n|\x1b\\[[0-9]*[A-Za-z]");
    for (const QString& line : QString::fromUtf8(narrow).split(ends))
      if (!line.contains(" | ")) QVERIFY2(line.size() < 48, qPrintable(line));  // what stays is as long as it is
    program.interrupt();
    const QByteArray end = program.read(kNever);
    QVERIFY2(end.contains("interrupted"), end);
    QCOMPARE(program.wait(), 130);
  }

  void a_dumb_terminal_gets_plain_lines() {
    InTerminal program(cli_, arguments_ + QStringList{"2"} + idx_, 80, 24, {"TERM=dumb"});
    const QByteArray out = program.read(kNever);
    QCOMPARE(program.wait(), 0);
    QVERIFY2(!out.contains('\x1b') && out.contains("epoch 2/2"), out);
  }

 private:
  Cli cli_;
  QStringList arguments_;
  QStringList idx_;
};

FEEDLINE_TEST(TestCliTerminal)

}  // namespace test_cli_terminal

#include "test_cli_terminal.moc"
