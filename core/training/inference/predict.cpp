// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/plain_text.h"
#include "graph/subgraph.h"
#include "schema/row.h"
#include "training/apply_options.h"
#include "training/inference/given_records.h"
#include "training/inference/given_source.h"
#include "training/inference/given_tables.h"
#include "training/inference/occlusion.h"
#include "training/inference/session.h"
#include "training/inference/typed_record.h"
#include "training/resume.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>

namespace feedline::inline training {
namespace {

/// The source nodes of a graph, sub-graphs opened, whose records a model reads.
const Node* source_node(const Document& document) {
  const Node* found = nullptr;
  each_node(document, [&](const std::string&, const Node& node) {
    const NodeSpec* spec = Registry::instance().find(node.type);
    if (found == nullptr && spec != nullptr && spec->role == Role::Source) found = &node;
  });
  return found;
}

class ScoreReader {
 public:
  ScoreReader(const Learner::Scores& scores, std::vector<std::string> names)
      : scores_(scores), names_(std::move(names)) {}

  [[nodiscard]] std::vector<RecordPrediction::Value> row(std::size_t row) const {
    const float* first = scores_.values.data() + row * scores_.columns;
    std::vector<std::size_t> order(scores_.columns);
    std::iota(order.begin(), order.end(), std::size_t{0});
    const bool classes = scores_.target != TargetKind::Numbers;
    if (classes) std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return first[a] > first[b]; });
    std::vector<RecordPrediction::Value> values;
    for (const std::size_t i : order)
      values.push_back({!classes            ? std::string()
                        : i < names_.size() ? names_[i]
                                            : std::to_string(i),
                        static_cast<double>(first[i])});
    return values;
  }

 private:
  const Learner::Scores& scores_;
  std::vector<std::string> names_;
};

SourceContext context_of(const InferenceOptions& options) {
  SourceContext context;
  context.cache_folder = options.cache_folder.empty() ? default_cache_folder() : options.cache_folder;
  context.stop = options.stop;
  return context;
}

/// `source`: in place of the graph's.
Result<std::shared_ptr<const Plan>> plan_for(const Document& document, const std::shared_ptr<const Source>& source,
                                             const InferenceOptions& options) {
  PlanOptions plan_options;
  plan_options.sources = context_of(options);
  plan_options.open = [&](const NodeSpec&, const ParamMap&) -> Result<std::shared_ptr<const Source>> { return source; };
  auto plan = make_plan(document, plan_options);
  if (!plan) return fail(std::move(plan.error()));
  return judging(**plan);
}

/// What a checkpoint is asked with: its graph, open for any records.
struct Asked {
  Document document{};
  const NodeSpec* source = nullptr;
  ParamMap params{};  ///< of the source, complete
  GivenForm form = GivenForm::Pictures;
};

Result<Asked> asked_of(const TrainingState& state, const InferenceOptions& options) {
  auto graph = graph_of(state);
  if (!graph) return fail(std::move(graph.error()));
  auto document = open_for_any_records(std::move(*graph));
  if (document) document = without_balance(std::move(*document));
  if (!document) return fail(std::move(document.error()));
  if (Status set = apply_options(*document, {.device = options.device, .workers = options.workers}); !set)
    return fail(std::move(set.error()));
  const Node* source = source_node(*document);
  if (source == nullptr) return fail("the checkpoint's graph has no source");
  const NodeSpec& spec = *Registry::instance().find(source->type);
  ParamMap params = spec.complete(source->params);
  const auto form = given_form(spec, params);
  if (!form) return fail(Error(form.error()).at_node(source->id));
  return Asked{.document = std::move(*document), .source = &spec, .params = std::move(params), .form = *form};
}

/// All inputs as one source.
Result<std::shared_ptr<const Source>> source_for(const Asked& asked, const TrainingState& state,
                                                 const std::vector<std::string>& inputs,
                                                 const InferenceOptions& options) {
  if (asked.form == GivenForm::Rows)
    return given_tables(*asked.source, asked.params, state, inputs, context_of(options));
  auto records = std::make_shared<std::vector<GivenRecord>>();
  for (const std::string& input : inputs) {
    auto more = given_records(input, asked.form == GivenForm::Lines, options.stop);
    if (!more) return fail(std::move(more.error()));
    records->insert(records->end(), more->begin(), more->end());
  }
  return given_source(*asked.source, asked.params, state, std::move(records));
}

