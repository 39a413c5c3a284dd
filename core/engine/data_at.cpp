// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/data_at.h"

#include "base/file_names.h"
#include "base/lower_case.h"
#include "base/split_folders.h"
#include "engine/data_files.h"
#include "engine/label_scale.h"
#include "engine/starter_label.h"
#include "plan/open_source.h"
#include "schema/row.h"
#include "schema/source_report.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace feedline::inline engine {
namespace {

namespace fs = std::filesystem;

constexpr int kMostNames = 5000;
constexpr std::size_t kMostChoices = 1000;  // of labels: nobody looks through more

bool ends_with_any(const std::string& text, std::initializer_list<std::string_view> ends) {
  return std::any_of(ends.begin(), ends.end(), [&](std::string_view end) { return text.ends_with(end); });
}

/// The name without case, .gz and ubyte: "train-images-idx3" of train-images.idx3-ubyte.gz.
std::string idx_stem(const fs::path& file) {
  std::string name = lower_case(file.filename().string());
  for (const std::string_view end : {".gz", "-ubyte", ".ubyte"})
    if (name.ends_with(end)) name.erase(name.size() - end.size());
  return name;
}

bool is_idx_images(const fs::path& file) { return ends_with_any(idx_stem(file), {"idx3", "idx4"}); }
bool is_idx_labels(const fs::path& file) { return idx_stem(file).ends_with("idx1"); }

std::string exchanged(std::string text, std::string_view from, std::string_view to) {
  if (const auto at = text.find(from); at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

/// Files of a folder, sorted by name, those of a huge one left out.
std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  int seen = 0;
  for (fs::directory_iterator at(folder, error), end; !error && at != end && ++seen <= kMostNames;
       at.increment(error)) {
    std::error_code ignored;
    if (at->is_regular_file(ignored)) found.push_back(at->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// "train-#-idx#" for both files of a pair, which so are known by it.
std::string pair_key(const fs::path& file) {
  std::string key = idx_stem(file);
  for (const std::string_view word : {"images", "labels"}) key = exchanged(key, word, "#");
  if (!key.empty()) key.pop_back();
  return key;
}

/// The file beside it that goes with it: labels for pictures, pictures for labels; empty if there is none.
fs::path partner(const fs::path& file, const std::vector<fs::path>& beside) {
  const bool images = is_idx_images(file);
  const std::string key = pair_key(file);
  for (const fs::path& other : beside)
    if (other != file && (images ? is_idx_labels(other) : is_idx_images(other)) && pair_key(other) == key) return other;
  return {};
}

std::string whole_path(const fs::path& path) {
  std::error_code error;
  const fs::path whole = fs::absolute(path, error);
  return (error ? path : whole).lexically_normal().string();
}

ParamMap idx_params(const fs::path& images, const fs::path& labels) {
  ParamMap params;
  if (!images.empty()) params["images"] = whole_path(images);
  if (!labels.empty()) params["labels"] = whole_path(labels);
  return params;
}

/// The pair for testing beside one for training: t10k, test, val.
std::optional<ParamMap> idx_test_pair(const fs::path& images, const std::vector<fs::path>& beside) {
  if (images.empty()) return std::nullopt;
  const std::string key = pair_key(images);
  if (key.find("train") == std::string::npos) return std::nullopt;
  for (const std::string_view part : {"val", "valid", "validation", "t10k", "test"}) {
    const std::string wanted = exchanged(key, "train", part);
    for (const fs::path& other : beside)
      if (is_idx_images(other) && pair_key(other) == wanted) {
        const fs::path labels = partner(other, beside);
        if (!labels.empty()) return idx_params(other, labels);
      }
  }
  return std::nullopt;
}

StarterData idx_at(const fs::path& file) {
  const std::vector<fs::path> beside = files_in(file.parent_path());
  const fs::path other = partner(file, beside);
  const fs::path images = is_idx_images(file) ? file : other;
  const fs::path labels = is_idx_images(file) ? other : file;
  return {.name = file.parent_path().filename().string(),
          .type = "idx",
          .training = idx_params(images, labels),
          .validation = idx_test_pair(images, beside),
          .encoded = false};
}

/// The pictures of an IDX pair in a folder, those to train on first.
fs::path idx_in(const fs::path& folder) {
  fs::path found;
  for (const fs::path& file : files_in(folder))
    if (is_idx_images(file) && (found.empty() || lower_case(file.filename().string()).starts_with("train")))
      found = file;
  return found;
}

Result<StarterData> folder_at(const fs::path& folder) {
  if (const fs::path images = idx_in(folder); !images.empty()) return idx_at(images);
  if (auto other = data_of_folder(folder)) return std::move(*other);
  const fs::path whole = whole_path(folder);
  const fs::path named = whole.filename().empty() ? whole.parent_path() : whole;
  StarterData data{.name = named.filename().string(), .type = "image_folder"};
  if (const auto split = split_folders(folder)) {
    data.training["folder"] = whole_path(split->training);
    data.validation = ParamMap{{"folder", whole_path(split->validation)}};
  } else {
    data.training["folder"] = named.string();
  }
  return data;
}

Error unreadable(const fs::path& file) {
  const std::string name = lower_case(file.filename().string());
  if (is_picture_name(name))
    return {.reason = "one picture is no data set",
            .remedy = "Choose the folder that holds one folder a class",
            .file = file.string()};
  if (ends_with_any(name, {".gz", ".bz2", ".xz", ".7z", ".rar", ".zst"}))
    return {
        .reason = "it has to be unpacked first", .remedy = "Unpack it and choose the folder", .file = file.string()};
  return {.reason = "no source reads this kind of file",
          .remedy =
              "Choose a folder that holds one folder a class, a table (.csv, .tsv, .data, .sqlite), an archive (.tar, "
              ".zip), NumPy arrays, a text with a class and a tab in front of each line, or an IDX file",
          .file = file.string()};
}

using Sources = Result<std::unique_ptr<Source>>;

Sources open(const StarterData& data, const ParamMap& params, const SourceContext& context, const Registry& registry) {
  const NodeSpec* spec = registry.find(data.type);
  if (spec == nullptr || !spec->open) return fail("there is no source '" + data.type + "'");
  for (const ParamSpec& param : spec->params)
    if (const auto value = params.find(param.name); param.required && value == params.end())
      return fail(Error{.reason = "the file of " + param.name + " is not beside it",
                        .remedy = "Choose it at the source",
                        .parameter = param.name});
  return open_source(*spec, spec->complete(params), context);
}

/// Height and width of record `index`, decoded if need be; none if it is bad.
std::optional<std::array<std::int64_t, 2>> size_of_record(const Source& source, std::uint64_t index,
                                                          const SampleOp* decode) {
  std::vector<Datum> data(source.outputs().size());
  std::vector<Datum*> out(data.size(), nullptr);
  out[0] = &data[0];
  if (!source.read(index, out)) return std::nullopt;
  Datum picture;
  const Datum* seen = &data[0];
  if (decode != nullptr) {
    OpContext context{.rng = Rng(0, 0, index, 0), .training = false, .record = index};
    const Datum* in[] = {&data[0]};
    Datum* to[] = {&picture};
    if (!decode->run(in, to, context)) return std::nullopt;
    seen = &picture;
  }
  if (seen->dims().size() < 2) return std::nullopt;
  return std::array{seen->dim(0), seen->dim(1)};
}

/// The median over some records that lie all over the source.
void measure(StarterData& data, const Source& source, const SourceContext& context, const Registry& registry) {
  constexpr std::uint64_t kLooked = 15;
  std::unique_ptr<SampleOp> decode;
  if (data.encoded) {
    const NodeSpec* spec = registry.find("decode");
    if (spec == nullptr || !spec->sample_op) return;
    const TensorDesc* in[] = {&source.outputs()[0]};
    auto made = spec->sample_op(spec->complete({}), in);
    if (!made) return;
    decode = std::move(*made);
  }
  std::vector<std::int64_t> heights;
  std::vector<std::int64_t> widths;
  const std::uint64_t looked = std::min(kLooked, source.size());
  for (std::uint64_t i = 0; i < looked && !context.stop.stop_requested(); ++i)
    if (const auto size = size_of_record(source, i * source.size() / looked, decode.get())) {
      heights.push_back((*size)[0]);
      widths.push_back((*size)[1]);
    }
  if (heights.empty()) return;
  const auto median = [](std::vector<std::int64_t>& all) {
    std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2), all.end());
    return all[all.size() / 2];
  };
  data.height = median(heights);
  data.width = median(widths);
}

/// Opens the training data again with one parameter set, which stays if that helps.
bool retry_open(StarterData& data, Sources& opened, const std::string& param, const Value& value,
                const SourceContext& context, const Registry& registry) {
  ParamMap params = data.training;
  params[param] = value;
  Sources again = open(data, params, context, registry);
  if (!again) return false;
  opened = std::move(again);
  data.training = std::move(params);
  if (data.validation && param != "inside") (*data.validation)[param] = value;
  return true;
}

/// Of a table, which column is the label; `seen`: opened to be looked at.
void adjust_label(StarterData& data, Sources& opened, const Source& seen, const SourceContext& context,
                  const Registry& registry) {
  choose_label(data.training, opened, seen,
               [&](const ParamMap& params) { return open(data, params, context, registry); });
  if (!data.validation) return;
  for (const char* param : {"label", "label_kind"})
    if (const auto set = data.training.find(param); set != data.training.end()) (*data.validation)[param] = set->second;
}

/// The source of the training data. What names alone could not tell follows from what it reports: which part of an
/// archive, what arrays hold, which column is the label.
Sources open_adjusted(StarterData& data, const SourceContext& context, const Registry& registry) {
  Sources opened = open(data, data.training, context, registry);
  if (opened) {
    if ((*opened)->outputs()[0].kind == Kind::Row) adjust_label(data, opened, **opened, context, registry);
    return opened;
  }
  const auto retry = [&](const std::string& param, const std::string& value) {
    return !value.empty() && retry_open(data, opened, param, value, context, registry);
  };
  const std::string parameter = opened.error().parameter;
  if (parameter == "holds") (void)(retry("holds", "features") || retry("holds", "tokens"));
  if (parameter != "inside" && parameter != "label" && parameter != "label_kind") return opened;
  const NodeSpec* spec = registry.find(data.type);
  const Sources told = open_to_report(*spec, spec->complete(data.training), context);
  if (!told) return opened;
  const SourceReport* report = report_of(**told);
  if (parameter != "inside") {
    if ((*told)->outputs()[0].kind == Kind::Row) adjust_label(data, opened, **told, context, registry);
  } else if (report != nullptr && report->split && retry("inside", report->split->training) && !data.validation &&
             !report->split->validation.empty()) {
    data.validation = data.training;
    (*data.validation)["inside"] = report->split->validation;
  }
  return opened;
}

/// The texts of the first rows, column by column: how many bytes and words on average, and whether they name pictures.
struct TextFacts {
  std::size_t column = 0;
  double bytes = 0;
  double words = 0;
  bool pictures = false;
};

/// At least: a sign of three bytes and more is as good as a word, since Chinese and Japanese know no blanks.
std::ptrdiff_t word_count(std::string_view text) {
  return 1 + std::count_if(text.begin(), text.end(),
                           [](char c) { return c == ' ' || static_cast<unsigned char>(c) >= 0xE0; });
}

std::vector<TextFacts> text_facts(const Source& table) {
  constexpr std::uint64_t kRows = 50;
  const std::vector<Column>& columns = table.outputs()[0].columns;
  std::vector<TextFacts> facts;
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i].type == ColumnType::Text) facts.push_back({.column = i});
  const std::uint64_t rows = std::min(kRows, table.size());
  std::vector<Datum*> wanted(table.outputs().size(), nullptr);
  Datum row;
  wanted[0] = &row;
  for (std::uint64_t i = 0; i < rows; ++i) {
    if (!table.read(i, wanted)) continue;
    for (TextFacts& fact : facts)
      if (const auto text = RowView(row, columns.size()).text(fact.column)) {
        fact.bytes += static_cast<double>(text->size()) / static_cast<double>(rows);
        fact.words += static_cast<double>(word_count(*text)) / static_cast<double>(rows);
        fact.pictures = fact.pictures || is_picture_name(*text);
      }
  }
  return facts;
}

/// A table whose rows name pictures is a list of these; one with long texts is learnt from by its longest.
void look_at_rows(StarterData& data, Sources& source, const SourceContext& context, const Registry& registry) {
  constexpr double kLongText = 40;
  constexpr double kWordsOfText = 5;  // of fewer: addresses, places, codes
  const std::vector<Column> columns = (*source)->outputs()[0].columns;
  data.form = StarterForm::Rows;
  data.columns = static_cast<std::int64_t>(columns.size());
  data.label = label_of(**source, data.training);
  if (const SourceReport* report = report_of(**source); report != nullptr && report->columns.size() <= kMostChoices)
    for (const Column& column : report->columns) data.label_choices.push_back(column.name);
  std::vector<TextFacts> facts = text_facts(**source);
  for (const TextFacts& fact : facts)
    if (fact.pictures && data.type == "csv") {
      StarterData list = data;
      list.type = "image_list";
      list.training["picture"] = columns[fact.column].name;
      if (list.validation) (*list.validation)["picture"] = columns[fact.column].name;
      Sources pictures = open(list, list.training, context, registry);
      if (!pictures) break;
      list.form = StarterForm::Pictures;
      list.encoded = true;
      data = std::move(list);
      source = std::move(pictures);
      return;
    }
  std::erase_if(facts, [](const TextFacts& fact) { return fact.words < kWordsOfText; });
  const auto longest = std::max_element(facts.begin(), facts.end(),
                                        [](const TextFacts& a, const TextFacts& b) { return a.bytes < b.bytes; });
  if (longest != facts.end() && longest->bytes >= kLongText) {
    data.form = StarterForm::RowTexts;
    data.text_column = columns[longest->column].name;
    return;
  }
  ValueList useless;
  for (const std::string& name : useless_columns(**source)) useless.emplace_back(name);
  if (useless.empty() || !retry_open(data, source, "ignore", useless, context, registry)) return;
  data.columns = static_cast<std::int64_t>((*source)->outputs()[0].columns.size());
}

/// Have both the same outputs? A table for testing may lack the label.
bool alike(const Source& a, const Source& b) {
  const auto same = [](const TensorDesc& x, const TensorDesc& y) {
    return x.kind == y.kind && x.dtype == y.dtype && x.columns == y.columns && x.class_names == y.class_names;
  };
  return std::equal(a.outputs().begin(), a.outputs().end(), b.outputs().begin(), b.outputs().end(), same);
}

}  // namespace

