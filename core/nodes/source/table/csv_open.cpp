// SPDX-License-Identifier: GPL-3.0-or-later
// How a table in a text file is opened: what it is written in, where its rows are, what its columns hold.
#include "base/numbers.h"
#include "base/plain_text.h"
#include "nodes/source/table/csv_source.h"
#include "nodes/source/table/csv_survey.h"
#include "nodes/source/table/text_encoding.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace feedline::inline nodes {
namespace {

struct IndexedCsv {
  PlainFile plain{};
  CsvHead head{};
  std::optional<RowIndex> index{};
};

Result<IndexedCsv> index_csv(const CsvRequest& request, const std::string& encoding, const SourceContext& context) {
  auto plain = open_plain(request.file, encoding, context);
  if (!plain) return fail(std::move(plain.error()));
  auto head = read_head(*plain, request.settings);
  if (!head) return fail(std::move(head.error()));
  auto index = RowIndex::open({.plain = *plain,
                               .dialect = head->dialect,
                               .begin = head->begin,
                               .line = head->line,
                               .row_bytes = head->row_bytes},
                              context);
  if (!index) return fail(std::move(index.error()));
  if (index->rows() == 0)
    return fail_file(plain->path, "it has no rows of data", "Choose a table with at least two rows");
  return IndexedCsv{.plain = std::move(*plain), .head = std::move(*head), .index = std::move(*index)};
}

/// A file most of whose rows cannot be read is rather read in a wrong way.
Status check_shape(const IndexedCsv& csv, const TableSurvey& survey) {
  if (2 * survey.malformed <= survey.rows) return {};
  return fail_file(csv.plain.path,
                   fmt::format("{} of its {} rows do not fit its {} columns, first row {}: {}",
                               numbers::count(survey.malformed), numbers::count(survey.rows), csv.head.names.size(),
                               numbers::count(survey.first_malformed + 1), survey.fault),
                   "Set separator, quote, header or skip_lines as the file is written");
}

/// A table without a label, of these columns. A first row that holds their names is a header, however few rows there
/// are to tell it from; where training had no header, this one has none either.
Result<std::unique_ptr<Source>> open_csv_like(CsvRequest request, const SourceContext& context) {
  std::optional<Error> first;
  for (const char* header : {"yes", "no"}) {
    if (request.settings.header != "auto" && request.settings.header != header) continue;
    CsvRequest attempt = request;
    attempt.settings.header = header;
    auto csv = index_csv(attempt, attempt.encoding, context);
    if (csv && attempt.encoding == "auto")
      if (const auto invalid = csv->index->first_invalid()) {
        const auto encoding = encoding_around(csv->plain, *invalid);
        if (!encoding) return fail(encoding.error());
        if (*encoding != kUtf8) csv = index_csv(attempt, *encoding, context);
      }
    auto layout = csv ? lay_out_like(csv->head.names, context.like) : Result<TableLayout>(fail(csv.error()));
    if (layout)
      return make_csv_source(std::move(csv->plain), std::move(csv->head), std::move(*csv->index), std::move(*layout),
                             MissingTokens(request.choices.missing));
    if (!first) first = std::move(layout.error());
  }
  return fail(std::move(*first));
}

}  // namespace

Result<std::unique_ptr<Source>> open_csv(const CsvRequest& request, const SourceContext& context) {
  const auto of_file = [&](Error error) {
    if (error.parameter.empty()) error.parameter = "file";
    return fail(std::move(error).in_file(escape_name(request.file)));
  };
  if (!context.like.empty()) {
    auto like = open_csv_like(request, context);
    return like ? std::move(like) : of_file(std::move(like.error()));
  }
  auto csv = index_csv(request, request.encoding, context);
  if (!csv) return of_file(std::move(csv.error()));
  if (const auto invalid = csv->index->first_invalid(); invalid && request.encoding == "auto") {
    const auto encoding = encoding_around(csv->plain, *invalid);
    if (!encoding) return of_file(encoding.error());
    if (*encoding != kUtf8) {
      csv = index_csv(request, *encoding, context);
      if (!csv) return of_file(std::move(csv.error()));
    }
  }
  const auto label = label_column(csv->head.names, request.choices);
  if (!label) return of_file(label.error());
  MissingTokens missing(request.choices.missing);
  std::string missing_key;
  for (const std::string& token : request.choices.missing) missing_key += fmt::format("{}:{},", token.size(), token);
  auto survey =
      survey_csv({.plain = csv->plain,
                  .head = csv->head,
                  .index = *csv->index,
                  .missing = missing,
                  .missing_key = std::move(missing_key),
                  .label = *label,
                  .separator = separator_of(request.choices),
                  .text = {.descriptor = csv->plain.file.get(), .size = csv->plain.facts.size, .id = new_text_id()}},
                 context);
  if (!survey) return of_file(std::move(survey.error()));
  if (Status shape = check_shape(*csv, *survey); !shape) return of_file(std::move(shape.error()));
  auto layout = lay_out(csv->head.names, *survey, request.choices);
  if (!layout) return of_file(std::move(layout.error()));
  if (layout->report.refusal) layout->report.refusal->file = escape_name(request.file);
  return make_csv_source(std::move(csv->plain), std::move(csv->head), std::move(*csv->index), std::move(*layout),
                         std::move(missing));
}

}  // namespace feedline::inline nodes
