// SPDX-License-Identifier: GPL-3.0-or-later
// What is written can be read and what is drawn can be seen, in both themes, by WCAG 2.1: 4.5 for writing, 3 for lines
// and bars that mean something. Writing that is enlarged for an audience is enlarged everywhere.
#include "gui/base/contrast.h"
#include "gui/base/theme.h"
#include "gui/canvas/paint_tools.h"
#include "gui/diagnosis/diagnosis_panel.h"
#include "gui/diagnosis/fix_list.h"
#include "gui/runs/compare_plots.h"
#include "support/test_program.h"

#include <QFontInfo>
#include <QLabel>
#include <QTest>

#include <cmath>
#include <vector>

namespace feedline::gui::test_contrast {

namespace {

constexpr double kWriting = 4.5;
constexpr double kDrawing = 3;

struct Named {
  const char* name;
  QColor color;
};

/// Those that are too close, in words; empty: none.
QString too_close(const std::vector<Named>& fronts, const std::vector<Named>& grounds, double least) {
  QStringList found;
  for (const Named& front : fronts)
    for (const Named& ground : grounds)
      if (const double ratio = contrast_ratio(front.color, ground.color); ratio < least)
        found << QString("%1 on %2: %3").arg(front.name, ground.name).arg(ratio, 0, 'f', 2);
  return found.join(", ");
}

}  // namespace

class TestContrast : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void init() { Theme::instance().set_mode(Theme::Mode::Light); }
  void cleanupTestCase() { Theme::instance().set_mode(Theme::Mode::Light); }

  void the_ratio_is_that_of_wcag() {
    QCOMPARE(contrast_ratio(Qt::black, Qt::white), 21.0);
    QCOMPARE(contrast_ratio(Qt::white, Qt::black), 21.0);
    QCOMPARE(contrast_ratio("#0b5cad", "#0b5cad"), 1.0);
    QVERIFY(std::abs(contrast_ratio("#777777", "#ffffff") - 4.48) < 0.005);  // the well-known grey that just fails
  }

  void both_themes_can_be_read_data() {
    QTest::addColumn<bool>("dark");
    QTest::newRow("light") << false;
    QTest::newRow("dark") << true;
  }
  void both_themes_can_be_read() {
    QFETCH(bool, dark);
    Theme::instance().set_mode(dark ? Theme::Mode::Dark : Theme::Mode::Light);
    const Theme::Colors& c = Theme::instance().colors();
    const std::vector<Named> surfaces = {
        {"window", c.window}, {"panel", c.panel}, {"raised", c.raised}, {"canvas", c.canvas}, {"node", c.node}};
    QCOMPARE(too_close({{"text", c.text},
                        {"muted", c.muted},
                        {"accent", c.accent},
                        {"good", c.good},
                        {"warning", c.warning},
                        {"error", c.error}},
                       surfaces, kWriting),
             QString());
    QCOMPARE(too_close({{"writing on a button", c.accent_text}}, {{"accent", c.accent}}, kWriting), QString());
    // The state of the run: its colour on a veil of the same.
    for (const Named& tone : {Named{"muted", c.muted}, {"good", c.good}, {"warning", c.warning}, {"error", c.error}})
      QCOMPARE(too_close({tone}, {{"its chip", mixed(c.panel, tone.color, 36.0 / 255)}}, kWriting), QString());
  }

  void both_themes_can_be_seen_data() { both_themes_can_be_read_data(); }
  void both_themes_can_be_seen() {
    QFETCH(bool, dark);
    Theme::instance().set_mode(dark ? Theme::Mode::Dark : Theme::Mode::Light);
    const Theme& theme = Theme::instance();
    const Theme::Colors& c = theme.colors();
    const std::vector<Named> drawn = {{"busy", c.busy},
                                      {"starved", c.starved},
                                      {"blocked", c.blocked},
                                      {"train", c.train},
                                      {"validation", c.validation}};
    QCOMPARE(too_close(drawn, {{"panel", c.panel}}, kDrawing), QString());
    // Shares are written into their bars.
    QCOMPARE(too_close({{"dark writing", QColor("#101418")}},
                       {{"busy", c.busy}, {"starved", c.starved}, {"blocked", c.blocked}}, kWriting),
             QString());
    for (int category = 0; category <= static_cast<int>(Category::Structure); ++category)
      QCOMPARE(too_close({{"category", theme.category_color(static_cast<Category>(category))}}, {{"panel", c.panel}},
                         kDrawing),
               QString());
    for (std::size_t run = 0; run < 5; ++run)
      QCOMPARE(too_close({{"a run", ComparePlots::color(run)}}, {{"panel", c.panel}}, kDrawing), QString());
  }

  /// Pills have many colours.
  void black_or_white_whichever_reads() {
    for (const bool dark : {false, true}) {
      Theme::instance().set_mode(dark ? Theme::Mode::Dark : Theme::Mode::Light);
      const Theme::Colors& c = Theme::instance().colors();
      for (const QColor& color : {c.accent, c.good, c.warning, c.error, c.train, c.validation, c.blocked, c.muted})
        QVERIFY2(contrast_ratio(readable_on(color), color) >= kWriting, qPrintable(color.name()));
    }
  }

  void the_verdict_and_the_fixes_grow_with_the_writing() {
    Theme::instance().set_font_scale(1);
    DiagnosisPanel panel;
    panel.fix_list().show_fixes({{.id = "workers", .title = "4 workers", .predicted_ratio = 1.5}});
    panel.show_applied("workers", "4 workers");
    const QList<QLabel*> labels = panel.findChildren<QLabel*>();
    std::vector<int> before;
    for (const QLabel* label : labels) before.push_back(QFontInfo(label->font()).pixelSize());
    Theme::instance().set_font_scale(1.5);
    QStringList stayed;
    for (qsizetype i = 0; i < labels.size(); ++i)
      if (QFontInfo(labels[i]->font()).pixelSize() <= before[static_cast<std::size_t>(i)])
        stayed << QStringLiteral("'%1' in %2")
                      .arg(labels[i]->text(), labels[i]->parentWidget()->metaObject()->className());
    Theme::instance().set_font_scale(1);
    QVERIFY2(stayed.isEmpty(), qPrintable(stayed.join(", ")));
    QVERIFY(before.size() > 6);
  }

  /// What no longer holds is told apart in words, and can still be read.
  void a_fix_that_is_not_offered_any_more_can_be_read() {
    for (const bool dark : {false, true}) {
      Theme::instance().set_mode(dark ? Theme::Mode::Dark : Theme::Mode::Light);
      FixList list;
      list.show_fixes({{.id = "workers", .title = "4 workers", .predicted_ratio = 1.5}});
      list.show_fixes({});
      int seen = 0;
      for (const QLabel* label : list.findChildren<QLabel*>()) {
        if (label->text().isEmpty()) continue;
        ++seen;
        QVERIFY2(
            contrast_ratio(label->palette().color(QPalette::WindowText), Theme::instance().colors().panel) >= kWriting,
            qPrintable(label->text()));
      }
      QVERIFY(seen >= 2);
    }
  }
};

FEEDLINE_WINDOW_TEST(TestContrast)

}  // namespace feedline::gui::test_contrast

#include "test_contrast.moc"
