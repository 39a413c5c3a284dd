// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/session/learnt_finder.h"

#include "engine/fit.h"
#include "graph/subgraph.h"
#include "plan/plan.h"

#include <exception>
#include <system_error>
#include <utility>

namespace feedline::gui::inline session {

namespace {

constexpr int kSettleMs = 300;

/// `last`: what was found the time before. What is still the same keeps its place in memory, so that the window's
/// thread sees by that alone whether anything is new.
LearntBefore look_up(const Document& document, const LearningHashes& hashes, const std::filesystem::path& cache_folder,
                     LearntStates& last, const std::stop_token& stop) {
  LearntBefore found{.hashes = hashes};
  try {
    auto plan = make_plan(
        document, {.sources = {.cache_folder = cache_folder, .stop = stop, .make_nothing = true, .progress = {}}});
    if (!plan) return found;
    if (auto states = kept_states(std::move(*plan), {.cache_folder = cache_folder, .stop = stop}))
      found.states = std::move(*states);
  } catch (const std::exception&) {  // a graph that cannot be prepared: a run says why
  }
  for (auto& [node, state] : found.states)
    if (const auto before = last.find(node); before != last.end() && *before->second == *state) state = before->second;
  last = found.states;
  return found;
}

}  // namespace

LearntFinder::LearntFinder(DocumentController& document, std::filesystem::path cache_folder, QObject* parent)
    : QObject(parent),
      document_(document),
      cache_folder_(cache_folder.empty() ? default_cache_folder() : std::move(cache_folder)),
      worker_(
          [folder = cache_folder_, last = LearntStates()](const Question& asked, const std::stop_token& stop) mutable {
            return look_up(asked.document, asked.hashes, folder, last, stop);
          },
          [this](LearntBefore found) {
            if (found.states != document_.learnt()) document_.set_learnt(std::move(found));
          }) {
  debounce_.setSingleShot(true);
  debounce_.setInterval(kSettleMs);
  connect(&debounce_, &QTimer::timeout, this, &LearntFinder::ask);
  connect(&document_, &DocumentController::changed, this, &LearntFinder::follow_document);
  connect(&watcher_, &QFileSystemWatcher::directoryChanged, this, [this] {
    asked_.clear();
    debounce_.start();
  });
}

LearningHashes LearntFinder::wanted() const {
  bool known = true;
  bool learns = false;
  each_node(document_.document(), [&](const std::string& path, const Node& node) {
    const NodeSpec* spec = Registry::instance().find(node.type);
    if (spec == nullptr) return;
    learns |= static_cast<bool>(spec->fitter);
    if (spec->role != Role::Source) return;
    const auto facts = document_.source_facts().find(path);
    known &= facts != document_.source_facts().end() && !facts->second.counting && facts->second.records > 0;
  });
  return known && learns && document_.analysis().ok() ? learning_hashes(document_.document()) : LearningHashes{};
}

/// What is wanted costs an analysis of the graph: it is found once edits have settled, not with each of them.
void LearntFinder::follow_document() {
  if (std::exchange(seen_analysis_, document_.analyses()) != document_.analyses()) debounce_.start();
}

/// What is learnt in the meantime appears in this folder.
void LearntFinder::watch() {
  if (!watcher_.directories().isEmpty()) return;
  const std::filesystem::path folder = cache_folder_ / "fitted";
  std::error_code ignored;  // then only edits make it look again
  std::filesystem::create_directories(folder, ignored);
  if (!ignored) watcher_.addPath(QString::fromStdString(folder.string()));
}

void LearntFinder::ask() {
  LearningHashes now = wanted();
  if (now == asked_) return;
  asked_ = now;
  if (now.empty()) return worker_.cancel();
  watch();
  worker_.ask({.document = document_.document(), .hashes = std::move(now)});
}

}  // namespace feedline::gui::inline session
