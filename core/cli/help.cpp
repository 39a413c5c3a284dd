// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/help.h"

#include "base/error.h"
#include "cli/format.h"
#include "cli/terminal.h"
#include "schema/registry.h"

#include <algorithm>
#include <vector>

namespace feedline::cli {
namespace {

constexpr std::size_t kColumn = 28;

std::size_t help_width() { return std::min<std::size_t>(width_of(stdout, 100), 100); }

/// At most one empty line in a row, and none at the end.
std::string without_gaps(const std::string& text) {
  std::string out;
  for (const char c : text)
    if (c != '\n' || !out.ends_with("\n\n")) out += c;
  return out.substr(0, out.find_last_not_of('\n') + 1) + '\n';
}

class HelpFormatter final : public CLI::Formatter {
 public:
  HelpFormatter() {
    column_width(kColumn);
    label("Positionals", "Arguments");
  }

  // CLI11 breaks option texts nowhere but at their own line ends.
  std::string make_option_desc(const CLI::Option* option) const override {
    return wrap(option->get_description(), std::max<std::size_t>(help_width() - kColumn, 30));
  }
  std::string make_option_opts(const CLI::Option* option) const override {
    if (option->get_positional() && option->get_type_size() != 0 && option->get_lnames().empty()) return {};
    if (option->get_type_size() == 0 || option->get_type_name().empty()) return {};
    const std::string type = option->get_type_name();  // "N:UINT in [1 - 1000]": limits are told when they are missed
    return ' ' + type.substr(0, type.find(':'));
  }
  // The first line of a subcommand's description says what it is, the rest how it works.
  std::string make_subcommand(const CLI::App* command) const override {
    const std::string description = command->get_description();
    std::string line = "  " + command->get_name();
    line.resize(std::max(kColumn, line.size() + 2), ' ');
    return line + description.substr(0, description.find('\n')) + '\n';
  }
  std::string make_description(const CLI::App* app) const override { return app->get_description() + "\n\n"; }
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    return without_gaps(CLI::Formatter::make_help(app, std::move(name), mode));
  }
  std::string make_usage(const CLI::App* app, std::string name) const override {
    std::string usage = "Usage: " + name;
    if (!app->get_subcommands([](const CLI::App*) { return true; }).empty()) usage += " COMMAND";
    for (const CLI::Option* option : app->get_options([](const CLI::Option* o) { return o->get_positional(); }))
      usage += " " + (option->get_required() ? option->get_single_name() : "[" + option->get_single_name() + "]");
    return usage + " [OPTIONS]\n";
  }
};

std::vector<std::string> commands_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return names;
}

/// Every long name that the chosen subcommand understands.
std::vector<std::string> known_options(const CLI::App& app) {
  std::vector<std::string> words;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  for (const CLI::App* command : app.get_subcommands())
    for (const std::string& word : known_options(*command)) words.push_back(word);
  return words;
}

}  // namespace

std::shared_ptr<CLI::FormatterBase> help_formatter() { return std::make_shared<HelpFormatter>(); }

std::string paragraph(const std::string& text) { return wrap(text, help_width()); }

void explain(CLI::App& command, const std::string& text) {
  command.description(command.get_description() + ".\n\n" + paragraph(text));
}

std::string usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* deepest = &app;
  std::string where = app.get_name();
  while (!deepest->get_subcommands().empty()) {
    deepest = deepest->get_subcommands().front();
    where += " " + deepest->get_name();
  }
  const bool wants_command = !commands_of(*deepest).empty();
  Error problem{.reason = error.what(), .remedy = "Help: " + where + " --help", .node = where};

  constexpr std::string_view kNoNumber = "Could not convert: ";  // the parser's words for it
  if (problem.reason.starts_with(kNoNumber)) problem.reason.replace(0, kNoNumber.size(), "a number is wanted: ");
  std::vector<std::string> extras = app.remaining(true);
  if (!extras.empty()) {
    const std::string word = extras.front().substr(0, extras.front().find('='));
    const bool option = word.starts_with('-');
    const bool command = !option && wants_command;
    const std::string near = nearest_word(word, option ? known_options(app) : commands_of(*deepest));
    problem.reason = "'" + word + "' is no " + (option ? "option" : command ? "command" : "argument that it takes");
    if (!near.empty()) problem.remedy = "Did you mean " + near + "? " + problem.remedy;
    if (near.empty() && command) problem.remedy = "Choose one of " + joined(commands_of(*deepest));
  } else if (wants_command) {
    problem.remedy = "Choose one of " + joined(commands_of(*deepest)) + ". " + problem.remedy;
  }
  return problem.line();
}

}  // namespace feedline::cli
