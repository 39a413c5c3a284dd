// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QObject>
#include <QPointer>
#include <QString>

#include <functional>

class QMainWindow;
class QWidget;

namespace feedline::gui::inline base {
class Actions;
}  // namespace feedline::gui::inline base
namespace feedline::gui::inline diagnosis {
class DiagnosisPanel;
}  // namespace feedline::gui::inline diagnosis
namespace feedline::gui::inline inspector {
class InspectorPanel;
class PalettePanel;
}  // namespace feedline::gui::inline inspector
namespace feedline::gui::inline workspace {
class DocumentTab;
class Files;
class Workspace;
}  // namespace feedline::gui::inline workspace

namespace feedline::gui::inline start {

class Gallery;
class HelpWindow;
class StarterController;
class Tour;
struct TourStop;

/// What of the window it speaks of and steers.
struct WelcomeParts {
  PalettePanel* palette = nullptr;
  InspectorPanel* inspector = nullptr;
  DiagnosisPanel* diagnosis = nullptr;
  std::function<void(QWidget* panel)> show{};   ///< brings a panel into view
  std::function<bool(DocumentTab& tab)> run{};  ///< trains its graph; false: another run is on, which goes on
  std::function<void()> stop{};
  std::function<QString()> help_page{};  ///< of what has the keyboard; empty: any
};

/// What helps to begin: gallery, recent files, tour, help pages, the sheet of keys; and the actions that lead to them.
class Welcome : public QObject {
  Q_OBJECT

 public:
  Welcome(Files& files, Workspace& workspace, WelcomeParts parts, Actions& actions, QMainWindow* window);

  /// For a window that opens without a file: the tour at the very first start, later the gallery, as Settings say.
  void begin();
  void show_gallery();
  void start_tour();
  void show_shortcuts();
  void show_help(const QString& page = {});
  [[nodiscard]] StarterController& starter() { return *starter_; }
  [[nodiscard]] Tour* tour() const;  ///< null while none is on

 Q_SIGNALS:
  /// What the tour shows is its own: the workspaces, to which its run leads, are to be as they were when it ends.
  void tour_began();
  void tour_ended();

 private:
  void connect_actions();
  void fill_examples();
  void fill_recent();
  [[nodiscard]] QWidget* run_button() const;
  [[nodiscard]] QList<TourStop> tour_stops(DocumentTab& tab);
  void run_for_tour(DocumentTab& tab);

  Files& files_;
  Workspace& workspace_;
  WelcomeParts parts_;
  Actions& actions_;
  QMainWindow* window_;
  StarterController* starter_;
  QPointer<Tour> tour_{};
  bool tour_run_ = false;  ///< the run that goes on was begun by the tour
  QPointer<HelpWindow> help_{};
};

}  // namespace feedline::gui::inline start