/// The first loss's, which is what people are told.
Result<Learner::Scores> scores_of(InferenceSession& session, const Batch& batch) {
  auto scores = session.learner().predict(batch);
  if (!scores) return fail(std::move(scores.error()));
  if (scores->empty()) return fail("the model compares nothing with a target, so nothing of it can be shown");
  return std::move(scores->front());
}

std::vector<std::string> cells_of(const Source& source, std::uint64_t record) {
  const std::vector<TensorDesc>& outputs = source.outputs();
  const auto told = std::find_if(outputs.begin(), outputs.end(), [](const TensorDesc& output) {
    return output.kind == Kind::Row || output.kind == Kind::Text;
  });
  Datum value;
  std::vector<Datum*> out(outputs.size(), nullptr);
  if (told == outputs.end()) return {};
  out[static_cast<std::size_t>(told - outputs.begin())] = &value;
  if (!source.read(record, out)) return {};
  if (told->kind == Kind::Text) return {std::string(reinterpret_cast<const char*>(value.data()), value.bytes())};
  const std::size_t columns = told->columns.size();
  if (!RowView::fits(value, columns)) return {};
  const RowView row(value, columns);
  std::vector<std::string> cells;
  for (std::size_t i = 0; i < columns; ++i) {
    const bool number = told->columns[i].type == ColumnType::Number;
    const double is = number ? row.number(i) : 0;
    const auto text = number ? std::nullopt : row.text(i);
    cells.push_back(!number ? std::string(text.value_or("")) : std::isnan(is) ? std::string() : fmt::format("{}", is));
  }
  return cells;
}

Result<Predictions> predict_of(const Asked& asked, const std::shared_ptr<const Source>& source,
                               const TrainingState& state, const InferenceOptions& options) {
  if (source->size() == 0) return fail("there is nothing to predict", "Give files or folders");
  auto plan = plan_for(asked.document, source, options);
  if (!plan) return fail(std::move(plan.error()));
  auto session = InferenceSession::open(std::move(*plan), state, options);
  if (!session) return fail(std::move(session.error()));

  Predictions found{.inputs = source->size(), .execution = (*session)->execution()};
  const auto enough = [&] { return options.most != 0 && found.predictions.size() >= options.most; };
  Status done = (*session)->each_batch([&](const Batch& batch) -> Status {
    const auto scores = scores_of(**session, batch);
    if (!scores) return fail(scores.error());
    found.classes = scores->target != TargetKind::Numbers;
    found.several_labels = scores->target == TargetKind::Labels;
    const ScoreReader reader(*scores, class_names_of(state));
    for (std::size_t row = 0; row < batch.records && !enough(); ++row) {
      const std::uint64_t record = batch.record_ids[row];
      found.predictions.push_back({.record = record, .file = source->locate(record), .values = reader.row(row)});
      if (options.cells) found.predictions.back().cells = cells_of(*source, record);
    }
    return enough() ? fail_cancelled() : Status{};
  });
  if (!done && !enough()) return fail(std::move(done.error()));
  found.bad = (*session)->pipeline().bad_records();
  return found;
}

/// Where the pictures of a batch lie, and how.
struct PictureField {
  std::size_t index = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t channels = 0;
  const BatchField* field = nullptr;

  [[nodiscard]] std::int64_t at(std::int64_t y, std::int64_t x, std::int64_t channel) const {
    return field->record.layout == Layout::HWC ? (y * width + x) * channels + channel
                                               : (channel * height + y) * width + x;
  }
};

