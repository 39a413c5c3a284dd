// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/ask_to_stop.h"

#include <QMessageBox>
#include <QPushButton>

namespace feedline::gui::inline app {

bool ask_to_stop(const StopQuestion& question, QWidget* window) {
  QMessageBox box(QMessageBox::Question, question.title, question.text, QMessageBox::NoButton, window);
  box.setInformativeText(question.loss);
  QPushButton* stop = box.addButton(question.stop, QMessageBox::AcceptRole);
  QPushButton* keep = box.addButton(question.keep, QMessageBox::RejectRole);
  box.setDefaultButton(keep);
  box.setEscapeButton(keep);
  box.exec();
  return box.clickedButton() == stop;
}

}  // namespace feedline::gui::inline app
