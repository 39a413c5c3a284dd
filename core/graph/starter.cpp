// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/starter.h"

#include "base/embedded.h"
#include "base/numbers.h"
#include "graph/json.h"
#include "graph/starter_draft.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace feedline::inline graph {
namespace {

constexpr std::int64_t kSmallSide = 96;  ///< pictures up to this are taken as they are, not as photos
constexpr std::int64_t kPhotoSide = 128;
constexpr double kRecordsToSee = 30000;  ///< that a first run goes through, in all epochs
constexpr double kStepsAnEpoch = 20;     ///< at least, where the batch can be made small enough

/// The example that is nearest to what the data need.
enum class Design { Photos, Small, Idx };

Design design_of(const StarterData& data) {
  if (!data.encoded) return Design::Idx;
  const std::int64_t side = std::min(data.height, data.width);
  return side > 0 && side <= kSmallSide ? Design::Small : Design::Photos;
}

/// What a network of a few halvings takes: a multiple of 8.
std::int64_t side_of(const StarterData& data, std::int64_t most) {
  const double side = static_cast<double>(std::max(data.height, data.width));
  return std::clamp<std::int64_t>(std::lround(side / 8) * 8, 16, most);
}

/// Where the node of an example stands.
Position place_of(const Document& document, const std::string& id) {
  const Node* node = document.find(id);
  return node == nullptr ? Position{} : node->position;
}

double training_records(const StarterData& data) {
  return static_cast<double>(data.records) * (data.validation ? 1 : 1 - kSetAside);
}

std::int64_t epochs_for(const StarterData& data) {
  return std::clamp<std::int64_t>(std::lround(kRecordsToSee / std::max(training_records(data), 1.0)), 5, 30);
}

void exchange_source(StarterDraft& draft, const StarterData& data) {
  const Position place = place_of(draft.document(), "source");
  draft.remove("source");
  draft.add("source", data.type, data.training, place);
  draft.connect({"source", data.encoded ? "file" : "image"}, {"shuffle", "sample"});
  draft.connect({"source", "label"}, {"shuffle", "label"});
}

/// Scales pictures that are not square or too large before the crop.
bool wants_resize(const StarterData& data) {
  return !data.encoded && (data.height != data.width || data.height > kSmallSide);
}

void fit_idx(StarterDraft& draft, const StarterData& data) {
  const bool resized = wants_resize(data);
  const std::int64_t side = resized ? side_of(data, kSmallSide) : std::max<std::int64_t>(data.height, 8);
  const Position flip = place_of(draft.document(), "flip");
  draft.remove("flip");  // what it does to digits is wrong, and nobody knows what these are
  draft.set("crop", "size", side);
  if (resized) {
    draft.add("resize", "resize", {{"height", side}, {"width", side}}, place_of(draft.document(), "crop"));
    draft.apply({MoveNodes{{{"crop", flip}}}});
    draft.connect({"shuffle", "sample"}, {"resize", "image"});
    draft.connect({"resize", "image"}, {"crop", "image"});
  }
  draft.connect({"crop", "image"}, {"normalise", "image"});
  draft.set("normalise", "preset", std::string("half"));
  draft.set("linear2", "units", std::int64_t{0});
  for (const char* id : {"validation", "validation_normalise", "validation_batch"}) draft.remove(id);
}

/// What must be done to validation pictures: the same as to those of training, in its fixed form.
void add_validation(StarterDraft& draft, const StarterData& data, Design design) {
  double bottom = 0;
  for (const Node& node : draft.document().nodes()) bottom = std::max(bottom, node.position.y);
  Position place{0, bottom + 260};
  PortRef from{"validation", data.encoded ? "file" : "image"};
  draft.add("validation", data.type, *data.validation, place);
  const auto follow = [&](const std::string& model, const std::string& port) {
    const Node* like = draft.document().find(model);
    if (like == nullptr) return;
    place.x += 260;
    draft.add("validation_" + model, like->type, ParamMap(like->params), place);
    draft.connect(from, {"validation_" + model, port});
    from = {"validation_" + model, "image"};
  };
  if (data.encoded) follow("decode", "file");
  if (design != Design::Photos) follow("resize", "image");
  if (design == Design::Photos) follow("crop", "image");
  follow("normalise", "image");
  follow("batch", "image");
  draft.connect({"validation", "label"}, {"validation_batch", "label"});
  draft.connect({"validation_batch", "batch"}, {"trainer", "validation"});
}

std::string note_text(const StarterData& data) {
  const bool pictures = data.form == StarterForm::Pictures;
  const std::string validated = data.validation ? "Validation reads its own folder or files, in the last row."
                                                : fmt::format("A fifth of the {} is set aside for validation.",
                                                              pictures ? "pictures" : "records");
  std::vector<std::string> ignored;
  if (const auto list = data.training.find("ignore"); list != data.training.end())
    if (const auto* names = std::get_if<ValueList>(&list->second))
      for (const ListItem& name : *names) ignored.push_back(to_text(name));
  const std::string left_out =
      ignored.empty() ? std::string() : " The source ignores what tells nothing: " + numbers::listed(ignored, 4) + ".";
  return fmt::format(
      "Built for {}. First row: once a {}, on worker threads; below it: once a batch, the model. {}{} Press Run, "
      "then change what you like.",
      size_text(data), pictures ? "picture" : "record", validated, left_out);
}

}  // namespace