std::optional<PictureField> picture_field(const DataPlan& data) {
  for (std::size_t i = 0; i < data.fields.size(); ++i) {
    const BatchField& field = data.fields[i];
    const TensorDesc& desc = field.record;
    const bool numbers = desc.dtype == DType::F32 || desc.dtype == DType::U8;
    if (desc.layout == Layout::None || desc.shape.size() != 3 || field.capacity != 0 || !numbers) continue;
    const bool last = desc.layout == Layout::HWC;
    return PictureField{.index = i,
                        .height = desc.shape[last ? 0 : 1].size(),
                        .width = desc.shape[last ? 1 : 2].size(),
                        .channels = desc.shape[last ? 2 : 0].size(),
                        .field = &field};
  }
  return std::nullopt;
}

/// Covers one part of a row of a batch with the mean of its channel.
template <class T>
void cover(T* row, const PictureField& of, std::size_t part, std::size_t rows, std::size_t columns) {
  const auto edge = [](std::size_t index, std::size_t parts, std::int64_t side) {
    return static_cast<std::int64_t>(index) * side / static_cast<std::int64_t>(parts);
  };
  const std::size_t down = part / columns;
  const std::size_t across = part % columns;
  for (std::int64_t channel = 0; channel < of.channels; ++channel) {
    double sum = 0;
    for (std::int64_t y = 0; y < of.height; ++y)
      for (std::int64_t x = 0; x < of.width; ++x) sum += static_cast<double>(row[of.at(y, x, channel)]);
    const auto mean = static_cast<T>(sum / static_cast<double>(of.height * of.width));
    for (std::int64_t y = edge(down, rows, of.height); y < edge(down + 1, rows, of.height); ++y)
      for (std::int64_t x = edge(across, columns, of.width); x < edge(across + 1, columns, of.width); ++x)
        row[of.at(y, x, channel)] = mean;
  }
}

}  // namespace

Result<Predictions> predict(const TrainingState& state, const std::vector<std::string>& inputs,
                            const InferenceOptions& options) {
  auto asked = asked_of(state, options);
  if (!asked) return fail(std::move(asked.error()));
  const auto source = source_for(*asked, state, inputs, options);
  if (!source) return fail(source.error());
  return predict_of(*asked, *source, state, options);
}

std::optional<GivenForm> given_form_of(const Document& document) {
  const Node* source = source_node(document);
  if (source == nullptr) return std::nullopt;
  const NodeSpec& spec = *Registry::instance().find(source->type);
  const auto form = given_form(spec, spec.complete(source->params));
  return form ? std::optional(*form) : std::nullopt;
}

Result<ModelInput> model_input_of(const TrainingState& state) {
  auto asked = asked_of(state, {});
  if (!asked) return fail(std::move(asked.error()));
  ModelInput input{.form = asked->form};
  if (input.form != GivenForm::Rows) return input;
  for (const TensorDesc& output : source_outputs_of(state))  // which know no kinds; a label has no columns
    if (!output.columns.empty()) input.columns = output.columns;
  if (input.columns.empty())
    return fail("the checkpoint does not say which columns its model reads", "Train it anew with this version");
  return input;
}

Result<Predictions> predict_typed(const TrainingState& state, const std::vector<std::string>& cells,
                                  const InferenceOptions& options) {
  const auto input = model_input_of(state);
  if (!input) return fail(input.error());
  if (input->form == GivenForm::Pictures) return fail("this model reads pictures", "Give it a file");
  const std::size_t wanted = input->form == GivenForm::Rows ? input->columns.size() : 1;
  if (cells.size() != wanted)
    return fail(fmt::format("a record of this model has {} cells, not {}", wanted, cells.size()));
  auto asked = asked_of(state, options);
  if (!asked) return fail(std::move(asked.error()));
  auto source =
      input->form == GivenForm::Rows
          ? given_row(*asked->source, asked->params, state, input->columns, cells, context_of(options))
          : given_source(*asked->source, asked->params, state,
                         std::make_shared<std::vector<GivenRecord>>(1, GivenRecord{.name = "", .text = cells.front()}));
  if (!source) return fail(std::move(source.error()));
  auto found = predict_of(*asked, *source, state, options);
  if (!found) return found;
  if (!found->bad.empty()) {
    Error error = found->bad.front().error;
    error.file.clear();  // a temporary one
    return fail(std::move(error));
  }
  for (RecordPrediction& prediction : found->predictions) prediction.file.clear();
  return found;
}

