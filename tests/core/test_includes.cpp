// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/places.h"
#include "support/test_program.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QMap>
#include <QRegularExpression>
#include <QSet>
#include <QTest>

namespace test_includes {

namespace {

const QString kRoot = feedline::test::source_dir();

QStringList files(const QString& folder, const QStringList& patterns) {
  QStringList found;
  for (QDirIterator it(kRoot + "/" + folder, patterns, QDir::Files, QDirIterator::Subdirectories); it.hasNext();)
    found << it.next().mid(kRoot.size() + 1);
  found.sort();
  return found;
}

QString text(const QString& file) {
  QFile f(kRoot + "/" + file);
  return f.open(QIODevice::ReadOnly) ? QString::fromUtf8(f.readAll()) : QString();
}

/// Names in `#include "..."` (quoted) or `#include <...>` lines.
QStringList includes(const QString& file, bool quoted) {
  static const QRegularExpression own(R"(^\s*#\s*include\s*"([^"]+)\")", QRegularExpression::MultilineOption);
  static const QRegularExpression other(R"(^\s*#\s*include\s*<([^>]+)>)", QRegularExpression::MultilineOption);
  QStringList names;
  for (auto it = (quoted ? own : other).globalMatch(text(file)); it.hasNext();) names << it.next().captured(1);
  return names;
}

/// "core/graph/json.h" -> "graph", "gui/canvas/grid.h" -> "gui/canvas".
QString room(const QString& file) {
  return file.startsWith("gui/") ? file.section('/', 0, 1) : file.section('/', 1, 1);
}

/// The file that an #include "..." names, or empty if it is none of ours (a generated header).
QString resolve(const QString& from, const QString& name) {
  const QString beside = QDir::cleanPath(from.section('/', 0, -2) + "/" + name);
  for (const QString& candidate : {"core/" + name, name, beside})
    if (QFile::exists(kRoot + "/" + candidate)) return candidate;
  return {};
}

const QMap<QString, QSet<QString>>& allowed() {
  static const QMap<QString, QSet<QString>> rooms = {
      {"base", {}},
      {"schema", {"base"}},
      {"telemetry", {"base"}},
      {"ranks", {"base"}},
      {"graph", {"schema", "base"}},
      {"nodes", {"schema", "base"}},
      {"state", {"schema", "base"}},
      {"plan", {"state", "graph", "schema", "base"}},
      {"engine", {"plan", "state", "graph", "schema", "telemetry", "base"}},
      {"training", {"engine", "plan", "state", "graph", "schema", "telemetry", "ranks", "base"}},
      {"diagnosis", {"plan", "graph", "schema", "telemetry", "base"}},
      {"runs", {"base"}},
      {"checking", {"engine", "plan", "graph", "schema", "base"}},
      {"tuning",
       {"training", "engine", "diagnosis", "runs", "plan", "state", "graph", "schema", "telemetry", "ranks", "base"}},
      {"recording",
       {"tuning", "training", "engine", "diagnosis", "runs", "plan", "state", "graph", "schema", "telemetry", "ranks",
        "base"}},
      {"exporting",
       {"recording", "tuning", "training", "engine", "diagnosis", "runs", "plan", "state", "graph", "schema",
        "telemetry", "ranks", "base"}},
      {"cli",
       {"exporting", "checking", "recording", "tuning", "training", "engine", "diagnosis", "runs", "plan", "state",
        "graph", "schema", "telemetry", "ranks", "base"}},
  };
  return rooms;
}

/// Of the window, which may use every room of the core but the command line.
const QMap<QString, QSet<QString>>& allowed_in_window() {
  static const QMap<QString, QSet<QString>> rooms = {
      {"base", {}},
      {"models", {"base"}},
      {"commands", {"base"}},
      {"session", {"commands", "base"}},
      {"looks", {"base"}},
      {"canvas", {"session", "commands", "models", "base"}},
      {"checking", {"session", "models", "base"}},
      {"inspector", {"canvas", "session", "commands", "models", "base"}},
      {"preview", {"inspector", "session", "commands", "models", "base"}},
      {"plots", {"preview", "inspector", "session", "models", "base"}},
      {"diagnosis", {"plots", "models", "base"}},
      {"runs", {"models", "base"}},
      {"workspace", {"canvas", "session", "commands", "models", "base"}},
      {"start", {"workspace", "diagnosis", "inspector", "canvas", "session", "models", "base"}},
      {"app",
       {"start", "workspace", "runs", "diagnosis", "plots", "preview", "inspector", "checking", "canvas", "looks",
        "session", "commands", "models", "base"}},
  };
  return rooms;
}

bool known(const QString& room) {
  return room.startsWith("gui/") ? allowed_in_window().contains(room.mid(4)) : allowed().contains(room);
}

bool may_include(const QString& from, const QString& target) {
  if (from == target) return true;
  if (!from.startsWith("gui/")) return allowed()[from].contains(target);
  return target.startsWith("gui/") ? allowed_in_window()[from.mid(4)].contains(target.mid(4)) : target != "cli";
}

bool is_heavy(const QString& name) {
  return name.startsWith("torch/") || name.startsWith("ATen/") || name.startsWith("c10/") ||
         name.startsWith("opencv2/");
}

}  // namespace

/// The rules of architecture.md that a compiler does not check.
class TestIncludes : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void the_tree_is_found() { QVERIFY(files("core", {"*.h"}).size() > 20); }

  /// What the canvas does to a graph is known without a canvas: commands see no widget, no scene and no item.
  void canvas_commands_see_no_canvas() {
    static const QSet<QString> pure = {"grid.h",     "make_room.h", "arrange.h",    "auto_layout.h",
                                       "new_node.h", "clipboard.h", "wire_point.h", "port_id.h"};
    const QStringList commands = files("gui/canvas/commands", {"*.h", "*.cpp"});
    QVERIFY(commands.size() > 10);
    for (const QString& file : commands) {
      for (const QString& name : includes(file, true)) {
        if (!name.startsWith("gui/canvas/") || name.startsWith("gui/canvas/commands/")) continue;
        QVERIFY2(pure.contains(name.section('/', -1)), qPrintable(file + " includes " + name));
      }
      for (const QString& name : includes(file, false))
        QVERIFY2(!name.startsWith("QGraphics") && !name.contains("Widget"), qPrintable(file + " includes " + name));
    }
  }

  /// core/graph is feedline::inline graph, gui/canvas is feedline::gui::inline canvas.
  void a_room_is_a_namespace() {
    static const QRegularExpression space(R"(^namespace (feedline[\w: ]*) \{)", QRegularExpression::MultilineOption);
    QStringList wrong;
    for (const QString& file : files("core", {"*.h", "*.cpp"}) + files("gui", {"*.h", "*.cpp"})) {
      const QString name = room(file).section('/', -1);
      const QString own = name == "cli"             ? QStringLiteral("feedline::cli")
                          : file.startsWith("gui/") ? "feedline::gui::inline " + name
                                                    : "feedline::inline " + name;
      bool opened = false;
      bool found = false;
      for (auto it = space.globalMatch(text(file)); it.hasNext();) {
        opened = true;
        if (it.next().captured(1).startsWith(own)) found = true;
      }
      if (opened && !found) wrong << file;
    }
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join('\n')));
  }

