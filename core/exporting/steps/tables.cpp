// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of tables are dictionaries of columns: numbers (NaN where missing) and texts (None where missing).
#include "exporting/python_text.h"
#include "exporting/writers.h"
#include "schema/row.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

namespace feedline::inline exporting {
namespace {

using TableJson = nlohmann::ordered_json;

constexpr std::size_t kShortTable = 96;  ///< longer ones go into the file of what was learnt

/// What a call is told of columns: on its line where it is short, else by name.
WrittenStep with_table(const StepToWrite& step, const std::string& function, TableJson table,
                       const std::string& more = {}) {
  const std::string text = table.dump(-1, ' ', false, TableJson::error_handler_t::replace);
  const bool plain = text.find("null") == std::string::npos && text.find("true") == std::string::npos &&
                     text.find("false") == std::string::npos;
  WrittenStep written{.helpers = {function}};
  if (text.size() <= kShortTable && plain) {
    written.call = fmt::format("{}({}, {}{})", function, step.in[0], text, more);
  } else {
    written.call = fmt::format("{}({}, FITTED[\"{}\"]{})", function, step.in[0], step.name, more);
    written.fitted = text;
  }
  return written;
}

tl::unexpected<Error> damaged_state() {
  return fail("what it has learnt does not fit the node", "Choose another checkpoint");
}

std::vector<double> learnt_numbers(const StepToWrite& step, std::string_view name) {
  const auto found = step.learnt == nullptr ? NamedTensors::const_iterator() : step.learnt->find(name);
  if (step.learnt == nullptr || found == step.learnt->end()) return {};
  if (auto numbers = found->second.numbers<double>()) return *numbers;
  std::vector<double> all;
  if (const auto counts = found->second.numbers<std::int64_t>()) all.assign(counts->begin(), counts->end());
  return all;
}

std::vector<std::string> learnt_texts(const StepToWrite& step, std::string_view name) {
  return step.learnt == nullptr ? std::vector<std::string>()
                                : find_texts(*step.learnt, name).value_or(std::vector<std::string>());
}

const Column* column_called(const StepToWrite& step, std::string_view name) {
  for (const Column& column : step.inputs[0]->columns)
    if (column.name == name) return &column;
  return nullptr;
}

/// Those that a node without state works on: the named ones in the table's order, or all of the type.
std::vector<std::string> columns_worked_on(const StepToWrite& step, std::optional<ColumnType> type) {
  const std::vector<std::string> named = ParamReader(step.params).texts("columns");
  std::vector<std::string> all;
  for (const Column& column : step.inputs[0]->columns) {
    const bool wanted = named.empty() ? !type || column.type == *type
                                      : std::find(named.begin(), named.end(), column.name) != named.end();
    if (wanted) all.push_back(column.name);
  }
  return all;
}

/// 1 in place of a scale that is 0 up to rounding.
double scale_in_use(double scale) { return scale < 10 * std::numeric_limits<double>::epsilon() ? 1 : scale; }

constexpr std::string_view kScale = R"py(def scale(row, columns, low=-math.inf, high=math.inf):
    """Numbers become value * factor + offset, within limits: columns is {name: [factor, offset]}."""
    row = dict(row)
    for name, (factor, offset) in columns.items():
        row[name] = min(max(row[name] * factor + offset, low), high)
    return row
)py";

/// (value - centre) / width of standardise and robust, value * factor + offset of min_max.
Result<WrittenStep> write_scale(const StepToWrite& step) {
  const ParamReader params(step.params);
  const std::vector<std::string> names = learnt_texts(step, "columns");
  const std::string& type = step.spec.type;
  const std::vector<double> first = learnt_numbers(step, type == "standardise" ? "mean"
                                                         : type == "robust"    ? "quantiles"
                                                                               : "least");
  const std::vector<double> second = learnt_numbers(step, type == "standardise" ? "stddev"
                                                          : type == "robust"    ? "quantiles"
                                                                                : "greatest");
  const std::size_t wanted = names.size() * (type == "robust" ? 3 : 1);
  if (first.size() != wanted || second.size() != wanted) return damaged_state();
  TableJson table = TableJson::object();
  for (std::size_t i = 0; i < names.size(); ++i) {
    double centre = 0;
    double factor = 1;
    double offset = 0;
    if (type == "min_max") {
      factor = (params.real("high") - params.real("low")) / scale_in_use(second[i] - first[i]);
      offset = params.real("low") - first[i] * factor;
    } else {
      const double width = type == "robust" ? scale_in_use(first[3 * i + 2] - first[3 * i]) : second[i];
      if (params.flag("centre")) centre = type == "robust" ? first[3 * i + 1] : first[i];
      if (params.flag("scale") && width > 0) factor = 1 / width;
      offset = -centre * factor;
    }
    table[names[i]] = {factor, offset};
  }
  const bool cuts = type == "min_max" && params.flag("clip");
  return with_table(step, "scale", std::move(table),
                    cuts ? fmt::format(", {}, {}", params.number("low"), params.number("high")) : "");
}

constexpr std::string_view kClip = R"py(def clip(row, columns):
    """Cuts off what lies outside of {name: [low, high]}."""
    row = dict(row)
    for name, (low, high) in columns.items():
        row[name] = min(max(row[name], low), high)
    return row
)py";