Result<StarterData> data_at(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) return folder_at(path);
  if (!fs::is_regular_file(status))
    return fail(Error{.reason = "there is no such file or folder", .remedy = "Check the path", .file = path});
  if (is_idx_images(path) || is_idx_labels(path)) return idx_at(path);
  if (auto other = data_of_file(path)) return std::move(*other);
  return fail(unreadable(path));
}

Status predict_column(StarterData& data, const std::string& label, const Registry& registry) {
  const NodeSpec* spec = registry.find(data.type);
  const ParamSpec* param = spec == nullptr ? nullptr : spec->param("label");
  if (param == nullptr || param->columns.of == ColumnNames::Of::Nothing)
    return fail("a column can be chosen of a table alone, and these data are read by " + data.type,
                "Leave the label out: their classes are known");
  data.training["label"] = label;
  if (data.validation) (*data.validation)["label"] = label;
  return {};
}

Result<StarterData> look_into(StarterData data, const SourceContext& context, const Registry& registry) {
  Sources training = open_adjusted(data, context, registry);
  if (!training) return fail(training.error());
  const Kind kind = (*training)->outputs()[0].kind;
  if (kind == Kind::Row) look_at_rows(data, training, context, registry);
  if (kind == Kind::Text) data.form = StarterForm::Texts;
  if (kind == Kind::Tokens) data.form = StarterForm::Tokens;
  if (kind == Kind::Features) data.form = StarterForm::Features;
  data.records = (*training)->size();
  for (const TensorDesc& output : (*training)->outputs())
    if (output.kind == Kind::Label && output.classes.known()) {
      data.classes = output.classes.size();
      data.number = data.classes == 0;
    }
  if (data.validation) {
    const Sources validation = open(data, *data.validation, context, registry);
    if (!validation && data.form == StarterForm::Pictures) return fail(validation.error());
    if (validation) data.validation_records = (*validation)->size();
    if (!validation || (data.form != StarterForm::Pictures && !alike(**training, **validation)))
      data.validation.reset();
  }
  if (data.number)
    if (const auto scale = scale_of_label(**training, data.validation ? 0 : kSetAside, context.stop)) {
      data.label_mean = scale->mean;
      data.label_deviation = scale->deviation;
    }
  if (data.form == StarterForm::Pictures) measure(data, **training, context, registry);
  if (context.stop.stop_requested()) return fail_cancelled();
  return data;
}

}  // namespace feedline::inline engine
