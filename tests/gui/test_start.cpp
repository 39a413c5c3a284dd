// SPDX-License-Identifier: GPL-3.0-or-later
// Gallery, recent files, tour, the sheet of keys, help pages.
#include "graph/json.h"
#include "gui/app/main_window.h"
#include "gui/base/settings.h"
#include "gui/canvas/canvas_keys.h"
#include "gui/models/gallery_model.h"
#include "gui/start/gallery.h"
#include "gui/start/graph_picture.h"
#include "gui/start/help_window.h"
#include "gui/start/shortcut_sheet.h"
#include "gui/start/tour.h"
#include "support/test_program.h"
#include "support/window_home.h"

#include <QAbstractItemModelTester>
#include <QAction>
#include <QDir>
#include <QLineEdit>
#include <QListView>
#include <QListWidget>
#include <QMenu>
#include <QMenuBar>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>
#include <QTextBlock>
#include <QTextBrowser>
#include <QToolBar>
#include <QTreeWidget>

namespace feedline::gui::test_start {

class TestStart : public QObject {
  Q_OBJECT

  test::WindowHome home_{};

  static int colors_in(const QImage& image) {
    QSet<QRgb> colors;
    for (int y = 0; y < image.height(); y += 2)
      for (int x = 0; x < image.width(); x += 2) colors << image.pixel(x, y);
    return static_cast<int>(colors.size());
  }

 private Q_SLOTS:
  void init() {
    QSettings().clear();
    Theme::instance().set_mode(Theme::Mode::Light);
  }

  void gallery_shows_every_example_with_a_picture_of_its_graph() {
    GalleryModel model([](const std::string& graph) {
      return graph_picture(from_json(graph)->document, {256, 144}, 1);
    });
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    QCOMPARE(model.rowCount(), static_cast<int>(Files::examples().size()));
    QVERIFY(model.index(0).data(GalleryModel::NameRole).toString().startsWith("quickstart"));
    for (int row = 0; row < model.rowCount(); ++row) {
      const QModelIndex index = model.index(row);
      QVERIFY(!index.data().toString().isEmpty());
      QVERIFY(!index.data(GalleryModel::SummaryRole).toString().isEmpty());
      const QPixmap picture = index.data(Qt::DecorationRole).value<QPixmap>();
      QCOMPARE(picture.size(), QSize(256, 144));
      QVERIFY(colors_in(picture.toImage()) > 30);  // a graph is drawn, not a blank
    }
    const QImage light = model.index(0).data(Qt::DecorationRole).value<QPixmap>().toImage();
    Theme::instance().set_mode(Theme::Mode::Dark);
    model.forget_pictures();
    QVERIFY(model.index(0).data(Qt::DecorationRole).value<QPixmap>().toImage() != light);
  }

  void an_example_opens_by_mouse_or_keys_data() {
    QTest::addColumn<bool>("by_mouse");
    QTest::newRow("mouse") << true;
    QTest::newRow("keys") << false;
  }
  void an_example_opens_by_mouse_or_keys() {
    QFETCH(bool, by_mouse);
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    window.actions().gallery->trigger();
    auto* gallery = window.findChild<Gallery*>();
    QVERIFY(gallery != nullptr);
    QVERIFY(QTest::qWaitForWindowExposed(gallery));
    auto* list = gallery->findChild<QListView*>("gallery_examples");
    const QString second = list->model()->index(1, 0).data(GalleryModel::NameRole).toString();
    if (by_mouse) {
      QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, list->visualRect(list->model()->index(1, 0)).center());
    } else {
      QTest::keyClick(list, Qt::Key_Right);
      QTest::keyClick(list, Qt::Key_Return);
    }
    QVERIFY(!gallery->isVisible());
    QCOMPARE(window.workspace().current().display_name() + ".feedline", second);
    window.close_quietly();
  }

  void recent_files_and_an_empty_graph_are_offered() {
    const QString path = home_.file("mine.feedline");
    QVERIFY(save_document(Document(), path.toStdString()));
    Settings::add_recent_file(path);
    MainWindow window;
    window.show();
    window.welcome().show_gallery();
    auto* gallery = window.findChild<Gallery*>();
    auto* recent = gallery->findChild<QListWidget*>("gallery_recent");
    QVERIFY(recent != nullptr);
    QCOMPARE(recent->item(0)->text(), QString("mine.feedline"));
    recent->setFocus();
    recent->setCurrentRow(0);
    QTest::keyClick(recent, Qt::Key_Return);
    QCOMPARE(window.document().file(), path);
    QTRY_VERIFY(window.findChild<Gallery*>() == nullptr);
    window.welcome().show_gallery();
    QTest::mouseClick(window.findChild<Gallery*>()->findChild<QPushButton*>("gallery_empty"), Qt::LeftButton);
    window.close_quietly();
  }

  void the_first_start_is_a_tour_and_later_ones_a_gallery() {
    {
      MainWindow window;
      window.resize(1280, 800);
      window.show();
      window.welcome().begin();
      Tour* tour = window.welcome().tour();
      QVERIFY(tour != nullptr);
      QVERIFY(!window.document().document().nodes().empty());
      QVERIFY(tour->count() <= 7);  // eight seconds each: under a minute
      QTest::keyClick(tour, Qt::Key_Escape);
      QTRY_VERIFY(window.welcome().tour() == nullptr);
      QVERIFY(Settings::tour_seen());
      window.close_quietly();
    }
    MainWindow window;
    window.show();
    window.welcome().begin();
    QVERIFY(window.welcome().tour() == nullptr);
    QVERIFY(window.findChild<Gallery*>() != nullptr);
    window.close_quietly();
  }

