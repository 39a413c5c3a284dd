// SPDX-License-Identifier: GPL-3.0-or-later
#include "ranks/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <unistd.h>
#include <utility>

namespace feedline::inline ranks {
namespace {

constexpr std::int64_t kMostRanks = 65'536;

/// One variable as a whole number; nothing where it is absent or empty.
Result<std::optional<std::int64_t>> whole_number(const Environment& environment, std::string_view name,
                                                 std::int64_t least, std::int64_t most) {
  const auto text = environment(name);
  if (!text || text->empty()) return std::nullopt;
  std::int64_t value = 0;
  const char* const end = text->data() + text->size();
  const auto [at, error] = std::from_chars(text->data(), end, value);
  if (error == std::errc() && at == end && value >= least && value <= most) return value;
  return fail(fmt::format("{} is '{}', which is no whole number from {} to {}", name, *text, least, most),
              fmt::format("Set it as torchrun does, or take it out of the environment (unset {})", name));
}

std::string text_of(const Environment& environment, std::string_view name) {
  return environment(name).value_or(std::string());
}

/// "node[01-04,07],login" -> "node01": Slurm's way to write a list of hosts.
std::string first_host(std::string_view list) {
  std::string host;
  for (std::size_t i = 0; i < list.size() && list[i] != ','; ++i) {
    if (list[i] != '[') {
      host += list[i];
      continue;
    }
    const std::size_t close = list.find(']', i);
    if (close == std::string_view::npos) return {};
    const std::string_view inside = list.substr(i + 1, close - i - 1);
    host += inside.substr(0, inside.find_first_of(",-"));
    i = close;
  }
  return host;
}

/// "4(x2),3" is 4, 4, 3: how many tasks of a step a machine has.
std::optional<int> tasks_of_machine(std::string_view list, std::int64_t machine) {
  while (!list.empty()) {
    const std::string_view part = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), part.size() + 1));
    int tasks = 0;
    std::int64_t times = 1;
    const auto [at, error] = std::from_chars(part.data(), part.data() + part.size(), tasks);
    if (error != std::errc() || tasks < 1) return std::nullopt;
    if (const std::size_t x = part.find("(x"); x != std::string_view::npos)
      std::from_chars(part.data() + x + 2, part.data() + part.size(), times);
    if (machine < times) return tasks;
    machine -= times;
  }
  return std::nullopt;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string("localhost");
}

/// Where each setting is read from, so that both ways are one code.
struct Variables {
  std::string_view rank, size, local_rank;
};
constexpr Variables kTorchrun = {"RANK", "WORLD_SIZE", "LOCAL_RANK"};
constexpr Variables kSlurm = {"SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID"};

/// Rank, size and local rank; the others are known from them by the caller.
Result<World> place_in(const Environment& environment, const Variables& variables) {
  const auto size = whole_number(environment, variables.size, 1, kMostRanks);
  if (!size) return fail(size.error());
  if (!*size)
    return fail(fmt::format("{} is set, but {} is not", variables.rank, variables.size),
                fmt::format("Set {} to the number of processes, or take {} out of the environment (unset {})",
                            variables.size, variables.rank, variables.rank));
  const auto rank = whole_number(environment, variables.rank, 0, **size - 1);
  if (!rank) return fail(rank.error());
  const auto local = whole_number(environment, variables.local_rank, 0, **size - 1);
  if (!local) return fail(local.error());
  World world;
  world.size = static_cast<int>(**size);
  world.rank = static_cast<int>(rank->value_or(0));
  world.local_rank = static_cast<int>(local->value_or(0));
  return world;
}

bool is_this_machine(std::string_view address) {
  return address == "localhost" || address == "::1" || address.starts_with("127.");
}