std::int64_t starter_batch_size(const StarterData& data, std::int64_t most) {
  std::int64_t size = most;
  while (size > 8 && training_records(data) / static_cast<double>(size) < kStepsAnEpoch) size /= 2;
  return size;
}

void put_starter_note(StarterDraft& draft, const StarterData& data) {
  std::vector<std::string> old;
  for (const Comment& comment : draft.document().comments()) old.push_back(comment.id);
  for (const std::string& id : old) draft.apply({RemoveComment{id}});
  draft.apply({AddComment{
      .comment = {.id = "note1", .text = note_text(data), .position = {0, -120}, .width = 1240, .height = 80}}});
}

Result<Document> example_document(std::string_view name) {
  for (const EmbeddedFile& file : embedded_examples())
    if (file.name == name) {
      auto loaded = from_json(file.text);
      if (!loaded) return fail(std::move(loaded.error()));
      return std::move(loaded->document);
    }
  return fail("the example " + std::string(name) + " is missing");
}

std::string size_text(const StarterData& data) {
  const auto counted = [](std::uint64_t count, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
  };
  const auto classes = static_cast<std::uint64_t>(data.classes);
  const std::string target = data.number ? std::string("a number") : counted(classes, "class", "classes");
  const bool named = !data.label.empty() && data.form != StarterForm::Pictures;
  std::string text = named         ? fmt::format("'{}' ({}) from ", data.label, target)
                     : data.number ? target + " from "
                                   : target + ", ";
  switch (data.form) {
    case StarterForm::Pictures:
      text += counted(data.records, "picture", "pictures");
      break;
    case StarterForm::Texts:
    case StarterForm::RowTexts:
      text += counted(data.records, "text", "texts");
      break;
    case StarterForm::Rows:
      text += counted(data.records, "row", "rows") + " of " +
              counted(static_cast<std::uint64_t>(data.columns), "column", "columns");
      break;
    case StarterForm::Features:
    case StarterForm::Tokens:
      text += counted(data.records, "record", "records");
      break;
  }
  if (data.validation) text += fmt::format(" and {} for validation", data.validation_records);
  return text;
}

Result<Document> starter_graph(const StarterData& data) {
  const bool pictures = data.form == StarterForm::Pictures;
  if (data.records == 0)
    return pictures ? fail("there are no pictures", "Choose a folder with one sub-folder per class")
                    : fail("there are no records", "Choose another file");
  if (data.classes < 2 && !data.number)
    return fail("there is only one class, and a classifier needs two",
                pictures ? "Choose the folder that holds the folders of all classes" : "Choose another label");
  if (!pictures) return starter_of_rows(data);
  if (data.number)
    return fail("its label is a number, and starter graphs of pictures tell classes apart",
                "Build the graph by hand with mse as its loss, or choose another label");
  const Design design = design_of(data);
  auto begun = example_document(design == Design::Photos  ? "image-folder.feedline"
                                : design == Design::Small ? "quickstart.feedline"
                                                          : "idx.feedline");
  if (!begun) return begun;
  StarterDraft draft(std::move(*begun));
  exchange_source(draft, data);
  if (design == Design::Idx) fit_idx(draft, data);
  if (design == Design::Photos) draft.set("crop", "size", kPhotoSide);
  if (design == Design::Small) {
    const std::int64_t side = side_of(data, 64);
    for (const char* param : {"height", "width"}) draft.set("resize", param, side);
    draft.set("crop", "size", side);
  }
  draft.set("batch", "size", starter_batch_size(data, design == Design::Idx ? 128 : 64));
  draft.set("trainer", "epochs", epochs_for(data));
  if (data.validation) add_validation(draft, data, design);
  draft.set("trainer", "validation_split", data.validation ? 0.0 : kSetAside);
  put_starter_note(draft, data);
  draft.apply({SetTitle{data.name.empty() ? "A first classifier" : "Classifier for " + data.name}});
  return draft.take();
}

Result<Edit> build_starter(const Document& document, const StarterData& data) {
  auto made = starter_graph(data);
  if (!made) return fail(std::move(made.error()));
  Edit::List steps;
  for (const Node& node : document.nodes()) {
    const NodeSpec* spec = Registry::instance().find(node.type);
    if (spec == nullptr || spec->role != Role::Source)
      return fail("the graph holds more than its source", "Drop the folder on an empty graph");
    steps.push_back({RemoveNode{node.id}});
  }
  if (document.title().empty()) steps.push_back({SetTitle{made->title()}});
  for (const Node& node : made->nodes()) steps.push_back({AddNode{.node = node}});
  for (const Link& link : made->links()) steps.push_back({AddLink{.link = link}});
  for (Comment comment : made->comments()) {
    comment.id = document.free_id(comment.id);
    steps.push_back({AddComment{.comment = std::move(comment)}});
  }
  return Edit{std::move(steps)};
}

}  // namespace feedline::inline graph
