// SPDX-License-Identifier: GPL-3.0-or-later
// Columns of categories that become numbers.
#include "exporting/python_text.h"
#include "exporting/writers.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <numeric>

namespace feedline::inline exporting {
namespace {

using CategoryJson = nlohmann::ordered_json;

struct LearntCategories {
  std::string column{};
  ColumnType type = ColumnType::Text;
  std::vector<std::string> texts{};
  std::vector<std::int64_t> counts{};

  /// As Python compares them with a cell.
  [[nodiscard]] CategoryJson values() const {
    CategoryJson all = CategoryJson::array();
    for (const std::string& text : texts) {
      double number = 0;
      if (type == ColumnType::Number) std::from_chars(text.data(), text.data() + text.size(), number);
      all.push_back(type == ColumnType::Number ? CategoryJson(number) : CategoryJson(text));
    }
    return all;
  }
};

tl::unexpected<Error> wrong_categories() {
  return fail("what it has learnt does not fit the node", "Choose another checkpoint");
}

/// What keep_categories() of core/nodes/table wrote. None: the node has no column to encode.
Result<std::vector<LearntCategories>> learnt_categories(const StepToWrite& step) {
  std::vector<LearntCategories> all;
  if (step.learnt == nullptr) return all;
  const auto columns = find_texts(*step.learnt, "columns");
  const auto texts = find_texts(*step.learnt, "categories");
  const auto numbers = [&](const char* name) {
    const auto found = step.learnt->find(name);
    return found == step.learnt->end() ? std::nullopt : found->second.numbers<std::int64_t>();
  };
  const auto sizes = numbers("sizes");
  const auto counts = numbers("counts");
  if (!columns || !texts || !sizes || !counts || sizes->size() != columns->size() || counts->size() != texts->size())
    return wrong_categories();
  std::size_t at = 0;
  for (std::size_t i = 0; i < columns->size(); ++i) {
    LearntCategories& one = all.emplace_back(LearntCategories{.column = (*columns)[i]});
    for (const Column& column : step.inputs[0]->columns)
      if (column.name == one.column) one.type = column.type;
    for (std::int64_t k = 0; k < (*sizes)[i]; ++k, ++at) {
      if (at >= texts->size()) return wrong_categories();
      one.texts.push_back((*texts)[at]);
      one.counts.push_back((*counts)[at]);
    }
  }
  return all;
}

const LearntCategories* categories_of(const std::vector<LearntCategories>& all, const std::string& column) {
  for (const LearntCategories& one : all)
    if (one.column == column) return &one;
  return nullptr;
}

WrittenStep by_name(const StepToWrite& step, const std::string& function, const CategoryJson& table) {
  return {.call = fmt::format("{}({}, FITTED[\"{}\"])", function, step.in[0], step.name),
          .helpers = {"look_up", function},
          .fitted = table.dump(-1, ' ', false, CategoryJson::error_handler_t::replace)};
}

constexpr std::string_view kLookUp = R"py(def look_up(column, cell):
    """The place of a cell's category; "missing" and "unseen" say what stands for others."""
    if cell is None or cell != cell:
        return column["missing"]
    places = column.setdefault("lookup", dict(zip(column["categories"], column["places"])))
    found = places.get(cell, column["unseen"])
    if found == "error":
        raise ValueError("no training record has the category " + repr(cell))
    return found
)py";

constexpr std::string_view kOneHot = R"py(def one_hot(row, columns):
    """A column of each category, 1 where the record has it."""
    out = {}
    for name, cell in row.items():
        if name not in columns:
            out[name] = cell
            continue
        place = look_up(columns[name], cell)
        out.update((made, float(i == place)) for i, made in enumerate(columns[name]["names"]))
    return out
)py";