Result<WrittenStep> write_clip(const StepToWrite& step) {
  const ParamReader params(step.params);
  TableJson table = TableJson::object();
  if (params.text("limits") == "given") {
    for (const std::string& name : columns_worked_on(step, ColumnType::Number))
      table[name] = {params.real("low"), params.real("high")};
  } else {
    const std::vector<std::string> names = learnt_texts(step, "columns");
    const std::vector<double> limits = learnt_numbers(step, "quantiles");
    if (limits.size() != 2 * names.size()) return damaged_state();
    for (std::size_t i = 0; i < names.size(); ++i) table[names[i]] = {limits[2 * i], limits[2 * i + 1]};
  }
  return with_table(step, "clip", std::move(table));
}

constexpr std::string_view kLogarithm = R"py(def logarithm(row, columns, kind):
    """Logarithms of columns: signed (of 1 + |x|, with x's sign), log1p, log or log10."""
    functions = {"log1p": math.log1p, "log": math.log, "log10": math.log10,
                 "signed": lambda x: math.copysign(math.log1p(abs(x)), x)}
    row = dict(row)
    for name in columns:
        row[name] = functions[kind](row[name])
    return row
)py";

Result<WrittenStep> write_logarithm(const StepToWrite& step) {
  return with_table(step, "logarithm", columns_worked_on(step, ColumnType::Number),
                    fmt::format(", \"{}\"", ParamReader(step.params).text("kind")));
}

constexpr std::string_view kImpute = R"py(def is_missing(cell):
    return cell is None or cell != cell


def impute(row, values):
    """Fills missing cells in with {name: value}; "told" names columns that get another one, which says where."""
    told = values.get("told", {})
    out = {name: values["fill"][name] if is_missing(cell) and name in values["fill"] else cell
           for name, cell in row.items()}
    for made, name in told.items():
        out[made] = float(is_missing(row[name]))
    return out
)py";

Result<WrittenStep> write_impute(const StepToWrite& step) {
  const ParamReader params(step.params);
  TableJson fill = TableJson::object();
  TableJson told = TableJson::object();
  const std::vector<std::string> names = learnt_texts(step, "columns");
  const std::vector<double> numbers = learnt_numbers(step, "fill");
  const std::vector<std::string> texts = learnt_texts(step, "fill of texts");
  const std::vector<double> missing = learnt_numbers(step, "missing");
  if (numbers.size() != names.size() || texts.size() != names.size() || missing.size() != names.size())
    return damaged_state();
  std::size_t made = step.inputs[0]->columns.size();
  for (const std::string& name : columns_worked_on(step, std::nullopt)) {
    const bool number = column_called(step, name)->type == ColumnType::Number;
    const auto at = static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
    const bool constant = (number ? params.text("numbers") : params.text("texts")) == "constant";
    if (!constant && at == names.size()) return damaged_state();
    if (number)
      fill[name] = constant ? params.real("number") : numbers[at];
    else
      fill[name] = constant ? params.text("text") : texts[at];
  }
  for (std::size_t i = 0; params.flag("indicator") && i < names.size(); ++i) {
    if (missing[i] <= 0) continue;
    if (made >= step.outputs[0].columns.size()) return damaged_state();
    told[step.outputs[0].columns[made++].name] = names[i];
  }
  TableJson table = {{"fill", std::move(fill)}};
  if (!told.empty()) table["told"] = std::move(told);
  return with_table(step, "impute", std::move(table));
}

constexpr std::string_view kBins = R"py(def bins(row, columns):
    """The interval in which a number lies, or (where it has names) a column an interval."""
    out = {}
    for name, cell in row.items():
        if name not in columns:
            out[name] = cell
            continue
        edges, names = columns[name]["edges"], columns[name]["names"]
        place = math.nan if cell != cell else bisect.bisect_right(edges, cell)
        if len(names) == 1 and not columns[name]["hot"]:
            out[names[0]] = float(place)
        else:
            out.update((made, float(i == place)) for i, made in enumerate(names))
    return out
)py";

