// SPDX-License-Identifier: GPL-3.0-or-later

// The program itself knows no LibTorch: loading it takes over half a second, longer than a check of a small data set.
// Commands that do not train run at once; for all others a module is loaded that has every command.

#include "base/own_program.h"
#include "cli/commands.h"
#include "cli/terminal.h"

#include <array>
#include <cstdio>
#include <dlfcn.h>
#include <string>
#include <string_view>
#include <unistd.h>

namespace feedline::cli {
namespace {

constexpr std::array kWithoutTraining = {add_check, add_validate, add_node, add_nodes, add_new};

bool is_without_training(std::string_view command) {
  if (command == "--version") return true;
  CLI::App app;
  ExitCode code = kOk;
  for (const AddCommand add : kWithoutTraining) add(app, code);
  return !app.get_subcommands([&](CLI::App* known) { return known->get_name() == command; }).empty();
}

/// Beside the program. By its whole path: a sanitizer that stands between hides who asks, and with it the program's own
/// search path.
std::string module_path() {
  const auto program = own_program();
  return program ? (program->parent_path() / kModule).string() : kModule;
}

/// OpenBLAS, which OpenCV brings, starts a thread a core when it is loaded, and each of them spins for a tenth of a
/// second on a core that a command could use. No command here multiplies matrices; if one did, they would start again.
void end_blas_threads() {
  if (void* shutdown = ::dlsym(RTLD_DEFAULT, "blas_thread_shutdown_"); shutdown != nullptr)
    reinterpret_cast<int (*)()>(shutdown)();
}

int run_light(int argc, char** argv) {
  end_blas_threads();
  return run_program(argc, argv, kWithoutTraining);
}

int run_all(int argc, char** argv) {
  // Global, as if it had been linked: LibTorch's own plug-ins look for each other there.
  void* module = ::dlopen(module_path().c_str(), RTLD_NOW | RTLD_GLOBAL);
  void* entry = module == nullptr ? nullptr : ::dlsym(module, kAllCommands);
  if (entry != nullptr) return reinterpret_cast<int (*)(int, char**)>(entry)(argc, argv);
  const char* why = ::dlerror();
  return refuse({.code = ErrorCode::Failed,
                 .reason = std::string("the part of the program that trains cannot be loaded: ") +
                           (why != nullptr ? why : "it is of another version"),
                 .remedy = std::string("Keep ") + kModule + " beside feedline-cli"});
}

}  // namespace
}  // namespace feedline::cli

int main(int argc, char** argv) {
  using namespace feedline::cli;
  const bool light = argc > 1 && is_without_training(argv[1]);
  const int code = light ? run_light(argc, argv) : run_all(argc, argv);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return code;  // leaks are looked for at the end
#else
  // All is written. The 280 libraries behind LibTorch would take 80 ms of processor time to take themselves apart.
  std::fflush(nullptr);
  ::_exit(code);
#endif
}