/// The most frequent keep a column, as in the node itself; the others share one.
Result<WrittenStep> write_one_hot(const StepToWrite& step) {
  const ParamReader params(step.params);
  const auto all = learnt_categories(step);
  if (!all) return fail(all.error());
  const auto most = static_cast<std::size_t>(params.integer("most"));
  const bool wanted = params.text("unseen") == "other";
  CategoryJson table = CategoryJson::object();
  std::size_t made = 0;
  for (const Column& column : step.inputs[0]->columns) {
    const LearntCategories* of = categories_of(*all, column.name);
    if (of == nullptr) {
      ++made;
      continue;
    }
    const std::size_t count = of->texts.size();
    std::vector<bool> kept(count, true);
    if (count + (wanted ? 1 : 0) > most) {
      std::vector<std::size_t> order(count);
      std::iota(order.begin(), order.end(), std::size_t{0});
      std::stable_sort(order.begin(), order.end(),
                       [&](std::size_t a, std::size_t b) { return of->counts[a] < of->counts[b]; });
      for (std::size_t i = 0; i < count - (most - 1); ++i) kept[order[i]] = false;
    }
    const auto own = static_cast<std::size_t>(std::count(kept.begin(), kept.end(), true));
    const bool other = wanted || count > most;
    std::size_t next = 0;
    CategoryJson places = CategoryJson::array();
    for (std::size_t i = 0; i < count; ++i) places.push_back(kept[i] ? next++ : own);
    const bool missing = params.text("missing") == "own";
    const std::size_t columns = own + (other ? 1 : 0) + (missing ? 1 : 0);
    if (made + columns > step.outputs[0].columns.size()) return wrong_categories();
    CategoryJson names = CategoryJson::array();
    for (std::size_t i = 0; i < columns; ++i) names.push_back(step.outputs[0].columns[made++].name);
    CategoryJson& entry = table[column.name];
    entry["categories"] = of->values();
    entry["places"] = std::move(places);
    entry["unseen"] = wanted                             ? CategoryJson(own)
                      : params.text("unseen") == "error" ? CategoryJson("error")
                                                         : CategoryJson();
    entry["missing"] = missing ? CategoryJson(columns - 1) : CategoryJson();
    entry["names"] = std::move(names);
  }
  return by_name(step, "one_hot", table);
}

constexpr std::string_view kOrdinal = R"py(def ordinal(row, columns):
    """The number of each category; NaN: missing."""
    row = dict(row)
    for name, column in columns.items():
        place = look_up(column, row[name])
        row[name] = math.nan if place is None else float(place)
    return row
)py";

