// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"
#include "cli/drive.h"
#include "cli/format.h"
#include "cli/help.h"
#include "cli/npz_file.h"
#include "cli/run_arguments.h"
#include "cli/terminal.h"
#include "engine/data_notices.h"
#include "engine/fit.h"
#include "engine/pipeline_settings.h"
#include "training/apply_options.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <xxhash.h>

#include <filesystem>
#include <memory>

namespace feedline::cli {
namespace {

constexpr std::uint64_t kDefaultCount = 10;

struct BatchesArguments : RunArguments {
  std::optional<std::uint64_t> count{};
  bool hash = false;
  bool json = false;
  std::string npz{};  ///< folder; empty: none
};

/// XXH3 over the filled rows of all fields, one field after the other.
std::uint64_t hash_of(const DataPlan& plan, const Batch& batch) {
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  for (std::size_t f = 0; f < plan.fields.size(); ++f) {
    XXH3_64bits_update(&state, batch.buffer->fields[f], plan.fields[f].record_bytes() * batch.records);
    if (plan.fields[f].capacity > 0)
      XXH3_64bits_update(&state, batch.buffer->lengths[f].data(), sizeof(std::uint32_t) * batch.records);
  }
  return XXH3_64bits_digest(&state);
}

/// "image f32 64x3x224x224, label i64 64".
std::string shapes_of(const DataPlan& plan, const Batch& batch) {
  std::string text;
  for (std::size_t f = 0; f < plan.fields.size(); ++f) {
    const BatchField& field = plan.fields[f];
    TensorDesc desc = field.batch;
    if (field.capacity > 0) desc.shape.at(1) = batch.longest(f);
    if (!desc.shape.empty()) desc.shape.front() = static_cast<std::int64_t>(batch.records);
    text += (text.empty() ? "" : ", ") + field.name + " " + desc.text();
  }
  return text;
}

std::string line_of(const BatchesArguments& arguments, const DataPlan& plan, const Batch& batch) {
  const std::string what = arguments.hash ? fmt::format("{:016x}", hash_of(plan, batch)) : shapes_of(plan, batch);
  return fmt::format("epoch {}  batch {}  {}  {}", batch.epoch, batch.index, plural(batch.records, "row"), what);
}

/// Each field as far as its rows are filled and its longest row reaches; of a ragged one its lengths besides.
std::vector<NpzArray> arrays_of(const DataPlan& plan, const Batch& batch) {
  std::vector<NpzArray> arrays;
  const auto records = static_cast<std::int64_t>(batch.records);
  for (std::size_t f = 0; f < plan.fields.size(); ++f) {
    const BatchField& field = plan.fields[f];
    NpzArray array{.name = field.name, .dtype = field.record.dtype, .shape = {records}};
    for (const Dim& dim : field.record.shape) array.shape.push_back(dim.most());
    std::size_t taken = field.record_bytes();
    if (field.capacity > 0) {
      array.shape[1] = batch.longest(f);
      taken = taken / static_cast<std::size_t>(field.capacity) * static_cast<std::size_t>(array.shape[1]);
    }
    for (std::size_t row = 0; row < batch.records; ++row)
      array.data.append(reinterpret_cast<const char*>(batch.buffer->fields[f]) + row * field.record_bytes(), taken);
    arrays.push_back(std::move(array));
    if (field.capacity == 0) continue;
    NpzArray lengths{.name = field.name + ".lengths", .dtype = DType::I32, .shape = {records}};
    lengths.data.assign(reinterpret_cast<const char*>(batch.buffer->lengths[f].data()), 4 * batch.records);
    arrays.push_back(std::move(lengths));
  }
  return arrays;
}

/// One batch as one line of JSON.
std::string json_of(const DataPlan& plan, const Batch& batch) {
  nlohmann::ordered_json fields = nlohmann::ordered_json::array();
  for (const NpzArray& array : arrays_of(plan, batch))
    fields.push_back({{"name", array.name}, {"dtype", name(array.dtype)}, {"shape", array.shape}});
  for (std::size_t f = 0, at = 0; f < plan.fields.size(); ++f, ++at) {
    const BatchField& field = plan.fields[f];
    fields[at]["kind"] = name(field.batch.kind);
    if (field.capacity == 0) continue;
    fields[at]["capacity"] = field.capacity;
    fields[at]["lengths"] =
        std::vector<std::uint32_t>(batch.buffer->lengths[f].begin(),
                                   batch.buffer->lengths[f].begin() + static_cast<std::ptrdiff_t>(batch.records));
    fields.erase(at + 1);  // told beside its field
  }
  const nlohmann::ordered_json line = {{"epoch", batch.epoch},
                                       {"batch", batch.index},
                                       {"rows", batch.records},
                                       {"records", batch.record_ids},
                                       {"hash", fmt::format("{:016x}", hash_of(plan, batch))},
                                       {"fields", std::move(fields)}};
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Status save(const BatchesArguments& arguments, const DataPlan& plan, const Batch& batch) {
  if (arguments.npz.empty() || batch.records == 0) return {};
  return write_npz(std::filesystem::path(arguments.npz) / fmt::format("{}-{:06}.npz", batch.epoch, batch.index),
                   arrays_of(plan, batch));
}

Status print_batches(const BatchesArguments& arguments, const std::shared_ptr<const Plan>& plan) {
  PipelineOptions options = pipeline_options(plan->asked_for(), plan->trainer);
  options.staged = arguments.staged;
  const bool all = arguments.epochs && !arguments.count;
  std::uint64_t left = arguments.count.value_or(kDefaultCount);
  Pipeline pipeline(plan, plan->train, options);
  Status status;
  while (all || left-- > 0) {
    const auto batch = pipeline.next();
    if (!batch) status = fail(batch.error());
    if (!batch || !*batch) break;
    put_line(stdout, arguments.json ? json_of(plan->train, **batch) : line_of(arguments, plan->train, **batch));
    status = save(arguments, plan->train, **batch);
    if (!status) break;
  }
  list_errors(pipeline.errors());
  for (const RecordError& notice : pipeline.notices()) warn(notice.error);
  return status;
}

ExitCode batches(const BatchesArguments& arguments) {
  const auto done = [&]() -> Status {
    auto document = prepare(arguments);
    if (!document) return fail(std::move(document.error()));
    if (Status applied = apply_options(*document, arguments.options()); !applied) return applied;
    auto plan = make_plan(*document, {});
    if (!plan) return fail(std::move(plan.error()));
    for (const Error& notice : data_notices(**plan)) warn(notice);
    const FitOptions fit{.pipeline = pipeline_options((*plan)->asked_for(), (*plan)->trainer), .on_notice = warn};
    plan = fit_plan(std::move(*plan), fit);
    if (!plan) return fail(std::move(plan.error()));
    return print_batches(arguments, *plan);
  }();
  if (done) return kOk;
  complain(done.error());
  return exit_code(done.error().code);
}

}  // namespace

void add_batches(CLI::App& app, ExitCode& code) {
  CLI::App* command = app.add_subcommand("batches", "Print the batches that a graph produces");
  explain(*command,
          "Prepares batches of training data as a run would, without training, and prints one line per batch: epoch, "
          "index in the epoch, rows, and the shapes of its tensors or, with --hash, a hash (XXH3, 64 bits) of their "
          "bytes. The bytes are determined by the graph, its data and the seed; they do not depend on the number of "
          "workers, on --staged, or on the contents of a cache.");
  command->footer(
      "Examples:\n"
      "  feedline-cli batches example:quickstart --count 3\n"
      "  feedline-cli batches my.feedline --epochs 2 --hash > now.txt          all batches of two epochs\n"
      "  feedline-cli batches my.feedline --count 1 --npz .                    1-000000.npz, for numpy\n"
      "  feedline-cli batches my.feedline --epochs 2 --hash --workers 8 | diff now.txt -   no difference\n");
  auto arguments = std::make_shared<BatchesArguments>();
  add_data_arguments(*command, *arguments);
  command->add_option("--count", arguments->count, "Number of batches. Default: all with --epochs, otherwise 10")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 53U));
  command->add_flag("--hash", arguments->hash, "Print a hash of each batch instead of the shapes of its tensors");
  command->add_flag("--json", arguments->json,
                    "Print each batch as one line of JSON: its records, shapes, hash and "
                    "the lengths of rows that differ");
  command
      ->add_option("--npz", arguments->npz,
                   "Also write each batch into this folder, as EPOCH-BATCH.npz, an array per field (numpy.load)")
      ->type_name("FOLDER")
      ->check(CLI::ExistingDirectory);
  command->callback([arguments, &code] { code = batches(*arguments); });
}

}  // namespace feedline::cli
