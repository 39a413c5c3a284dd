// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/run_recorder.h"

#include "graph/edit.h"
#include "support/fake_nodes.h"
#include "support/small_data.h"

#include <QStringList>

namespace feedline::test {

RecordedRun::RecordedRun(const Document& document, RunOptions options, Reaction react) : react_(std::move(react)) {
  auto run = Run::start(document, std::move(options), [this](const Fact& fact) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return started_; });
    facts_.push_back(fact);
    if (const auto* finished = std::get_if<Finished>(&fact)) result_ = finished->result;
    lock.unlock();
    changed_.notify_all();
    if (react_) react_(*run_, fact);
  });
  const std::lock_guard lock(mutex_);
  run_ = std::move(run);
  started_ = true;
  changed_.notify_all();
}

const RunResult& RecordedRun::result() {
  if (!run_->wait_for(std::chrono::minutes(4))) qFatal("the run did not end");
  return result_;
}

std::vector<Fact> RecordedRun::facts() const {
  const std::lock_guard lock(mutex_);
  return facts_;
}

QString RecordedRun::story() const {
  static const char* const names[] = {"Preparing", "Started", "RecordFailed", "Noticed", "EpochDone", "Finished"};
  QStringList words;
  for (const Fact& fact : facts()) {
    const QString word = QString::fromLatin1(names[fact.index()]);
    if (words.isEmpty() || words.last() != word) words.append(word);
  }
  return words.join(QLatin1Char(' '));
}

Document small_network(const QString& folder, int count) {
  write_file(folder + "/images", idx_images(count));
  write_file(folder + "/labels", idx_labels(count));
  Graph graph(
      "source:idx shuffle:shuffle normalise:normalise batch:batch flatten:flatten hidden:linear relu:relu "
      "dropout:dropout last:linear loss:cross_entropy adam:adam trainer:trainer "
      "source.image>shuffle.sample source.label>shuffle.label shuffle.sample>normalise.image "
      "normalise.image>batch.image shuffle.label>batch.label batch.image>flatten.x flatten.y>hidden.x "
      "hidden.y>relu.x relu.y>dropout.x dropout.y>last.x last.y>loss.prediction batch.label>loss.target "
      "loss.loss>trainer.loss adam.optimizer>trainer.optimizer");
  graph.set("source", "images", (folder + "/images").toStdString())
      .set("source", "labels", (folder + "/labels").toStdString())
      .set("batch", "size", std::int64_t{32})
      .set("hidden", "units", std::int64_t{32})
      .set("dropout", "probability", 0.1)
      .set("trainer", "validation_split", 0.25)
      .set("trainer", "device", std::string("cpu"))
      .set("trainer", "epochs", std::int64_t{3});
  return graph.document();
}

Document with(Document document, const std::string& node, const std::string& param, Value value) {
  const auto undo = document.apply(Edit{SetParam{.node = node, .param = param, .value = std::move(value)}});
  if (!undo) qFatal("%s", undo.error().line().c_str());
  return document;
}

}  // namespace feedline::test