Result<WrittenStep> write_ordinal(const StepToWrite& step) {
  const std::string unseen = ParamReader(step.params).text("unseen");
  const auto all = learnt_categories(step);
  if (!all) return fail(all.error());
  CategoryJson table = CategoryJson::object();
  for (const LearntCategories& one : *all) {
    std::vector<std::size_t> places(one.texts.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    CategoryJson& entry = table[one.column] = {{"categories", one.values()}, {"places", places}};
    entry["unseen"] = unseen == "own"     ? CategoryJson(places.size())
                      : unseen == "error" ? CategoryJson("error")
                                          : CategoryJson();
    entry["missing"] = CategoryJson();
  }
  return by_name(step, "ordinal", table);
}

constexpr std::string_view kHashColumns = R"py(def murmur3(data):
    """MurmurHash3_x86_32 (A. Appleby, public domain), as a signed number."""
    def rotated(x, by):
        return (x << by | x >> (32 - by)) & 0xFFFFFFFF

    def mixed(word):
        return rotated(word * 0xCC9E2D51 & 0xFFFFFFFF, 15) * 0x1B873593 & 0xFFFFFFFF

    whole, value = len(data) // 4 * 4, 0
    for at in range(0, whole, 4):
        value = rotated(value ^ mixed(int.from_bytes(data[at : at + 4], "little")), 13) * 5 + 0xE6546B64 & 0xFFFFFFFF
    if whole < len(data):
        value ^= mixed(int.from_bytes(data[whole:], "little"))
    value ^= len(data)
    value = (value ^ value >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    value = (value ^ value >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    value ^= value >> 16
    return value - (1 << 32) if value >> 31 else value


def hash_columns(row, columns, names, signs):
    """Columns of texts as few numbers: each counts in one that its hash chooses."""
    made = dict.fromkeys(names, 0.0)
    for name in columns:
        if row[name] is not None:
            value = murmur3((name + "=" + row[name]).encode())
            made[names[abs(value) % len(names)]] += -1 if signs and value < 0 else 1
    return {**{name: cell for name, cell in row.items() if name not in columns}, **made}
)py";

Result<WrittenStep> write_hash_columns(const StepToWrite& step) {
  const ParamReader params(step.params);
  const std::vector<std::string> named = params.texts("columns");
  CategoryJson columns = CategoryJson::array();
  for (const Column& column : step.inputs[0]->columns)
    if (named.empty() ? column.type == ColumnType::Text
                      : std::find(named.begin(), named.end(), column.name) != named.end())
      columns.push_back(column.name);
  if (columns.empty()) return WrittenStep{.call = step.in[0]};
  const std::vector<Column>& made = step.outputs[0].columns;
  const auto buckets = static_cast<std::size_t>(params.integer("buckets"));
  if (made.size() < buckets) return wrong_categories();
  CategoryJson names = CategoryJson::array();
  for (std::size_t i = made.size() - buckets; i < made.size(); ++i) names.push_back(made[i].name);
  const CategoryJson table = {{"columns", columns}, {"names", names}, {"signs", params.flag("signs")}};
  return WrittenStep{.call = fmt::format("hash_columns({}, **FITTED[\"{}\"])", step.in[0], step.name),
                     .helpers = {"hash_columns"},
                     .fitted = table.dump(-1, ' ', false, CategoryJson::error_handler_t::replace)};
}

constexpr std::string_view kTargetEncoding = R"py(def target_encoding(row, columns):
    """The mean target of each category, of all training records."""
    out = {}
    for name, cell in row.items():
        if name in columns:
            out.update(zip(columns[name]["names"], columns[name]["means"][look_up(columns[name], cell)]))
        else:
            out[name] = cell
    return out
)py";

/// (sum + smoothing * mean) / (records + smoothing), over all folds: as records get it that are not trained on.
Result<WrittenStep> write_target_encoding(const StepToWrite& step) {
  const ParamReader params(step.params);
  const auto all = learnt_categories(step);
  if (!all) return fail(all.error());
  if (all->empty()) return WrittenStep{.call = step.in[0]};
  const auto numbers = [&](const char* name) {
    const auto found = step.learnt->find(name);
    return found == step.learnt->end() ? std::nullopt : found->second.numbers<double>();
  };
  const auto counts = [&](const char* name) {
    const auto found = step.learnt->find(name);
    return found == step.learnt->end() ? std::nullopt : found->second.numbers<std::int64_t>();
  };
  const auto sums = numbers("sums");
  const auto all_sums = numbers("all_sums");
  const auto records = counts("records");
  const auto all_records = counts("all_records");
  const auto folds = static_cast<std::size_t>(params.integer("folds"));
  if (!sums || !all_sums || !records || !all_records || all_records->size() != folds || all_sums->size() % folds != 0)
    return wrong_categories();
  const std::size_t targets = all_sums->size() / folds;
  const double smoothing = params.real("smoothing");
  std::vector<double> mean(targets, 0.0);
  const double rows = std::accumulate(all_records->begin(), all_records->end(), 0.0);
  for (std::size_t i = 0; i < all_sums->size(); ++i) mean[i % targets] += (*all_sums)[i] / std::max(rows, 1.0);
  CategoryJson table = CategoryJson::object();
  std::size_t category = 0;
  std::size_t made = 0;
  for (const Column& column : step.inputs[0]->columns) {
    const LearntCategories* of = categories_of(*all, column.name);
    if (of == nullptr) {
      ++made;
      continue;
    }
    category = 0;
    for (const LearntCategories& one : *all) {
      if (&one == of) break;
      category += one.texts.size();
    }
    CategoryJson means = CategoryJson::array();
    CategoryJson places = CategoryJson::array();
    for (std::size_t i = 0; i < of->texts.size(); ++i, ++category) {
      if ((category + 1) * folds > records->size() || (category + 1) * folds * targets > sums->size())
        return wrong_categories();
      std::vector<double> sum(targets, 0.0);
      double count = 0;
      for (std::size_t fold = 0; fold < folds; ++fold) {
        count += static_cast<double>((*records)[category * folds + fold]);
        for (std::size_t target = 0; target < targets; ++target)
          sum[target] += (*sums)[(category * folds + fold) * targets + target];
      }
      for (std::size_t target = 0; target < targets; ++target)
        sum[target] = (sum[target] + smoothing * mean[target]) / (count + smoothing);
      places.push_back(means.size());
      means.push_back(sum);
    }
    const std::size_t rest = means.size();
    means.push_back(mean);
    if (made + targets > step.outputs[0].columns.size()) return wrong_categories();
    CategoryJson names = CategoryJson::array();
    for (std::size_t target = 0; target < targets; ++target) names.push_back(step.outputs[0].columns[made++].name);
    table[column.name] = {{"categories", of->values()},
                          {"places", places},
                          {"unseen", rest},
                          {"missing", rest},
                          {"names", names},
                          {"means", means}};
  }
  return by_name(step, "target_encoding", table);
}

void add_category_steps(Writers& writers) {
  writers.step("one_hot", write_one_hot);
  writers.step("ordinal", write_ordinal);
  writers.step("hash_columns", write_hash_columns);
  writers.step("target_encoding", write_target_encoding);
  writers.helper("look_up", kLookUp);
  writers.helper("one_hot", kOneHot);
  writers.helper("ordinal", kOrdinal);
  writers.helper("hash_columns", kHashColumns);
  writers.helper("target_encoding", kTargetEncoding);
}

}  // namespace
}  // namespace feedline::inline exporting

FEEDLINE_WRITER(add_category_steps)