  /// Not even in two rooms: a reader would take one for the other, and who sees both must name the room.
  void no_two_types_share_a_name() {
    static const QRegularExpression type(R"(^(?:class|struct|enum class) (?:alignas\(\d+\) )?(\w+)[^;{]*\{)",
                                         QRegularExpression::MultilineOption);
    static const QRegularExpression space(R"(^namespace ([\w: ]+) \{)", QRegularExpression::MultilineOption);
    static const QRegularExpression of_room(R"(inline \w+(::)?)");
    for (const QString& tree : {QStringLiteral("core"), QStringLiteral("gui")}) {
      QMap<QString, QString> seen;
      for (const QString& file : files(tree, {"*.h"}))
        for (auto it = type.globalMatch(text(file)); it.hasNext();) {
          const auto found = it.next();
          QString name = found.captured(1);
          for (auto outer = space.globalMatch(text(file).left(found.capturedStart())); outer.hasNext();)
            name.prepend(outer.next().captured(1).remove(of_room) + "::");
          QVERIFY2(!seen.contains(name), qPrintable(name + " is in " + seen[name] + " and in " + file));
          seen[name] = file;
        }
      QVERIFY(seen.size() > 50);
    }
  }

  void rooms_include_only_downwards() {
    QStringList wrong;
    for (const QString& file : files("core", {"*.h", "*.cpp"}) + files("gui", {"*.h", "*.cpp"})) {
      QVERIFY2(known(room(file)), qPrintable(file + ": a room that this test does not know"));
      for (const QString& name : includes(file, true)) {
        const QString target = resolve(file, name);
        if (target.isEmpty()) continue;
        if (!may_include(room(file), room(target))) wrong << file + " includes " + target;
      }
    }
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join('\n')));
  }

  /// A header that says "Private to core/graph" is for that room alone.
  void private_headers_stay_in_their_room() {
    static const QRegularExpression mark(R"(^// Private to core/(\w+)\b)", QRegularExpression::MultilineOption);
    QMap<QString, QString> owners;
    for (const QString& file : files("core", {"*.h"}))
      if (const auto match = mark.match(text(file)); match.hasMatch()) owners[file] = match.captured(1);
    QVERIFY(owners.contains("core/graph/wiring.h"));
    QStringList wrong;
    for (const QString& file : files("core", {"*.h", "*.cpp"}) + files("gui", {"*.h", "*.cpp"}))
      for (const QString& name : includes(file, true))
        if (const auto owner = owners.find(resolve(file, name)); owner != owners.end() && *owner != room(file))
          wrong << file + " includes " + name;
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join('\n')));
  }

  void own_headers_exist_and_are_named_from_the_root() {
    QStringList wrong;
    for (const QString& file : files("core", {"*.h", "*.cpp"}) + files("gui", {"*.h", "*.cpp"}))
      for (const QString& name : includes(file, true))
        if (resolve(file, name).isEmpty() && !name.endsWith(".moc") && !name.startsWith("ui_"))
          wrong << file + ": " + name;
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join('\n')));
  }

  void no_qt_in_the_core() {
    static const QRegularExpression qt("^(Q[A-Z]|Qt[A-Z]|qcustomplot)");
    QStringList wrong;
    for (const QString& file : files("core", {"*.h", "*.cpp"}))
      for (const QString& name : includes(file, false) + includes(file, true))
        if (qt.match(name).hasMatch()) wrong << file + " includes " + name;
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join('\n')));
  }

  void no_heavy_library_is_visible_to_the_window_or_the_command_line() {
    QStringList open = files("gui", {"*.h", "*.cpp"}) + files("core/cli", {"*.h", "*.cpp"});
    QSet<QString> seen;
    QStringList wrong;
    while (!open.isEmpty()) {
      const QString file = open.takeLast();
      if (seen.contains(file)) continue;
      seen.insert(file);
      for (const QString& name : includes(file, false))
        if (is_heavy(name) ||
            (file.startsWith("core/") && !file.startsWith("core/cli/") && name == "nlohmann/json.hpp"))
          wrong << file + " includes " + name;
      for (const QString& name : includes(file, true))
        if (const QString target = resolve(file, name); !target.isEmpty()) open << target;
    }
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join('\n')));
  }

  void heavy_libraries_stay_in_their_rooms() {
    const QString entry = "core/base/torch.h";  // the one door to LibTorch, for the two rooms that use it
    QStringList wrong;
    for (const QString& file : files("core", {"*.h", "*.cpp"}))
      for (const QString& name : includes(file, false) + includes(file, true)) {
        const bool torch = (is_heavy(name) && !name.startsWith("opencv2/")) || resolve(file, name) == entry;
        if (torch && !file.startsWith("core/nodes/model/") && !file.startsWith("core/training/") && file != entry)
          wrong << file + " includes " + name;
        // Its protobuf and LibTorch's cannot be linked with one program: architecture.md, "Text pieces".
        if (name.startsWith("sentencepiece_") && file != "core/nodes/text/pieces_module.cpp")
          wrong << file + " includes " + name;
        const bool opencv = name.startsWith("opencv2/");
        if (opencv && !file.startsWith("core/nodes/")) wrong << file + " includes " + name;
        if (opencv && name != "opencv2/core.hpp" && name != "opencv2/imgproc.hpp" && !name.startsWith("opencv2/core/"))
          wrong << file + " includes " + name + ": only core and imgproc are required";
      }
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join('\n')));
  }

  void every_source_says_its_licence() {
    QStringList wrong;
    for (const char* folder : {"core", "gui", "tests"})
      for (const QString& file : files(folder, {"*.h", "*.cpp"}))
        if (!text(file).startsWith("// SPDX-License-Identifier: GPL-3.0-or-later\n")) wrong << file;
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join('\n')));
  }

  void nothing_is_left_unfinished() {
    const QRegularExpression marks(QString("\\b(TO") + "DO|FIX" + "ME|XX" + "X)\\b|not (yet )?" + "implemented",
                                   QRegularExpression::CaseInsensitiveOption);
    QStringList wrong;
    for (const char* folder : {"core", "gui", "tests", "resources", "packaging"})
      for (const QString& file : files(folder, {"*.h", "*.cpp", "*.md", "*.cmake", "*.txt", "*.sh"})) {
        if (file.contains("/qcustomplot/")) continue;
        if (const auto match = marks.match(text(file)); match.hasMatch()) wrong << file + ": " + match.captured();
      }
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join('\n')));
  }

  void files_stay_small() {
    QStringList wrong;
    for (const char* folder : {"core", "gui"})
      for (const QString& file : files(folder, {"*.h", "*.cpp"}))
        if (const auto lines = text(file).count('\n'); lines > 450)
          wrong << file + ": " + QString::number(lines) + " lines";
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join('\n')));
  }
};

FEEDLINE_TEST(TestIncludes)

}  // namespace test_includes

#include "test_includes.moc"
