// SPDX-License-Identifier: GPL-3.0-or-later

// What the texts quote is there: every command of README, help pages, help texts and messages is parsed by the
// program's own parser, which then does nothing; options, parameters, examples and links are looked up.

#include "cli/commands.h"
#include "cli/graph_file.h"
#include "cli/help.h"
#include "schema/registry.h"
#include "support/fixtures.h"
#include "support/places.h"
#include "support/process.h"
#include "support/test_program.h"

#include <QDir>
#include <QDirIterator>
#include <QFileInfo>
#include <QProcess>
#include <QRegularExpression>
#include <QSet>
#include <QTest>

#include <algorithm>

namespace test_quoted_commands {

using namespace feedline;
using namespace feedline::test;

namespace {

/// The program's parser with every command, stopped before one of them does something.
class Parser final : public CLI::App {
 public:
  struct Accepted {};

  Parser() {
    name("feedline-cli");
    set_version_flag("--version", "");
    for (const cli::AddCommand add : cli::all_commands()) add(*this, code_);
    require_subcommand(1);
  }

 private:
  void pre_callback() override { throw Accepted(); }

  cli::ExitCode code_ = cli::kOk;
};

using Commands = std::vector<const CLI::App*>;

Commands subcommands(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App*) { return true; });
}

const CLI::App* child(const CLI::App& command, const QString& name) {
  for (const CLI::App* one : subcommands(command))
    if (one->get_name() == name.toStdString()) return one;
  return nullptr;
}

/// "--seed" and the like, of a command and those below it.
QSet<QString> options_of(const CLI::App& command) {
  QSet<QString> names;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) names << "--" + QString::fromStdString(name);
  for (const CLI::App* one : subcommands(command)) names += options_of(*one);
  return names;
}

struct Page {
  QString name{};   ///< from the source tree's folder on
  QString code{};   ///< lines between fences
  QString prose{};  ///< all others
};

Page read_page(const QString& name) {
  Page page{.name = name};
  bool fenced = false;
  for (const QString& line : QString::fromUtf8(read_file(source_dir("/" + name))).split('\n'))
    if (line.trimmed().startsWith("```"))
      fenced = !fenced;
    else
      (fenced ? page.code : page.prose) += line + '\n';
  return page;
}

const QList<Page>& pages() {
  static const QList<Page> all = [] {
    QList<Page> read = {read_page("README.md")};
    for (const QString& name : QDir(source_dir("/resources/help")).entryList({"*.md"}, QDir::Files, QDir::Name))
      read << read_page("resources/help/" + name);
    return read;
  }();
  return all;
}

/// What stands between `...` in the prose.
QStringList codes(const Page& page) {
  static const QRegularExpression code("`([^`]+)`");
  QStringList found;
  for (auto it = code.globalMatch(page.prose); it.hasNext();) found << it.next().captured(1).replace('\n', ' ');
  return found;
}

/// A command without "feedline-cli".
struct Quote {
  QString where{};
  QString text{};
  bool whole = true;  ///< to be typed as it stands; else a mention, which may leave out what the command needs
};

/// Up to the end of the command: a remark behind two blanks or #, a pipe, what comes next in the shell.
QString command_in(const QString& text) {
  static const QRegularExpression end("  | #| [|&>]|;|$");
  return text.left(text.indexOf(end)).trimmed();
}

void add_lines(QList<Quote>& quotes, const QString& where, const QString& text) {
  for (const QString& line : text.split('\n')) {
    const QStringList parts = line.split("feedline-cli ");
    for (const QString& part : parts.mid(1)) quotes << Quote{where, command_in(part), true};
  }
}

/// "run FILE --resume", "runs show RUN" in a page that tells of commands.
bool is_mention(const CLI::App& program, const QString& code) {
  static const QRegularExpression argument("^(--[a-z]|\\[|[A-Z])");
  const CLI::App* command = child(program, code.section(' ', 0, 0));
  const QString second = code.section(' ', 1, 1);
  if (command == nullptr || second.isEmpty()) return false;
  return argument.match(second).hasMatch() || (!subcommands(*command).empty() && second.at(0).isLower());
}

QList<Quote> quotes_of_pages(const CLI::App& program) {
  static const QRegularExpression optional("[\\[\\]]|\\.\\.\\.");
  QList<Quote> quotes;
  for (const Page& page : pages()) {
    add_lines(quotes, page.name, page.code);
    for (QString code : codes(page)) {
      const bool named = code.startsWith("feedline-cli ");
      if (named) code.remove(0, 13);
      if (named || is_mention(program, code)) quotes << Quote{page.name, command_in(code).remove(optional), false};
    }
  }
  return quotes;
}

void add_footers(QList<Quote>& quotes, const CLI::App& command) {
  for (const CLI::App* one : subcommands(command)) {
    add_lines(quotes, "help of " + QString::fromStdString(one->get_name()), QString::fromStdString(one->get_footer()));
    add_footers(quotes, *one);
  }
}