  void the_tour_lights_real_widgets_and_goes_by_keys_and_mouse() {
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    window.actions().tour->trigger();
    Tour* tour = window.welcome().tour();
    QVERIFY(tour != nullptr);
    for (int i = 0; i < tour->count(); ++i) {
      QCOMPARE(tour->at(), i);
      QTRY_VERIFY2(!tour->spot().isEmpty(), qPrintable(QString::number(i)));
      const QRect card = tour->findChild<QWidget*>("tour_card")->geometry();
      QVERIFY(tour->rect().contains(card));
      if (tour->spot().width() < 600) QVERIFY2(!card.intersects(tour->spot()), qPrintable(QString::number(i)));
      if (i + 1 < tour->count()) QTest::keyClick(tour, i % 2 == 0 ? Qt::Key_Right : Qt::Key_Return);
    }
    QTest::keyClick(tour, Qt::Key_Left);
    QCOMPARE(tour->at(), tour->count() - 2);
    QTest::keyClick(tour, Qt::Key_Tab);  // to a button of the card
    QVERIFY(tour->isAncestorOf(QApplication::focusWidget()));
    QTest::mouseClick(tour->findChild<QPushButton*>("tour_next"), Qt::LeftButton);
    QTest::mouseClick(tour->findChild<QPushButton*>("tour_next"), Qt::LeftButton);
    QTRY_VERIFY(window.welcome().tour() == nullptr);
    window.actions().tour->trigger();  // again, as often as one likes
    QVERIFY(window.welcome().tour() != nullptr);
    window.close_quietly();
  }

  void the_sheet_holds_every_key_of_the_menus_and_of_the_canvas() {
    MainWindow window;
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    QTest::keyClick(&window, Qt::Key_F1);
    auto* sheet = window.findChild<ShortcutSheet*>();
    QVERIFY(sheet != nullptr);
    auto* list = sheet->findChild<QTreeWidget*>();
    const auto shown = [&](const QString& keys) {
      return !list->findItems(keys, Qt::MatchContains | Qt::MatchRecursive, 1).isEmpty();
    };
    for (const QAction* action : window.findChildren<QAction*>())
      if (action->menu() == nullptr && !action->shortcut().isEmpty() &&
          window.actions().run->parent() == action->parent())
        QVERIFY2(shown(action->shortcut().toString(QKeySequence::NativeText)), qPrintable(action->text()));
    for (const CanvasKey& key : canvas_keys()) QVERIFY2(shown(key.keys), qPrintable(key.what));
    QTest::keyClicks(sheet->findChild<QLineEdit*>(), "zoom");
    QVERIFY(!shown("Ctrl+S"));
    QVERIFY(shown("Ctrl+0"));
    window.close_quietly();
  }

  void shortcuts_stand_in_tooltips() {
    MainWindow window;
    const auto* bar = window.findChild<QToolBar*>();
    for (const QAction* action : bar->actions())
      if (!action->shortcut().isEmpty())
        QVERIFY2(action->toolTip().contains(action->shortcut().toString(QKeySequence::NativeText)),
                 qPrintable(action->toolTip()));
  }

  void every_help_page_can_be_read_and_its_links_lead_somewhere() {
    HelpWindow help;
    help.show();
    auto* list = help.findChild<QListWidget*>();
    const QStringList pages = QDir(":/help").entryList({"*.md"});
    QVERIFY(pages.size() >= 8);
    QCOMPARE(list->count(), static_cast<int>(pages.size()));
    QCOMPARE(help.page(), QString("getting-started.md"));
    auto* text = help.findChild<QTextBrowser*>();
    for (int row = 0; row < list->count(); ++row) {
      list->setCurrentRow(row);
      QVERIFY2(text->toPlainText().size() > 400, qPrintable(help.page()));
      for (QTextBlock block = text->document()->begin(); block.isValid(); block = block.next())
        for (auto it = block.begin(); !it.atEnd(); ++it) {
          const QString link = it.fragment().charFormat().anchorHref();
          if (link.endsWith(".md")) QVERIFY2(pages.contains(link), qPrintable(help.page() + ": " + link));
        }
    }
    help.show_page("command-line");
    QVERIFY(text->toPlainText().contains("preview"));
  }

  void links_of_help_lead_to_headings() {
    HelpWindow help;
    help.show();
    auto* text = help.findChild<QTextBrowser*>();
    const auto follow = [&](const char* link) {
      Q_EMIT text->anchorClicked(QUrl(QString::fromLatin1(link)));
      return text->verticalScrollBar()->value();
    };
    const int far_down = follow("backbones.md#weights-from-a-file");
    QCOMPARE(help.page(), QString("backbones.md"));
    QVERIFY(far_down > 0);
    const int higher = follow("#stages");  // of the same page
    QCOMPARE(help.page(), QString("backbones.md"));
    QVERIFY(higher > 0 && higher < far_down);
    const QString top = text->cursorForPosition(QPoint(30, 30)).block().text();
    QVERIFY2(top == "Stages" || top.startsWith("What is frozen or thawed"), qPrintable(top));
    follow("runs.md");
    QCOMPARE(help.page(), QString("runs.md"));
    QCOMPARE(text->verticalScrollBar()->value(), 0);
  }
};

FEEDLINE_WINDOW_TEST(TestStart)

}  // namespace feedline::gui::test_start

#include "test_start.moc"
