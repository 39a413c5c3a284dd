// SPDX-License-Identifier: GPL-3.0-or-later
// Settings that act at once and are kept, presenter mode, and a window that everybody can use.
#include "gui/app/main_window.h"
#include "gui/app/run_bar.h"
#include "gui/base/in_view.h"
#include "gui/base/settings.h"
#include "gui/canvas/graph_view.h"
#include "gui/looks/settings_dialog.h"
#include "gui/start/gallery.h"
#include "gui/start/shortcut_sheet.h"
#include "support/places.h"
#include "support/test_program.h"
#include "support/window_home.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSpinBox>
#include <QAction>
#include <QComboBox>
#include <QDirIterator>
#include <QDockWidget>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QMenuBar>
#include <QPlainTextEdit>
#include <QRegularExpression>
#include <QScreen>
#include <QSlider>
#include <QStatusBar>
#include <QTabBar>
#include <QTest>
#include <QToolBar>

#include <functional>

namespace feedline::gui::test_looks {

namespace {

/// What a screen reader would say of a control.
QString name_of(const QWidget& widget) {
  if (!widget.accessibleName().isEmpty()) return widget.accessibleName();
  if (const auto* button = qobject_cast<const QAbstractButton*>(&widget)) return button->text();
  return {};
}

bool is_control(const QWidget& widget) {
  const bool kind = qobject_cast<const QAbstractButton*>(&widget) || qobject_cast<const QComboBox*>(&widget) ||
                    qobject_cast<const QAbstractSpinBox*>(&widget) || qobject_cast<const QLineEdit*>(&widget) ||
                    qobject_cast<const QSlider*>(&widget) || qobject_cast<const QAbstractItemView*>(&widget) ||
                    qobject_cast<const QPlainTextEdit*>(&widget);
  // Qt's own parts of compound controls are named by the whole.
  const QString made_by_qt = widget.objectName();
  const bool part = made_by_qt.startsWith("qt_") || qobject_cast<const QAbstractSpinBox*>(widget.parentWidget()) ||
                    qobject_cast<const QComboBox*>(widget.parentWidget()) ||
                    qobject_cast<const QTabBar*>(widget.parentWidget()) ||
                    qobject_cast<const QLineEdit*>(widget.parentWidget()) || widget.inherits("QHeaderView") ||
                    widget.inherits("QTableCornerButton") || widget.inherits("QComboBoxListView") ||
                    widget.inherits("QDockWidgetTitleButton");
  return kind && !part;
}

QStringList unnamed(const QWidget& root) {
  QStringList found;
  for (const QWidget* widget : root.findChildren<QWidget*>())
    if (is_control(*widget) && name_of(*widget).isEmpty())
      found << QString("%1 '%2' in %3")
                   .arg(widget->metaObject()->className(), widget->objectName(),
                        widget->parentWidget()->metaObject()->className());
  return found;
}

}  // namespace

class TestLooks : public QObject {
  Q_OBJECT

  test::WindowHome home_{};

 private Q_SLOTS:
  void init() {
    QSettings().clear();
    Theme::instance().set_font_scale(1);
    Theme::instance().set_mode(Theme::Mode::Light);
  }

  void settings_act_at_once_and_are_kept() {
    MainWindow window;
    window.show();
    const double size = QApplication::font().pointSizeF();
    window.actions().settings->trigger();
    auto* dialog = window.findChild<SettingsDialog*>();
    QVERIFY(dialog != nullptr);
    QVERIFY(QTest::qWaitForWindowExposed(dialog));
    auto* theme = dialog->findChild<QComboBox*>("settings_theme");
    theme->setFocus();
    QTest::keyClick(theme, Qt::Key_Down);
    QVERIFY(Theme::instance().dark());
    QCOMPARE(Settings::theme(), Theme::Mode::Dark);
    auto* scale = dialog->findChild<QSlider*>();
    QTest::keyClick(scale, Qt::Key_Right);
    QTest::keyClick(scale, Qt::Key_Right);
    QCOMPARE(Settings::font_scale(), 1.2);
    QVERIFY(qAbs(QApplication::font().pointSizeF() - 1.2 * size) < 0.01);
    auto* events = dialog->findChild<QLineEdit*>("settings_tensorboard");
    QTest::keyClicks(events, " /x/events ");
    QCOMPARE(Settings::tensorboard_folder(), QString("/x/events"));
    events->clear();
    QVERIFY(Settings::tensorboard_folder().isEmpty());
    QTest::keyClick(dialog, Qt::Key_Escape);
    QVERIFY(!dialog->isVisible());
    window.close_quietly();
  }