/// The lines of a .cpp or .h file of the program that quote a command in a string.
QList<Quote> quotes_of_messages() {
  static const QRegularExpression quoted("\"[^\"]*feedline-cli ([a-z][a-z-]*( --[a-z-]+)?)");
  QList<Quote> quotes;
  for (const char* folder : {"/core", "/gui"})
    for (QDirIterator files(source_dir(folder), {"*.cpp", "*.h"}, QDir::Files, QDirIterator::Subdirectories);
         files.hasNext();) {
      const QByteArray text = read_file(files.next());
      if (!text.contains("feedline-cli ")) continue;
      for (const QByteArray& line : text.split('\n'))
        for (auto it = quoted.globalMatch(QString::fromUtf8(line)); it.hasNext();)
          quotes << Quote{files.fileName(), it.next().captured(1), false};
    }
  return quotes;
}

/// Values of an option or argument as it was parsed last.
QStringList given(const CLI::App& command, const char* name) {
  QStringList values;
  if (const CLI::Option* option = command.get_option_no_throw(name); option != nullptr)
    for (const std::string& value : option->results()) values << QString::fromStdString(value);
  return values;
}

/// Does a node of this name have such a parameter? Nodes are mostly called as their type; of others any type will do.
bool has_param(const QString& node, const QString& param) {
  const auto has = [&](const NodeSpec& spec) { return spec.param(param.toStdString()) != nullptr; };
  if (const NodeSpec* spec = Registry::instance().find(node.toStdString()); spec != nullptr) return has(*spec);
  const auto all = Registry::instance().all();
  return std::any_of(all.begin(), all.end(), [&](const NodeSpec* spec) { return has(*spec); });
}

/// "batch.size=64", of a graph that is not at hand.
QString fault_of_assignment(const QString& assignment) {
  const QString path = assignment.section('=', 0, 0);
  const QString node = path.section('.', 0, -2).section('/', -1);
  const QString param = path.section('.', -1);
  const bool known = node == "NODE" || param == "muted";  // which every node has
  return known || has_param(node, param) ? QString() : "no node has the parameter of " + assignment;
}

/// What a command names that the parser does not know of: examples, their nodes and parameters, types of nodes.
QString fault_of_names(const CLI::App& command) {
  const QStringList sets = given(command, "--set") + given(command, "--vary");
  bool example = false;
  for (const QString& file : given(command, "FILE") + given(command, "--with")) {
    if (!file.startsWith("example:") || file == "example:NAME") continue;
    example = true;
    auto loaded = cli::load_graph(file.toStdString());
    if (!loaded) return QString::fromStdString(loaded.error().line());
    for (const QString& set : given(command, "--set"))
      if (Status applied = cli::apply_overrides(loaded->document, {set.toStdString()}); !applied)
        return QString::fromStdString(applied.error().line());
    for (const QString& node : given(command, "NODE") + given(command, "--node"))
      if (loaded->document.find(node.toStdString()) == nullptr) return file + " has no node " + node;
  }
  if (!example)
    for (const QString& set : sets)
      if (const QString fault = fault_of_assignment(set); !fault.isEmpty()) return fault;
  for (const QString& type : given(command, "TYPE"))
    if (type != type.toUpper() && type != "invert" &&  // that of adding-a-node.md, which the reader writes
        Registry::instance().find(type.toStdString()) == nullptr)
      return "there is no type " + type;
  return {};
}

QString fault_of(Parser& parser, const QStringList& words, bool whole) {
  if (words.isEmpty() || words.front() == "COMMAND" || words.front() == "--help" || words.front() == "--version")
    return {};
  const CLI::App* command = &parser;
  qsizetype at = 0;
  for (; at < words.size(); ++at) {
    const CLI::App* next = child(*command, words[at]);
    if (next == nullptr) break;
    command = next;
  }
  if (command == &parser) return "there is no such command";
  const bool launches = command->get_name() == "launch";  // which hands on what is run's
  for (const QString& word : words.mid(at)) {
    const std::string name = word.section('=', 0, 0).toStdString();
    const bool known = command->get_option_no_throw(name) != nullptr ||
                       (launches && child(parser, "run")->get_option_no_throw(name) != nullptr);
    if (word.startsWith("--") && !known) return "it has no option " + word;
  }

  // In capitals: to be replaced by a number or the like.
  const bool placeholders = std::any_of(words.begin() + at, words.end(), [](const QString& word) {
    return !word.isEmpty() && word == word.toUpper() && word.at(0).isLetter();
  });
  std::vector<std::string> backwards;
  for (auto word = words.rbegin(); word != words.rend(); ++word) backwards.push_back(word->toStdString());
  try {
    parser.parse(std::move(backwards));
  } catch (const Parser::Accepted&) {
    if (!launches) return fault_of_names(*command);
    QStringList run = {"run"};
    for (const std::string& word : command->remaining()) run << QString::fromStdString(word);
    return fault_of(parser, run, whole);
  } catch (const CLI::Success&) {  // it is for the help or the version
    return {};
  } catch (const CLI::ParseError& error) {
    const bool lacks = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr ||
                       dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr;
    const bool value = dynamic_cast<const CLI::ConversionError*>(&error) != nullptr ||
                       dynamic_cast<const CLI::ValidationError*>(&error) != nullptr;
    if ((lacks && !whole) || (value && placeholders)) return {};
    return QString::fromStdString(cli::usage_error(parser, error));
  }
  return "nothing was parsed";
}

