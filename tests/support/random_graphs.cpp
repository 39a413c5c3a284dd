// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/random_graphs.h"

#include "graph/edit.h"
#include "graph/grouping.h"
#include "support/random_draws.h"

#include <QtGlobal>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace feedline::test {
namespace {

class GraphMaker {
 public:
  GraphMaker(unsigned seed, const PictureFolders& folders) : draws_(seed), folders_(folders) {}

  Document make() {
    side_ = 8 + static_cast<std::int64_t>(draws_.below(24));
    names_ = free_names();
    add("source", "image_folder", {{"folder", folders_.training}});
    const Side training = add_side("", "source");
    add("flatten", "flatten");
    add("linear", "linear");
    add("loss", "cross_entropy");
    add("sgd", "sgd");
    ParamMap trainer{{"seed", static_cast<std::int64_t>(draws_.below(1000))}, {"device", std::string("cpu")}};
    add("trainer", "trainer");
    wire("batch.image", "flatten.x");
    wire("flatten.y", "linear.x");
    wire("linear.y", "loss.prediction");
    wire("batch.label", "loss.target");
    wire("loss.loss", "trainer.loss");
    wire("sgd.optimizer", "trainer.optimizer");
    add_validation(training, trainer);
    for (auto& [name, value] : trainer) must(Edit{SetParam{.node = "trainer", .param = name, .value = value}});
    if (chance(3)) add_unused_batch(training);
    while (chance(2)) add_loose_end(training);
    for (const std::string& node : spare_)
      if (chance(4)) must(Edit{SetMuted{.node = node}});
    if (chance(2)) put_into_subgraph();
    return std::move(document_);
  }

 private:
  /// What a data side is made of: the outputs that give pictures, the decoder, and its label.
  struct Side {
    std::vector<std::string> pictures{};
    std::string decoded{};
    std::string label{};
  };

  bool chance(std::size_t of) { return draws_.below(of) == 0; }

  void must(const Edit& edit) {
    if (const auto done = document_.apply(edit); !done) qFatal("%s", done.error().line().c_str());
  }
  void add(const std::string& id, const std::string& type, ParamMap params = {}) {
    must(Edit{AddNode{.node = {.id = id, .type = type, .params = std::move(params)}}});
  }
  static PortRef port(const std::string& text) {
    const auto dot = text.find('.');
    return {text.substr(0, dot), text.substr(dot + 1)};
  }
  void wire(const std::string& from, const std::string& to) {
    must(Edit{AddLink{.link = {.from = port(from), .to = port(to)}}});
  }

  /// Pairs of words that FNV-1a gives one hash: the random streams of such nodes collide.
  std::vector<std::string> free_names() {
    std::vector<std::string> names;
    for (const auto& [one, other] : {std::pair("costarring", "liquid"), std::pair("declinate", "macallums"),
                                     std::pair("altarage", "zinke"), std::pair("altarages", "zinkes")}) {
      if (!chance(2)) continue;
      names.emplace_back(one);
      names.emplace_back(other);
    }
    return names;
  }
  std::string name(const std::string& stem) {
    if (names_.empty() || chance(3)) return document_.free_id(stem);
    std::string chosen = std::move(names_.back());
    names_.pop_back();
    return chosen;
  }

  /// A node with one input and one output, between `value` and whatever follows.
  std::string through(const std::string& value, const std::string& type, const std::string& in, const std::string& out,
                      ParamMap params = {}) {
    const std::string id = name(type);
    add(id, type, std::move(params));
    wire(value, id + "." + in);
    return id + "." + out;
  }
  std::string cached(const std::string& value) {
    return through(value, "cache", "sample", "sample", {{"ram_megabytes", std::int64_t{8}}});
  }

  /// Both values, or only the picture: the record moves as a whole all the same.
  void shuffle(std::string& value, std::string& label) {
    const std::string id = document_.free_id("shuffle");
    add(id, "shuffle");
    wire(value, id + ".sample");
    value = id + ".sample";
    if (chance(3)) return;
    wire(label, id + ".label");
    label = id + ".label";
  }

  std::string sized(const std::string& value, bool& random) {
    if (chance(2)) return through(value, "resize", "image", "image", {{"width", side_}, {"height", side_}});
    random = true;
    return through(value, "random_resized_crop", "image", "image", {{"size", side_}});
  }

  std::string changed(const std::string& value, bool& random) {
    random = true;
    if (chance(2))
      return through(value, "pad_random_crop", "image", "image", {{"padding", std::int64_t{3}}, {"size", side_}});
    const std::string flipped = through(value, "horizontal_flip", "image", "image");
    spare_.push_back(port(flipped).node);
    return flipped;
  }

