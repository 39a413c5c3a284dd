// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/graph_arguments.h"

namespace feedline::cli {

void add_file(CLI::App& command, std::string& file) {
  command.add_option("FILE", file, "Graph file (.feedline), or a built-in example such as example:quickstart");
}

void add_set(CLI::App& command, std::vector<std::string>& set) {
  command
      .add_option(
          "--set", set,
          "Change a parameter for this run only, as NODE.PARAM=VALUE: batch.size=128, adam.learning_rate=1/1000. "
          "May be given many times. "
          "'feedline-cli nodes TYPE' lists the parameters of a node type")
      ->type_name("NODE.PARAM=VALUE")
      ->allow_extra_args(false);
}

}  // namespace feedline::cli