QStringList faults_of(Parser& parser, const QList<Quote>& quotes) {
  QStringList faults;
  for (const Quote& quote : quotes) {
    const QString fault = fault_of(parser, QProcess::splitCommand(QString(quote.text).replace('\'', '"')), quote.whole);
    if (!fault.isEmpty()) faults << quote.where + ": feedline-cli " + quote.text + ": " + fault;
  }
  return faults;
}

/// Options in a file that reads its arguments itself: a script, the window.
QSet<QString> words_of_scripts() {
  static const QRegularExpression word("--[a-z][a-z_-]*");
  static const QRegularExpression of_the_window("QCommandLineOption \\w+\\(\"([a-z-]+)\"");
  QSet<QString> words;
  for (const char* folder : {"/tests/bench", "/packaging"})
    for (QDirIterator files(source_dir(folder), {"*.py", "*.sh"}, QDir::Files, QDirIterator::Subdirectories);
         files.hasNext();)
      for (auto it = word.globalMatch(QString::fromUtf8(read_file(files.next()))); it.hasNext();)
        words << it.next().captured();
  const QString window = QString::fromUtf8(read_file(source_dir("/gui/app/command_line.cpp")));
  for (auto it = of_the_window.globalMatch(window); it.hasNext();) words << "--" + it.next().captured(1);
  return words;
}

/// The name by which a link finds a heading.
QString anchor_of(const QString& heading) {
  QString anchor;
  for (const QChar c : heading.toLower())
    if (c.isLetterOrNumber() || c == '_' || c == '-')
      anchor += c;
    else if (c == ' ')
      anchor += '-';
  return anchor;
}

QStringList anchors_of(const Page& page) {
  static const QRegularExpression heading("^#+ (.+)$", QRegularExpression::MultilineOption);
  QStringList anchors;
  for (auto it = heading.globalMatch(page.prose); it.hasNext();) anchors << anchor_of(it.next().captured(1));
  return anchors;
}

}  // namespace

