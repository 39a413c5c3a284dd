// SPDX-License-Identifier: GPL-3.0-or-later
#include "checking/describe_source.h"
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/graph_file.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/run_arguments.h"
#include "cli/source_page.h"
#include "cli/terminal.h"
#include "engine/png_picture.h"
#include "plan/open_source.h"
#include "plan/plan.h"
#include "schema/registry.h"
#include "training/preview.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

namespace feedline::cli {
namespace {

constexpr std::size_t kMostMaps = 256;
constexpr std::int64_t kSheetWidth = 1200;  ///< about so many pixels
constexpr std::int64_t kPictureGap = 2;
constexpr std::size_t kBins = 12;
constexpr std::size_t kBar = 40;

struct PreviewArguments {
  std::string file{};
  std::vector<std::string> set{};
  PreviewRequest request{};
  std::string port{};
  bool validation = false;
  std::string out{};
  bool of_a_record = false;  ///< one was asked for, or a picture
  std::size_t rows = 10;
  bool json = false;
};

Result<const PreviewValue*> chosen(const Preview& preview, const std::string& port) {
  std::string known;
  for (const PreviewValue& value : preview.values) {
    if (port.empty() || value.port == port) return &value;
    known += (known.empty() ? "" : ", ") + value.port;
  }
  return fail(Error{.reason = port.empty() ? "nothing leaves this node" : "it has no output of this name",
                    .remedy = known.empty() ? "" : "Choose one of: " + known,
                    .node = preview.node,
                    .port = port});
}

void print_distribution(const PreviewValue& value) {
  const Distribution all = distribution_of(value, kBins);
  put_line(stdout, fmt::format("  {} numbers from {:.6g} to {:.6g}, mean {:.6g}, standard deviation {:.6g}",
                               count(all.count), all.least, all.greatest, all.mean, all.stddev));
  if (all.not_finite > 0) put_line(stdout, fmt::format("  {} are infinite or not a number", count(all.not_finite)));
  const std::uint64_t most = std::max<std::uint64_t>(1, *std::max_element(all.bins.begin(), all.bins.end()));
  const double step = (all.greatest - all.least) / static_cast<double>(all.bins.size());
  for (std::size_t i = 0; i < all.bins.size() && all.greatest > all.least; ++i)
    put_line(stdout, fmt::format("  {:>12.5g}  {:<40}  {}", all.least + step * static_cast<double>(i),
                                 std::string(all.bins[i] * kBar / most, '#'), count(all.bins[i])));
}

void print(const Preview& preview) {
  put_line(stdout, fmt::format("record {} of {}  {}", preview.record, count(preview.records), preview.where));
  if (preview.several_labels)
    put_line(stdout, "labels " + (preview.class_name.empty() ? std::string("none") : preview.class_name));
  if (preview.label)
    put_line(stdout, fmt::format("label {}{}", *preview.label,
                                 preview.class_name.empty() ? "" : " (" + preview.class_name + ")"));
  if (preview.untrained) put_line(stdout, "through layers with initial weights");
  for (const PreviewValue& value : preview.values) {
    put_line(stdout, fmt::format("{}.{}  {}", preview.node, value.port, value.desc.text()));
    if (form_of(value) == PreviewForm::Text) {
      put_line(stdout, "  " + words_of(value));
    } else {
      print_distribution(value);
    }
  }
}

Result<Raster> picture(const PreviewValue& value, const std::string& node) {
  switch (form_of(value)) {
    case PreviewForm::Picture:
      return picture_of(value);
    case PreviewForm::Maps: {
      const std::vector<Raster> maps = maps_of(value, kMostMaps);
      const auto columns = static_cast<std::int64_t>(std::ceil(std::sqrt(static_cast<double>(maps.size()))));
      const std::int64_t scale = std::max<std::int64_t>(1, kSheetWidth / (columns * maps.front().width));
      return sheet_of(maps, static_cast<std::size_t>(columns), scale, kPictureGap);
    }
    case PreviewForm::Numbers:
    case PreviewForm::Text:
      break;
  }
  return fail(Error{.reason = "this value is not a picture (" + value.desc.text() + ")",
                    .remedy = "Omit --out to see it as text",
                    .node = node,
                    .port = value.port});
}

/// A source without any record that is asked for: its first ones, and what its columns hold.
Status preview_source(const Node& node, const NodeSpec& spec, const PreviewArguments& arguments) {
  const SourceContext context{.cache_folder = default_cache_folder()};
  auto source = open_to_report(spec, spec.complete(node.params), context);
  if (!source) return fail(std::move(source.error()).at_node(arguments.request.node));
  RecordTable table(std::move(*source));
  const auto description = describe_source(table, {});
  if (!description) return fail(Error(description.error()).at_node(arguments.request.node));
  FirstRows rows;
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(arguments.rows, table.size()); ++i) {
    const Status read = table.read(i, rows.cells.emplace_back());
    if (!read) rows.cells.back().clear();
    rows.faults.push_back(read ? std::string() : read.error().line());
  }
  put(stdout, arguments.json ? source_json(*description, rows) : source_page(*description, rows, width_of(stdout)));
  return {};
}

Status preview(PreviewArguments& arguments) {
  auto loaded = load_graph(arguments.file);
  if (!loaded) return fail(std::move(loaded.error()));
  if (Status set = apply_overrides(loaded->document, arguments.set); !set) return set;
  if (arguments.request.node.empty())
    return fail("no node is named", "Name one: --node decode. feedline-cli validate FILE lists them");
  const Node* node = loaded->document.find(arguments.request.node);
  const NodeSpec* spec = node == nullptr ? nullptr : Registry::instance().find(node->type);
  const bool source = spec != nullptr && spec->open && !arguments.of_a_record;
  if (source) return preview_source(*node, *spec, arguments);
  if (arguments.json)
    return fail(Error{.reason = "only a source as a table can be printed as JSON",
                      .remedy = "Name a source, without --record, or omit --json",
                      .node = arguments.request.node});
  arguments.request.training = !arguments.validation;
  Previewer previewer;
  const auto seen = previewer.look(loaded->document, arguments.request);
  if (!seen) return fail(seen.error());
  if (arguments.out.empty()) {
    print(*seen);
    return {};
  }
  const auto value = chosen(*seen, arguments.port);
  if (!value) return fail(value.error());
  const auto raster = picture(**value, seen->node);
  if (!raster) return fail(raster.error());
  const auto png = png_of(*raster);
  if (!png) return fail(png.error());
  return write_result(arguments.out, *png);
}

}  // namespace