  /// From a source to a batch; both sides of a graph give pictures of one size.
  Side add_side(const std::string& suffix, const std::string& source) {
    Side side{.label = source + ".label"};
    std::string value = source + ".file";
    const std::size_t shuffled = draws_.below(5);
    if (chance(6)) value = cached(value);
    if (shuffled == 1) shuffle(value, side.label);
    side.decoded = through(value, "decode", "file", "image");
    return finish_side(std::move(side), suffix, shuffled);
  }

  Side finish_side(Side side, const std::string& suffix, std::size_t shuffled) {
    bool random = false;
    std::string value = side.decoded;
    side.pictures.push_back(value);
    if (shuffled == 2) shuffle(value, side.label);
    if (chance(6)) value = cached(value);
    if (chance(5)) {
      random = true;
      value = through(value, "horizontal_flip", "image", "image");
    }
    value = sized(value, random);
    side.pictures.push_back(value);
    if (!random && chance(3)) value = cached(value);
    if (shuffled == 3) shuffle(value, side.label);
    const std::size_t changes = draws_.below(4);
    const std::size_t normalised = draws_.below(changes + 1);
    for (std::size_t i = 0; i <= changes; ++i) {
      if (i == normalised) value = through(value, "normalise", "image", "image");
      if (i < changes) value = changed(value, random);
      side.pictures.push_back(value);
    }
    if (shuffled == 4) shuffle(value, side.label);
    add("batch" + suffix, "batch", {{"size", static_cast<std::int64_t>(2 + draws_.below(4))}});
    wire(value, "batch" + suffix + ".image");
    wire(side.label, "batch" + suffix + ".label");
    return side;
  }

  void add_validation(const Side& training, ParamMap& trainer) {
    switch (draws_.below(4)) {
      case 0:
        return;
      case 1:
        trainer["validation_split"] = 0.25;
        return;
      case 2:
        add("others", "image_folder", {{"folder", folders_.validation}});
        add_side("_validation", "others");
        break;
      default:
        if (chance(2))
          finish_side({.decoded = training.decoded, .label = training.label}, "_validation", 0);
        else
          add_side("_validation", "source");
    }
    wire("batch_validation.batch", "trainer.validation");
  }

  void add_unused_batch(const Side& side) {
    add("batch_unused", "batch");
    wire(through(side.decoded, "resize", "image", "image", {{"width", std::int64_t{16}}, {"height", std::int64_t{8}}}),
         "batch_unused.image");
    if (chance(2)) wire(side.label, "batch_unused.label");
  }

  /// Something reads a picture, and nobody needs it.
  void add_loose_end(const Side& side) {
    if (chance(2))
      cached(side.decoded);
    else
      through(side.pictures[draws_.below(side.pictures.size())], "horizontal_flip", "image", "image");
  }

  /// One node of the data side, or two that follow each other; one that turns pictures into pictures may repeat.
  void put_into_subgraph() {
    std::vector<const Link*> links;
    for (const Link& link : document_.links())
      if (is_step(link.from.node) && is_step(link.to.node)) links.push_back(&link);
    if (links.empty()) return;
    const Link& link = *links[draws_.below(links.size())];
    std::vector<std::string> ids = {link.to.node};
    if (chance(2)) ids.push_back(link.from.node);
    const bool repeats = ids.size() == 1 && document_.find(ids.front())->type != "decode" &&
                         document_.find(ids.front())->type != "normalise" && chance(2);
    const auto grouped = group(document_, ids);
    if (!grouped) qFatal("%s", grouped.error().line().c_str());
    must(grouped->edit);
    if (repeats)
      must(Edit{SetParam{.node = grouped->ids.front(),
                         .param = "repeat",
                         .value = Value(static_cast<std::int64_t>(2 + draws_.below(2)))}});
  }

  [[nodiscard]] bool is_step(const std::string& id) const {
    const NodeSpec* spec = Registry::instance().find(document_.find(id)->type);
    return spec->role == Role::Sample;
  }

  RandomDraws draws_;
  const PictureFolders& folders_;
  Document document_{};
  std::int64_t side_ = 16;
  std::vector<std::string> names_{};
  std::vector<std::string> spare_{};  ///< nodes that may be muted
};

}  // namespace

Document random_graph(unsigned seed, const PictureFolders& folders) { return GraphMaker(seed, folders).make(); }

}  // namespace feedline::test