class TestQuotedCommands : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// The test of the test: it sees what is wrong.
  void mistakes_are_seen_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("fault");
    const auto row = [](const char* text, const char* fault) { QTest::newRow(text) << text << fault; };
    row("run my.feedline --epochs 3", "");
    row("launch --nproc 2 my.feedline --epochs 3", "");
    row("train my.feedline", "no such command");
    row("runs list", "");
    row("runs forget 2", "is no command");
    row("run my.feedline --epoch 3", "no option --epoch");
    row("launch --nproc 2 my.feedline --epoch 3", "no option --epoch");
    row("run my.feedline --epochs many", "--epochs");
    row("run my.feedline other.feedline", "other.feedline");
    row("predict job", "INPUT");
    row("run example:quickstart --set trainer.seed=7", "");
    row("run example:quickstart --set trainer.sed=7", "sed");
    row("run example:quickest", "quickest");
    row("run my.feedline --set batch.sise=7", "batch.sise");
    row("preview example:quickstart --node crops", "crops");
    row("nodes conv3d", "conv3d");
  }
  void mistakes_are_seen() {
    QFETCH(QString, text);
    QFETCH(QString, fault);
    Parser parser;
    const QStringList faults = faults_of(parser, {Quote{.where = "here", .text = text}});
    if (fault.isEmpty())
      QVERIFY2(faults.isEmpty(), qPrintable(faults.join('\n')));
    else
      QVERIFY2(faults.size() == 1 && faults.first().section("here: ", 1).contains(fault),
               qPrintable(faults.join('\n')));
  }

  void commands_of_the_pages() {
    Parser parser;
    const QList<Quote> quotes = quotes_of_pages(parser);
    QVERIFY(quotes.size() > 150);
    const QStringList faults = faults_of(parser, quotes);
    QVERIFY2(faults.isEmpty(), qPrintable(faults.join('\n')));
  }

  void commands_of_the_help_texts() {
    Parser parser;
    QList<Quote> quotes;
    add_footers(quotes, parser);
    const Cli program;
    add_lines(quotes, "help", QString::fromUtf8(program.run({"--help"}).out.replace("Usage: feedline-cli ", "")));
    QVERIFY(quotes.size() > 70);
    const QStringList faults = faults_of(parser, quotes);
    QVERIFY2(faults.isEmpty(), qPrintable(faults.join('\n')));
  }

  void commands_of_messages() {
    Parser parser;
    const QList<Quote> quotes = quotes_of_messages();
    QVERIFY(quotes.size() > 100);
    const QStringList faults = faults_of(parser, quotes);
    QVERIFY2(faults.isEmpty(), qPrintable(faults.join('\n')));
  }

  void options_in_prose() {
    static const QRegularExpression word("(?<![\\w-])--[a-z][a-z_-]*");
    const Parser parser;
    // Of torchrun, Slurm, TensorBoard, CMake.
    const QSet<QString> known =
        options_of(parser) + words_of_scripts() + QSet<QString>{"--no_python", "--no-python", "--redirects", "--tee",
                                                                "--requeue",   "--logdir",    "--preset",    "--build"};
    QStringList wrong;
    for (const Page& page : pages()) {
      QStringList texts = codes(page);
      for (const QString& line : page.code.split('\n'))
        if (line.startsWith("feedline ")) texts << line;  // the window
      for (const QString& text : texts)
        for (auto it = word.globalMatch(text); it.hasNext();)
          if (const QString option = it.next().captured(); !known.contains(option)) wrong << page.name + ": " + option;
    }
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join('\n')));
  }

  /// "trainer.accumulate=2", "batch.tokens": a parameter or a port of that type.
  void parameters_in_prose() {
    static const QRegularExpression pair("^([a-z][a-z0-9_]*)\\.([a-z][a-z0-9_]*)(=|$)");
    static const QSet<QString> endings = {"cpp", "h", "py", "md", "csv", "txt"};
    const auto has_port = [](const std::vector<PortSpec>& ports, const QString& name) {
      return std::any_of(ports.begin(), ports.end(), [&](const PortSpec& p) { return p.name == name.toStdString(); });
    };
    int seen = 0;
    QStringList wrong;
    for (const Page& page : pages())
      for (const QString& code : codes(page)) {
        const auto match = pair.match(code);
        const NodeSpec* spec = Registry::instance().find(match.captured(1).toStdString());
        const QString name = match.captured(2);
        if (spec == nullptr || endings.contains(name)) continue;
        ++seen;
        if (spec->param(name.toStdString()) == nullptr && !has_port(spec->inputs, name) &&
            !has_port(spec->outputs, name))
          wrong << page.name + ": " + code;
      }
    QVERIFY(seen > 10);
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join('\n')));
  }

  void every_command_and_option_is_told() {
    const Parser parser;
    QString told;
    for (const Page& page : pages()) told += page.prose + page.code;
    const Page table = read_page("resources/help/command-line.md");
    QStringList missing;
    for (const CLI::App* command : subcommands(parser))
      if (const auto name = QString::fromStdString(command->get_name());
          !table.prose.contains(QRegularExpression("\\| `" + name + "[ `]")))
        missing << name;
    for (const QString& option : options_of(parser))
      if (!told.contains(QRegularExpression("(?<![\\w-])" + option + "(?![\\w-])"))) missing << option;
    QVERIFY2(missing.isEmpty(), qPrintable(missing.join('\n')));
  }

  void every_example_is_told() {
    const QString readme = read_page("README.md").prose;
    const QString table = read_page("resources/help/command-line.md").prose;
    for (const std::string& example : cli::example_names()) {
      const QString name = QString::fromStdString(example);
      QVERIFY2(readme.contains('`' + name + '`'), qPrintable("README.md does not tell of " + name));
      QVERIFY2(table.contains("`example:" + name + '`'), qPrintable("command-line.md does not tell of " + name));
    }
  }

  void links_lead_somewhere() {
    static const QRegularExpression link("\\]\\(([^)\\s]+)\\)");
    static const QRegularExpression code("`[^`]*`");
    QStringList wrong;
    for (const Page& page : pages())
      for (auto it = link.globalMatch(QString(page.prose).remove(code)); it.hasNext();) {
        const QString target = it.next().captured(1);
        if (target.contains("://")) continue;
        const QString file = target.section('#', 0, 0);
        const QString path = file.isEmpty() ? page.name : QDir::cleanPath(QFileInfo(page.name).path() + '/' + file);
        const QString anchor = target.section('#', 1);
        if (!QFileInfo::exists(source_dir("/" + path)) ||
            (!anchor.isEmpty() && !anchors_of(read_page(path)).contains(anchor)))
          wrong << page.name + ": " + target;
      }
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join('\n')));
  }
};

FEEDLINE_TEST(TestQuotedCommands)

}  // namespace test_quoted_commands

#include "test_quoted_commands.moc"