Result<ExplainedPicture> explain_picture(const TrainingState& state, const std::string& file,
                                         const InferenceOptions& options) {
  auto asked = asked_of(state, options);
  if (!asked) return fail(std::move(asked.error()));
  if (asked->form != GivenForm::Pictures)
    return fail(Error{.reason = asked->form == GivenForm::Lines ? "this model reads text, not pictures"
                                                                : "this model reads rows of a table, not pictures",
                      .remedy = "Give it some, or use feedline-cli predict"});
  auto given = given_records(file, false, options.stop);
  if (!given) return fail(std::move(given.error()));
  // The picture as it is, and once more for each part that is covered, so that all of them go the way of any record.
  constexpr std::size_t kMostParts = kOcclusionSide * kOcclusionSide;
  auto records = std::make_shared<std::vector<GivenRecord>>(kMostParts + 1, given->front());
  auto source = given_source(*asked->source, asked->params, state, records);
  if (!source) return fail(std::move(source.error()));
  auto plan = plan_for(asked->document, *source, options);
  if (!plan) return fail(std::move(plan.error()));
  auto session = InferenceSession::open(std::move(*plan), state, options);
  if (!session) return fail(std::move(session.error()));
  const auto field = picture_field(*(*session)->plan().validation);
  if (!field) return fail("no picture enters this model as one, so no part of it can be covered");

  ExplainedPicture found{.rows = std::min<std::size_t>(kOcclusionSide, static_cast<std::size_t>(field->height)),
                         .columns = std::min<std::size_t>(kOcclusionSide, static_cast<std::size_t>(field->width))};
  const std::size_t parts = found.rows * found.columns;
  const std::size_t row_bytes = field->field->record_bytes();
  std::vector<std::vector<float>> answers(kMostParts + 1);  // by record
  Status done = (*session)->each_batch([&](const Batch& batch) -> Status {
    std::byte* const pictures = batch.buffer->fields[field->index];
    for (std::size_t row = 0; row < batch.records; ++row) {
      std::byte* const at = pictures + row * row_bytes;
      const std::uint64_t record = batch.record_ids[row];
      if (record == 0) {
        found.picture = {.port = field->field->name, .desc = field->field->record, .data = {at, at + row_bytes}};
      } else if (record > parts) {
        continue;
      } else if (field->field->record.dtype == DType::F32) {
        cover(reinterpret_cast<float*>(at), *field, record - 1, found.rows, found.columns);
      } else {
        cover(reinterpret_cast<std::uint8_t*>(at), *field, record - 1, found.rows, found.columns);
      }
    }
    const auto scores = scores_of(**session, batch);
    if (!scores) return fail(scores.error());
    found.classes = scores->target != TargetKind::Numbers;
    found.several_labels = scores->target == TargetKind::Labels;
    const ScoreReader reader(*scores, class_names_of(state));
    for (std::size_t row = 0; row < batch.records; ++row) {
      const std::uint64_t record = batch.record_ids[row];
      const float* first = scores->values.data() + row * scores->columns;
      answers[record].assign(first, first + scores->columns);
      if (record == 0) found.prediction = {.file = escape_name(given->front().name), .values = reader.row(row)};
    }
    return {};
  });
  if (!done) return fail(std::move(done.error()));
  if (const auto bad = (*session)->pipeline().bad_records(); !bad.empty()) return fail(bad.front().error);
  const std::vector<float>& whole = answers.front();
  if (whole.empty()) return fail(Error{.reason = "it gives no record", .file = escape_name(given->front().name)});
  const auto asked_for =
      static_cast<std::size_t>(found.classes ? std::max_element(whole.begin(), whole.end()) - whole.begin() : 0);
  for (std::size_t part = 1; part <= parts; ++part) {
    const float fall = whole[asked_for] - answers[part].at(asked_for);
    found.importance.push_back(found.classes ? fall : std::abs(fall));
  }
  return found;
}

}  // namespace feedline::inline training