void add_preview(CLI::App& app, ExitCode& code) {
  CLI::App* command = app.add_subcommand("preview", "Show the output of a node for one record");
  explain(
      *command,
      "Computes the outputs of a node for one record and prints them as statistics with a histogram or, with --out, "
      "writes one as a PNG: a picture, or the channels of a feature map side by side. The values are those of a "
      "run: random nodes draw the numbers of the given epoch, and layers have their initial weights. Only the part "
      "of the graph upstream of the node must be valid; where a node is fitted to the training records, the whole "
      "graph.\n\n"
      "Of a source, without --record, it prints the first records as a table, and for each column its type, how many "
      "values are missing and how they are distributed: in a sample, the same each time.");
  command->footer(
      "Examples:\n"
      "  feedline-cli preview example:tables source\n"
      "  feedline-cli preview example:quickstart --node crop --record 7\n"
      "  feedline-cli preview example:quickstart --node crop --record 7 --epoch 2 --out crop.png   other random "
      "numbers\n"
      "  feedline-cli preview example:quickstart --node conv1 --record 7 --out maps.png\n");
  auto arguments = std::make_shared<PreviewArguments>();
  add_file(*command, arguments->file);
  add_set(*command, arguments->set);
  command->add_option("--node,NODE", arguments->request.node, "Name of the node in the graph")->type_name("NODE");
  auto* record =
      command->add_option("--record", arguments->request.record, "Index of the record in the source, from 0");
  record->type_name("R");
  auto* epoch = command->add_option("--epoch", arguments->request.epoch, "Epoch for which random nodes draw, from 1");
  epoch->type_name("N")->check(CLI::Range(std::uint32_t{1}, std::uint32_t{1} << 31U));
  auto* validation = command->add_flag("--validation", arguments->validation,
                                       "Compute as in validation: random nodes are deterministic");
  command->add_option("--out", arguments->out, "Write the output as PNG to this file, or to standard output for '-'")
      ->type_name("PNG");
  command->add_option("--port", arguments->port, "Output that --out writes; default: the first")->type_name("PORT");
  command->add_option("--rows", arguments->rows, "How many records of a source are shown; default: 10")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{0}, std::size_t{10'000}));
  command->add_flag("--json", arguments->json, "Print a source as JSON");
  command->callback([arguments, record, epoch, validation, &code] {
    arguments->of_a_record = record->count() + epoch->count() + validation->count() > 0 || !arguments->out.empty() ||
                             !arguments->port.empty();
    const Status done = preview(*arguments);
    code = kOk;
    if (done) return;
    complain(done.error());
    code = exit_code(done.error().code);
  });
}

}  // namespace feedline::cli