  void every_font_size_fits_data() {
    QTest::addColumn<double>("scale");
    for (const double scale : {0.8, 1.5, 2.0}) QTest::addRow("%.0f %%", scale * 100) << scale;
  }
  void every_font_size_fits() {
    QFETCH(double, scale);
    MainWindow window;
    QVERIFY(window.files().open_example("quickstart"));
    Theme::instance().set_font_scale(scale);
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    window.view().select_node("conv1");
    QVERIFY2(window.width() <= 1280 && window.height() <= 800,
             qPrintable(QString("%1x%2").arg(window.width()).arg(window.height())));
    QVERIFY(!window.grab().isNull());
    window.close_quietly();
  }

  void presenter_mode_leaves_the_canvas_and_the_chosen_panels() {
    Settings::set_presenter_panels({"inspector"});
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    const double size = QApplication::font().pointSizeF();
    const auto dock = [&](const char* name) { return window.findChild<QDockWidget*>(QLatin1String(name)); };
    dock("history")->hide();
    auto* tools = window.findChild<QToolBar*>("tools");
    const QList<QAction*> all_tools = tools->actions();
    QTest::keyClick(&window, Qt::Key_F11);
    QVERIFY(window.looks().presenter().on());
    QTRY_VERIFY(window.isFullScreen());
    QVERIFY(dock("palette")->isHidden());
    QVERIFY(!dock("inspector")->isHidden());
    QVERIFY(window.menuBar()->isHidden());
    QVERIFY(window.statusBar()->isHidden());
    QVERIFY(!tools->actions().contains(window.actions().save));
    QVERIFY(tools->actions().contains(window.actions().run));
    QVERIFY(window.run_bar().isVisible());
    const double larger = PresenterMode::fitting_scale(Settings::presenter_scale(), window.screen()->size());
    QCOMPARE(QApplication::font().pointSizeF(), larger * size);
    QTest::keyClick(&window.view(), Qt::Key_A, Qt::ControlModifier);  // keys still work
    Settings::set_presenter_panels({"palette"});
    window.looks().presenter().refresh();
    QVERIFY(!dock("palette")->isHidden());
    QTest::keyClick(&window, Qt::Key_F11);
    QTRY_VERIFY(!window.isFullScreen());
    QVERIFY(!window.menuBar()->isHidden());
    QVERIFY(!dock("palette")->isHidden());
    QVERIFY(dock("stages")->isHidden());
    QVERIFY(dock("history")->isHidden());  // as it was
    QCOMPARE(tools->actions(), all_tools);
    QCOMPARE(QApplication::font().pointSizeF(), size);
    window.close_quietly();
  }

  void text_for_an_audience_is_as_large_as_the_screen_allows() {
    QCOMPARE(PresenterMode::fitting_scale(1.4, {1920, 1080}), 1.4);
    QCOMPARE(PresenterMode::fitting_scale(1.4, {1280, 800}), 1.4);
    QVERIFY(PresenterMode::fitting_scale(2, {1280, 800}) < 1.5);
    QCOMPARE(PresenterMode::fitting_scale(1.4, {800, 500}), 1.0);  // never smaller
  }

  void every_control_has_a_name_for_those_who_cannot_see_it() {
    MainWindow window;
    window.show();
    QVERIFY(window.files().open_example("quickstart"));
    for (const Node& node : window.document().document().nodes()) {
      window.view().select_node(QString::fromStdString(node.id));
      const QStringList found = unnamed(window);
      QVERIFY2(found.isEmpty(), qPrintable(QString::fromStdString(node.id) + ": " + found.join("; ")));
    }
    window.view().select_node({});
    Gallery gallery;
    QVERIFY2(unnamed(gallery).isEmpty(), qPrintable(unnamed(gallery).join("; ")));
    SettingsDialog settings(window.panels().docks());
    QVERIFY2(unnamed(settings).isEmpty(), qPrintable(unnamed(settings).join("; ")));
    ShortcutSheet sheet({});
    QVERIFY2(unnamed(sheet).isEmpty(), qPrintable(unnamed(sheet).join("; ")));
    window.close_quietly();
  }

  void the_tab_key_reaches_every_field_of_the_inspector_and_comes_back() {
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    QVERIFY(window.files().open_example("quickstart"));
    window.view().select_node("conv1");
    QWidget* panel = window.findChild<QDockWidget*>("inspector");
    QSet<QWidget*> wanted;
    for (QWidget* widget : panel->findChildren<QWidget*>())
      if (is_control(*widget) && widget->isVisible() && widget->isEnabled() && (widget->focusPolicy() & Qt::TabFocus))
        wanted << widget;
    QVERIFY(wanted.size() > 4);
    panel->findChild<QLineEdit*>("node_id")->setFocus();
    QSet<QWidget*> reached;
    for (int i = 0; i < 300; ++i) {
      QWidget* now = QApplication::focusWidget();
      QVERIFY(now != nullptr);
      if (now == &window.view()) break;  // Tab searches there, and Shift+Tab leads out again
      reached << now;
      QTest::keyClick(now, Qt::Key_Tab);
    }
    for (QWidget* widget : wanted) QVERIFY2(reached.contains(widget), qPrintable(name_of(*widget)));
    window.view().setFocus();
    QTest::keyClick(&window.view(), Qt::Key_Tab, Qt::ShiftModifier);
    QVERIFY(QApplication::focusWidget() != &window.view());
    window.close_quietly();
  }

