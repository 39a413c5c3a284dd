// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/wire_splits.h"
#include "gui/commands/document_controller.h"
#include "gui/session/latest_worker.h"
#include "schema/behaviour.h"

#include <QObject>
#include <QTimer>

#include <optional>
#include <vector>

namespace feedline::gui::inline session {

/// A source that reads the parent of the parts of a data set: what wire_splits() takes.
struct SplitOffer {
  std::string node{};
  std::string param{};
  SplitPaths paths{};
};

/// Looks into the sources of the graph while it is being drawn, on a thread of its own, so that wires show exact sizes
/// and class counts and a missing folder is told before anyone presses Run.
///
/// Modules of TorchScript are asked for their shapes there, too: the graph is described anew, which loads them, and
/// what they say is then known to the window's thread (schema/ask_later.h).
///
/// Only sources that are cheap to open are looked at: those that read files or a folder which the user named, unless
/// they would have to be unpacked first (.gz, .tgz, .npz), and generated ones that have been made before. Nothing is
/// ever generated or unpacked here. An edit of a source's parameters waits a moment for the next keystroke, then
/// abandons the probe in flight.
class Prober : public QObject {
  Q_OBJECT

 public:
  explicit Prober(DocumentController& document, QObject* parent = nullptr);

  /// A run has begun: what it generated is there now, and is looked into if it was not before.
  void look_again();
  /// What the last probe could not open, and what sources passed over; empty while all is well.
  [[nodiscard]] const std::vector<Problem>& problems() const { return problems_; }
  /// Sources that read the parent of train and val, with the parts that they could read instead.
  [[nodiscard]] const std::vector<SplitOffer>& splits() const { return splits_; }

 Q_SIGNALS:
  /// A probe has ended; the document's shapes and problems() are up to date.
  void probed();

 private:
  struct Target {
    std::string node{};
    const NodeSpec* spec = nullptr;
    ParamMap params{};  ///< complete
    bool made = false;  ///< its files are generated: it is opened only if they are there already
    bool operator==(const Target&) const = default;
  };
  struct Outcome {
    ProbedSources sources{};
    SourceFactsMap facts{};
    SourceColumns columns{};
    std::vector<Problem> problems{};
    std::vector<SplitOffer> splits{};
  };
  static void look(const Target& target, const Source& source, Outcome& outcome);
  /// The columns of a table that cannot be opened, as a column is named that it does not have: then one can be chosen.
  static void look_for_columns(const Target& target, const SourceContext& context, Outcome& outcome);

  struct Question {
    std::vector<Target> targets{};
    std::optional<Document> asking{};  ///< has nodes whose shapes only their files can tell (NodeSpec::asks_file)
  };

  [[nodiscard]] std::vector<Target> targets() const;
  /// Is there a node that only its file can describe, and that this very document has not been asked for?
  [[nodiscard]] bool lacks_answers() const;
  [[nodiscard]] static Outcome open(const Question& question, const std::stop_token& stop);
  void request();
  void deliver(Outcome outcome);

  DocumentController& document_;
  QTimer debounce_{};
  std::vector<Target> wanted_{};     ///< of the last request
  std::optional<Document> asked_{};  ///< that of the last request which had nodes that ask their files
  std::vector<Problem> problems_{};
  std::vector<SplitOffer> splits_{};
  LatestWorker<Question, Outcome> worker_;
};

}  // namespace feedline::gui::inline session
