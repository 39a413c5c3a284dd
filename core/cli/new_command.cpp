// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/embedded.h"
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/graph_file.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/terminal.h"

#include <filesystem>
#include <memory>
#include <string>

namespace feedline::cli {
namespace {

namespace fs = std::filesystem;

struct NewArguments {
  std::string example{};
  std::string path{};
  bool force = false;
};

ExitCode refuse(const Error& error) {
  complain(error);
  return exit_code(error.code);
}

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

ExitCode create(const NewArguments& arguments) {
  if (arguments.example.empty()) {
    list_examples();
    return kOk;
  }
  const auto text = example_text(arguments.example);
  if (!text) return refuse(text.error());
  if (arguments.path.empty())
    return refuse({.reason = "no path is given for the new graph",
                   .remedy = "Give one: feedline-cli new " + arguments.example + " my.feedline"});
  std::error_code ignored;
  if (!arguments.force && fs::exists(fs::symlink_status(arguments.path, ignored)))
    return refuse({.reason = "exists already",
                   .remedy = "Choose another path, or overwrite with --force",
                   .file = arguments.path});
  if (const auto writable = check_writable(arguments.path); !writable) return refuse(writable.error());
  if (const auto written = write_result(arguments.path, *text); !written) return refuse(written.error());
  put_line(stdout, "wrote " + arguments.path + "; train it: feedline-cli run " + arguments.path);
  return kOk;
}

}  // namespace

void add_new(CLI::App& app, ExitCode& code) {
  CLI::App* command = app.add_subcommand("new", "Start a graph from an example");
  explain(
      *command,
      "Writes one of the built-in examples to a file of your own, to be changed in the window or with --set. Without "
      "arguments it lists the examples. It never overwrites a file unless told to.");
  command->footer(
      "Examples:\n"
      "  feedline-cli new\n"
      "  feedline-cli new image-folder flowers.feedline\n");
  auto arguments = std::make_shared<NewArguments>();
  command->add_option("EXAMPLE", arguments->example, "Name of an example");
  command->add_option("PATH", arguments->path, "File to write");
  command->add_flag("--force", arguments->force, "Overwrite the file if it exists");
  command->callback([arguments, &code] { code = create(*arguments); });
}

}  // namespace feedline::cli