Result<WrittenStep> write_bins(const StepToWrite& step) {
  const ParamReader params(step.params);
  const auto count = static_cast<std::size_t>(params.integer("bins"));
  const bool uniform = params.text("edges") == "uniform";
  const bool hot = params.text("encode") == "one_hot";
  const std::vector<std::string> names = learnt_texts(step, "columns");
  const std::vector<double> least = learnt_numbers(step, uniform ? "least" : "quantiles");
  const std::vector<double> greatest = learnt_numbers(step, uniform ? "greatest" : "quantiles");
  if (least.size() != names.size() * (uniform ? 1 : count + 1) || greatest.size() != least.size())
    return damaged_state();
  TableJson table = TableJson::object();
  std::size_t made = 0;
  for (const Column& column : step.inputs[0]->columns) {
    const auto found = std::find(names.begin(), names.end(), column.name);
    if (found == names.end()) {
      ++made;
      continue;
    }
    const auto i = static_cast<std::size_t>(found - names.begin());
    std::vector<double> edges;
    if (uniform) {
      const double width = (greatest[i] - least[i]) / static_cast<double>(count);
      for (std::size_t edge = 1; edge < count && width > 0; ++edge)
        edges.push_back(static_cast<double>(edge) * width + least[i]);
    } else {
      constexpr double kLeastWidth = 1e-8;
      const double* of = least.data() + i * (count + 1);
      for (std::size_t edge = 1; edge <= count; ++edge)
        if (of[edge] - of[edge - 1] > kLeastWidth) edges.push_back(of[edge]);
      if (!edges.empty()) edges.pop_back();
    }
    const std::size_t columns = hot ? edges.size() + 1 : 1;
    if (made + columns > step.outputs[0].columns.size()) return damaged_state();
    TableJson& entry = table[column.name] = {{"hot", hot}, {"edges", edges}, {"names", TableJson::array()}};
    for (std::size_t k = 0; k < columns; ++k) entry["names"].push_back(step.outputs[0].columns[made++].name);
  }
  return with_table(step, "bins", std::move(table));
}

constexpr std::string_view kPolynomial = R"py(def polynomial(row, products):
    """Adds products of two columns: {name: [a, b]}."""
    row = dict(row)
    for name, (a, b) in products.items():
        row[name] = row[a] * row[b]
    return row
)py";

Result<WrittenStep> write_polynomial(const StepToWrite& step) {
  const ParamReader params(step.params);
  const std::vector<std::string> names = columns_worked_on(step, ColumnType::Number);
  TableJson table = TableJson::object();
  std::size_t made = step.inputs[0]->columns.size();
  for (std::size_t a = 0; a < names.size(); ++a)
    for (std::size_t b = a; b < names.size(); ++b) {
      if (a == b ? !params.flag("squares") : !params.flag("products")) continue;
      if (made >= step.outputs[0].columns.size()) return damaged_state();
      table[step.outputs[0].columns[made++].name] = {names[a], names[b]};
    }
  return with_table(step, "polynomial", std::move(table));
}

constexpr std::string_view kChoose = R"py(def choose_columns(row, columns):
    """These columns alone."""
    return {name: row[name] for name in columns}
)py";

Result<WrittenStep> write_choose(const StepToWrite& step) {
  TableJson names = TableJson::array();
  for (const Column& column : step.outputs[0].columns) names.push_back(column.name);
  return with_table(step, "choose_columns", std::move(names));
}

constexpr std::string_view kFeatures = R"py(def features(row):
    """The numbers of a row, in the order of its columns."""
    return np.asarray(list(row.values()), np.float32)
)py";

Result<WrittenStep> write_features(const StepToWrite& step) {
  return WrittenStep{.call = fmt::format("features({})", step.in[0]), .helpers = {"features"}};
}

Result<WrittenStep> write_join(const StepToWrite& step) {
  std::string parts;
  for (const std::string& part : step.in) parts += (parts.empty() ? "" : ", ") + part;
  return WrittenStep{.call = fmt::format("np.concatenate([{}])", parts)};
}

void add_table_steps(Writers& writers) {
  for (const char* type : {"standardise", "robust", "min_max"}) writers.step(type, write_scale);
  writers.step("clip", write_clip);
  writers.step("log", write_logarithm);
  writers.step("impute", write_impute);
  writers.step("bins", write_bins);
  writers.step("polynomial", write_polynomial);
  writers.step("choose_columns", write_choose);
  writers.step("features", write_features);
  writers.step("join_features", write_join);
  writers.helper("scale", kScale);
  writers.helper("clip", kClip);
  writers.helper("logarithm", kLogarithm);
  writers.helper("impute", kImpute);
  writers.helper("bins", kBins);
  writers.helper("polynomial", kPolynomial);
  writers.helper("choose_columns", kChoose);
  writers.helper("features", kFeatures);
}

}  // namespace
}  // namespace feedline::inline exporting

FEEDLINE_WRITER(add_table_steps)