  /// Out of the canvas by Shift+Tab, through all that can be seen, and back to the canvas.
  void the_keyboard_reaches_everything_in_the_window() {
    MainWindow window;
    window.resize(1920, 1080);
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    QVERIFY(window.files().open_example("quickstart"));
    window.view().select_node("conv1");
    QCoreApplication::processEvents();
    QSet<QWidget*> wanted;
    for (QWidget* widget : window.findChildren<QWidget*>())
      if (is_control(*widget) && widget->isVisible() && widget->isEnabled() && (widget->focusPolicy() & Qt::TabFocus))
        wanted << widget;
    wanted.remove(&window.view());
    for (const QDockWidget* dock : window.findChildren<QDockWidget*>())
      if (!in_view(*dock))
        for (QWidget* hidden : dock->findChildren<QWidget*>()) wanted.remove(hidden);  // behind the tab of another
    QVERIFY(wanted.size() > 10);
    QSet<QWidget*> reached;
    window.view().setFocus();
    for (int i = 0; i < 1000; ++i) {
      QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab, Qt::ShiftModifier);
      QWidget* now = QApplication::focusWidget();
      QVERIFY(now != nullptr);
      if (now == &window.view()) break;
      reached << now;
    }
    QCOMPARE(QApplication::focusWidget(), static_cast<QWidget*>(&window.view()));
    for (QWidget* widget : wanted) QVERIFY2(reached.contains(widget), qPrintable(name_of(*widget)));
    window.close_quietly();
  }

  /// Else the letter only moves on from one to the other.
  void no_letter_of_a_menu_means_two_things() {
    MainWindow window;
    QStringList twice;
    int letters = 0;
    const std::function<void(const QMenu&)> look = [&](const QMenu& menu) {
      QMap<QChar, QString> taken;
      for (const QAction* action : menu.actions()) {
        if (action->menu() != nullptr) look(*action->menu());
        const qsizetype at = action->text().indexOf(QLatin1Char('&')) + 1;
        if (at == 0 || at >= action->text().size() || action->text()[at] == QLatin1Char('&')) continue;
        ++letters;
        QString& owner = taken[action->text()[at].toLower()];
        if (!owner.isEmpty()) twice << owner + " / " + action->text();
        owner = action->text();
      }
    };
    for (const QAction* menu : window.menuBar()->actions())
      if (menu->menu() != nullptr) look(*menu->menu());
    QVERIFY2(twice.isEmpty(), qPrintable(twice.join(", ")));
    QVERIFY(letters > 50);
  }

  /// Literals with a blank in them that begin like a sentence are meant for people: they go through tr(), words() or
  /// translate(). Style sheets, HTML patterns, object names and the like do not look so.
  void what_people_read_can_be_translated() {
    static const QRegularExpression literal("(\"(?:[^\"\\\\]|\\\\.)*\")");
    static const QRegularExpression sentence("^\"[A-Z][a-z]+ [a-z]+[^{}<>;=]*\"$");
    QStringList wrong;
    int sentences = 0;
    for (QDirIterator it(feedline::test::source_dir("/gui"), {"*.cpp"}, QDir::Files, QDirIterator::Subdirectories);
         it.hasNext();) {
      const QString path = it.next();
      if (path.endsWith("/command_line.cpp") || path.endsWith("/main.cpp")) continue;  // the terminal speaks English
      QFile file(path);
      QVERIFY(file.open(QIODevice::ReadOnly));
      const QString text = QString::fromUtf8(file.readAll());
      for (auto match = literal.globalMatch(text); match.hasNext();) {
        const auto found = match.next();
        if (!sentence.match(found.captured(1)).hasMatch()) continue;
        ++sentences;
        // What stands before it, back to the call that it is an argument of; pieces of one literal belong together.
        const QString before = text.mid(std::max<qsizetype>(0, found.capturedStart() - 400),
                                        std::min<qsizetype>(400, found.capturedStart()));
        static const QRegularExpression called(
            "(tr|words|translate|QT_TRANSLATE_NOOP|qCritical|qWarning|QLatin1String)\\((?:[^()\";]|\"(?:[^\"\\\\]|\\\\."
            ")*\"|\\([^()]*\\))"
            "*$");
        static const QRegularExpression comment("//[^\\n]*$");
        if (called.match(before).hasMatch() || comment.match(before).hasMatch()) continue;
        wrong << path.section('/', -1) + ": " + found.captured(1);
      }
    }
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join('\n')));
    QVERIFY(sentences > 100);
  }
};

FEEDLINE_WINDOW_TEST(TestLooks)

}  // namespace feedline::gui::test_looks

#include "test_looks.moc"
