// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/embedded.h"
#include "base/user_path.h"
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/graph_file.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "engine/data_at.h"
#include "graph/wire_splits.h"
#include "plan/plan.h"
#include "schema/registry.h"

#include <filesystem>
#include <memory>
#include <string>

namespace feedline::cli {
namespace {

namespace fs = std::filesystem;

struct NewArguments {
  std::string example{};
  std::string path{};
  std::string from{};  ///< data to build a graph for
  std::string label{};
  bool force = false;
};

void list_examples() {
  put_line(stdout, "Examples:");
  for (const EmbeddedFile& file : embedded_examples()) {
    const std::string name = fs::path(file.name).stem().string();
    const auto loaded = from_json(file.text);
    const std::string title = loaded ? loaded->document.title() : std::string();
    put_line(stdout, "  " + name + std::string(name.size() < 14 ? 14 - name.size() : 1, ' ') + "  " + title);
  }
  put_line(stdout, "\nStart from one: feedline-cli new quickstart my.feedline");
}

Status may_write(const std::string& path, bool force) {
  std::error_code ignored;
  if (!force && fs::exists(fs::symlink_status(user_path(path), ignored)))
    return fail(
        Error{.reason = "exists already", .remedy = "Choose another path, or overwrite with --force", .file = path});
  return check_writable(path);
}

ExitCode write(const std::string& path, std::string_view text) {
  if (const auto written = write_result(path, text); !written) return refuse(written.error());
  put_line(stdout, "wrote " + path + "; train it: feedline-cli run " + path);
  return kOk;
}

/// A graph file, or an example by its name.
Result<Loaded> load_base(const std::string& given) {
  std::error_code ignored;
  const bool is_example = !given.starts_with(kExamplePrefix) && !fs::is_regular_file(user_path(given), ignored) &&
                          example_text(given).has_value();
  return load_graph(is_example ? std::string(kExamplePrefix) + given : given);
}

/// The column of a table that is to be predicted.
Status choose_label(StarterData& data, const std::string& column) {
  if (column.empty()) return {};
  const NodeSpec* source = Registry::instance().find(data.type);
  if (source == nullptr || source->param("label") == nullptr)
    return fail("--label names a column of a table, and this is none", "Leave it out: the data tell their classes");
  data.training["label"] = column;
  if (data.validation) (*data.validation)["label"] = column;
  return {};
}

/// A graph for the data at --from: a whole new one, or one that stands, made to read them.
ExitCode create_for_data(const NewArguments& arguments) {
  const bool has_base = !arguments.path.empty();  // else the only word is the path
  const std::string& path = has_base ? arguments.path : arguments.example;
  if (path.empty())
    return refuse({.reason = "no path is given for the new graph",
                   .remedy = "Give one: feedline-cli new --from FOLDER my.feedline"});
  auto base = has_base ? load_base(arguments.example) : Result<Loaded>(Loaded{});
  if (!base) return refuse(base.error());
  auto data = data_at(user_path(arguments.from));
  if (!data) return refuse(data.error());
  if (const auto chosen = choose_label(*data, arguments.label); !chosen)
    return refuse(Error(chosen.error()).in_file(arguments.from));
  if (const auto writable = may_write(path, arguments.force); !writable) return refuse(writable.error());
  data = look_into(std::move(*data), {.cache_folder = default_cache_folder(), .stop = {}, .progress = {}});
  if (!data) return refuse(std::move(data.error()).in_file(arguments.from));
  const auto graph = has_base ? with_data(std::move(base->document), *data) : starter_graph(*data);
  if (!graph) return refuse(Error(graph.error()).in_file(arguments.from));
  const bool aside = !has_base && !data->validation;
  put_line(stdout, size_text(*data) + (aside ? "; a fifth is set aside for validation" : ""));
  return write(path, to_json(*graph));
}

ExitCode create(const NewArguments& arguments) {
  if (!arguments.from.empty()) return create_for_data(arguments);
  if (!arguments.label.empty())
    return refuse({.reason = "--label names a column of the data, and none are given",
                   .remedy = "Name them: feedline-cli new --from people.csv --label income people.feedline"});
  if (arguments.example.empty()) {
    list_examples();
    return kOk;
  }
  const auto text = example_text(arguments.example);
  if (!text) return refuse(text.error());
  if (arguments.path.empty())
    return refuse({.reason = "no path is given for the new graph",
                   .remedy = "Give one: feedline-cli new " + arguments.example + " my.feedline"});
  if (const auto writable = may_write(arguments.path, arguments.force); !writable) return refuse(writable.error());
  return write(arguments.path, *text);
}

}  // namespace

void add_new(CLI::App& app, ExitCode& code) {
  CLI::App* command = app.add_subcommand("new", "Start a graph from an example or for your data");
  explain(*command,
          "Writes one of the built-in examples to a file of your own, to be changed in the window or with --set. With "
          "--from it looks at your data and builds a whole graph for them: source, augmentation, a small network, "
          "validation. With --from and a graph of yours (or an example) it writes that graph anew so that it reads "
          "them; of the parent of train/ and val/ it makes two sources, one for validation. Without arguments it lists "
          "the examples. It never overwrites a file unless told to.");
  command->footer(
      "Examples:\n"
      "  feedline-cli new\n"
      "  feedline-cli new image-folder flowers.feedline\n"
      "  feedline-cli new --from ~/pictures/flowers flowers.feedline\n"
      "  feedline-cli new --from people.csv --label income people.feedline\n"
      "  feedline-cli new --from ~/imagenet my.feedline my-imagenet.feedline\n");
  auto arguments = std::make_shared<NewArguments>();
  command->add_option("EXAMPLE", arguments->example, "Name of an example; with --from and no PATH, the file to write");
  command->add_option("PATH", arguments->path, "File to write");
  command
      ->add_option("--from", arguments->from,
                   "Data to learn from: a folder with one sub-folder per class, the parent of train/ and val/, IDX "
                   "files, a tar or zip archive, NumPy arrays, CIFAR files, a table (.csv, .tsv, .sqlite) or a text of "
                   "labelled lines")
      ->type_name("PATH");
  command
      ->add_option("--label", arguments->label,
                   "The column of a table that is to be predicted. Default: one called label, target, class or y, else "
                   "the last")
      ->type_name("COLUMN");
  command->add_flag("--force", arguments->force, "Overwrite the file if it exists");
  command->callback([arguments, &code] { code = create(*arguments); });
}

}  // namespace feedline::cli