/// Address and port of rank 0, and how many ranks are on this machine, as torchrun says them.
Status find_master(const Environment& environment, World& world) {
  const auto port = whole_number(environment, "MASTER_PORT", 1, 65'535);
  if (!port) return fail(port.error());
  world.master_address = text_of(environment, "MASTER_ADDR");
  const bool meets = !world.store_folder.empty();
  if (!world.alone() && !meets && (world.master_address.empty() || !*port))
    return fail(fmt::format("{} is not set, so that rank {} of {} does not know where rank 0 is",
                            world.master_address.empty() ? "MASTER_ADDR" : "MASTER_PORT", world.rank, world.size),
                "Set MASTER_ADDR and MASTER_PORT to host and a free port of rank 0, or start with feedline-cli launch");
  world.master_port = static_cast<std::uint16_t>(port->value_or(0));

  const auto local = whole_number(environment, "LOCAL_WORLD_SIZE", 1, world.size);
  if (!local) return fail(local.error());
  const bool here = meets || is_this_machine(world.master_address);
  if (here && text_of(environment, "LOCAL_RANK").empty()) world.local_rank = world.rank;
  world.local_size = static_cast<int>(local->value_or(here ? world.size : world.local_rank + 1));
  if (world.local_rank >= world.local_size)
    return fail(fmt::format("LOCAL_RANK is {}, but LOCAL_WORLD_SIZE is {}", world.local_rank, world.local_size),
                "Ranks on a machine are counted from 0");
  world.store_elsewhere = text_of(environment, "TORCHELASTIC_USE_AGENT_STORE") == "True";
  return {};
}

/// Slurm tells the hosts of a step, but no port: one that follows from job and step, the same on all machines.
Status find_slurm_master(const Environment& environment, World& world) {
  const auto job = whole_number(environment, "SLURM_JOB_ID", 0, std::int64_t{1} << 40);
  if (!job) return fail(job.error());
  const auto step = whole_number(environment, "SLURM_STEP_ID", 0, std::int64_t{1} << 40);
  if (!step) return fail(step.error());
  const auto port = whole_number(environment, "MASTER_PORT", 1, 65'535);
  if (!port) return fail(port.error());
  const std::string hosts = text_of(environment, "SLURM_STEP_NODELIST");
  world.master_address = text_of(environment, "MASTER_ADDR");
  if (world.master_address.empty()) world.master_address = first_host(hosts);
  if (world.master_address.empty() && !world.alone())
    return fail(fmt::format("SLURM_STEP_NODELIST is '{}', which begins with no host", hosts),
                "Set MASTER_ADDR and MASTER_PORT to host and a free port of rank 0");
  world.master_port =
      static_cast<std::uint16_t>(port->value_or(12'000 + (job->value_or(0) * 7 + step->value_or(0)) % 16'000));
  const auto machine = whole_number(environment, "SLURM_NODEID", 0, kMostRanks);
  if (!machine) return fail(machine.error());
  const auto tasks = tasks_of_machine(text_of(environment, "SLURM_STEP_TASKS_PER_NODE"), machine->value_or(0));
  world.local_size = std::max(tasks.value_or(1), world.local_rank + 1);
  return {};
}

/// What is Feedline's own.
Status find_own(const Environment& environment, World& world) {
  world.interface_address = text_of(environment, "FEEDLINE_INTERFACE");
  world.secret = text_of(environment, "FEEDLINE_SECRET");
  world.host = host_name();
  const auto patience = whole_number(environment, "FEEDLINE_PATIENCE", 2, 3'600);
  if (!patience) return fail(patience.error());
  if (*patience) world.patience = std::chrono::seconds(**patience);
  const auto restarts = whole_number(environment, "TORCHELASTIC_RESTART_COUNT", 0, 1'000'000);
  if (!restarts) return fail(restarts.error());
  world.restarts = static_cast<int>(restarts->value_or(0));
  return {};
}

/// The folder that the launcher made for the ranks of this machine.
Result<std::filesystem::path> meeting_folder(const Environment& environment) {
  const std::filesystem::path folder = text_of(environment, "FEEDLINE_STORE");
  std::error_code error;
  if (folder.empty() || std::filesystem::is_directory(folder, error)) return folder;
  return fail(fmt::format("FEEDLINE_STORE is '{}', which is no folder", folder.string()),
              "feedline-cli launch makes it; take the variable out of the environment (unset FEEDLINE_STORE) to start "
              "without it");
}

}  // namespace

Result<World> world_from(const Environment& environment) {
  const auto is_set = [&](std::string_view name) { return !text_of(environment, name).empty(); };
  World alone;
  if (is_set("RANK")) {
    auto world = place_in(environment, kTorchrun);
    if (!world) return world;
    auto folder = meeting_folder(environment);
    if (!folder) return fail(std::move(folder.error()));
    world->store_folder = std::move(*folder);
    if (Status found = find_master(environment, *world); !found) return fail(std::move(found.error()));
    if (Status found = find_own(environment, *world); !found) return fail(std::move(found.error()));
    return world;
  }
  const auto size = whole_number(environment, "WORLD_SIZE", 1, kMostRanks);
  if (!size) return fail(size.error());
  if (size->value_or(1) > 1)
    return fail(fmt::format("WORLD_SIZE is {}, but RANK is not set", **size),
                "Set RANK to the number of this process, from 0 on, or take WORLD_SIZE out of the environment");
  // Within a step alone (srun): the script of a batch job has SLURM_PROCID too, but no others would come.
  if (is_set("SLURM_PROCID") && is_set("SLURM_STEP_NODELIST") && is_set("SLURM_STEP_NUM_TASKS")) {
    auto world = place_in(environment, kSlurm);
    if (!world) return world;
    if (Status found = find_slurm_master(environment, *world); !found) return fail(std::move(found.error()));
    if (Status found = find_own(environment, *world); !found) return fail(std::move(found.error()));
    return world;
  }
  alone.host = host_name();
  return alone;
}

Result<World> world_of_process() {
  return world_from([](std::string_view name) -> std::optional<std::string> {
    const char* const value = std::getenv(std::string(name).c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  });
}

}  // namespace feedline::inline ranks
