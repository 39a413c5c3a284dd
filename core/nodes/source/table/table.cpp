// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/table/csv_source.h"
#include "nodes/source/table/generated_table.h"
#include "schema/node_builder.h"

#include <cmath>

namespace feedline::inline nodes {
namespace {

struct GeneratedTable {
  struct Params {
    std::string kind = "two_moons";
    std::int64_t rows = 2000;
    double noise = 0.1;
    std::int64_t classes = 3;
    std::int64_t seed = 1;
  };

  static NodeSpec spec() {
    return node<GeneratedTable>("table", 1, "Generated table", "Rows of a table that Feedline makes itself.")
        .help(
            "A data set that needs no download. two_moons and spirals are points in the plane that no straight line "
            "divides; blobs are clouds in four dimensions; regression has a number as its label, from six columns of "
            "which four matter; fraud is like real payments: numbers and categories, missing cells, and one class in "
            "fifty.\n\n"
            "On first use the table is written to the cache folder as a CSV file, and from then on it is read like any "
            "other. The same parameters give the same bytes on every machine.")
        .out("row", Kind::Row, "All columns but the label.")
        .out("label", Kind::Label, "The last column: a class, with regression a number.")
        .choice("kind", &Params::kind, table_kinds(), "What the table is like.")
        .param("rows", &Params::rows, range(20, 100'000'000).ui(100, 100'000).unit("rows"), "How many there are.")
        .param("noise", &Params::noise, range(0, 10).ui(0, 1), "How far values stray from what the label tells.")
        .param("classes", &Params::classes, range(2, 100).ui(2, 10), "How many spirals or blobs there are.")
        .only_if("kind", {"spirals", "blobs"})
        .seed("seed", &Params::seed, "Another number gives another table.")
        .fixture([](const std::filesystem::path&) {
          return ParamMap{{"kind", std::string("blobs")}, {"rows", std::int64_t{40}}};
        });
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs) { return unknown_table(of(params)); }

  static Result<std::unique_ptr<Source>> open(const Params& params, const SourceContext& context) {
    const auto file = generated_table({.kind = params.kind,
                                       .rows = static_cast<std::uint64_t>(params.rows),
                                       .noise = std::llround(params.noise * 10'000),
                                       .classes = params.classes,
                                       .seed = static_cast<std::uint32_t>(params.seed)},
                                      context);
    if (!file) return fail(file.error());
    CsvRequest request;
    request.file = file->string();
    request.encoding = "UTF-8";
    request.settings.separator = ",";
    request.settings.quote = "none";
    request.settings.decimal = "point";
    request.settings.header = "yes";
    request.choices = of(params);
    return open_csv(request, context);
  }

 private:
  static TableChoices of(const Params& params) {
    TableChoices choices;
    choices.label_kind = params.kind == "regression" ? "number" : "class";
    return choices;
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(GeneratedTable)
