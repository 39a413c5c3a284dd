// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/ranks/rank_meeting.h"

#include "base/numbers.h"
#include "base/sha256.h"
#include "ranks/local_address.h"

#include <fmt/format.h>
#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <cerrno>
#include <charconv>
#include <limits>
#include <netdb.h>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace feedline::inline training {
namespace {

using MeetingClock = std::chrono::steady_clock;
using Words = std::vector<std::string>;

/// Begin what rank 0 tells all in place of their words.
constexpr const char* kErrorVerdict = "error";
constexpr const char* kRefusedVerdict = "refused";

std::vector<std::uint8_t> store_bytes(std::string_view text) { return {text.begin(), text.end()}; }
std::string store_text(const std::vector<std::uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

/// Words by their lengths: "3:abc0:".
std::string packed(const Words& words) {
  std::string text;
  for (const std::string& word : words) text += std::to_string(word.size()) + ':' + word;
  return text;
}

Words unpacked_words(std::string_view text) {
  Words words;
  while (!text.empty()) {
    std::size_t length = 0;
    const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    const auto begin = static_cast<std::size_t>(at - text.data()) + 1;
    if (error != std::errc() || begin > text.size() || length > text.size() - begin) break;
    words.emplace_back(text.substr(begin, length));
    text.remove_prefix(begin + length);
  }
  return words;
}

/// Ranks' lives in a c10d store.
class StoreBoard final : public RankBoard {
 public:
  explicit StoreBoard(c10::intrusive_ptr<c10d::Store> store) : store_(std::move(store)) {}

  void beat(int rank, std::uint64_t count) override { store_->set(key_of(rank), store_bytes(std::to_string(count))); }
  std::uint64_t count_of(int rank) override {
    if (!store_->check({key_of(rank)})) return 0;
    const std::string text = store_text(store_->get(key_of(rank)));
    std::uint64_t count = 0;
    std::from_chars(text.data(), text.data() + text.size(), count);
    return count;
  }
  void tell_lost(const LostRank& lost) override {
    if (store_->add("losses", 1) == 1) store_->set("lost", store_bytes(packed({std::to_string(lost.rank), lost.why})));
  }
  std::optional<LostRank> lost() override {
    if (!store_->check({"lost"})) return std::nullopt;
    const Words words = unpacked_words(store_text(store_->get("lost")));
    if (words.size() != 2) return std::nullopt;
    LostRank lost{.why = words[1]};
    std::from_chars(words[0].data(), words[0].data() + words[0].size(), lost.rank);
    return lost;
  }

 private:
  [[nodiscard]] static std::string key_of(int rank) { return "beat/" + std::to_string(rank); }
  c10::intrusive_ptr<c10d::Store> store_;
};

constexpr std::string_view kCannotListen = "cannot listen at ";

/// A socket bound to one address, for the store to listen on. Throws where there is none: the store would find one
/// itself, on all networks. LibTorch 1.13 cannot be given one.
[[maybe_unused]] int socket_bound_to(const std::string& address, std::uint16_t port) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  addrinfo* found = nullptr;
  std::string why = "it is no address";
  if (::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &wanted, &found) == 0) {
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    const int bound = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    if (bound >= 0 && ::setsockopt(bound, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
        ::bind(bound, found->ai_addr, found->ai_addrlen) == 0)
      return bound;
    why = std::generic_category().message(errno);
    if (bound >= 0) ::close(bound);
  }
  throw std::runtime_error(fmt::format("{}{} port {}: {}", kCannotListen, address, port, why));
}

/// What only newer versions of LibTorch have: the server that can be given a socket, and so listens on one address.
template <class Options>
void listen_only_on(Options& options, const std::string& address) {
  // Debian's LibTorch has no libuv; its name changed between versions.
  if constexpr (requires { options.useLibUV; }) options.useLibUV = false;
  if constexpr (requires { options.useLibuv; }) options.useLibuv = false;
  if constexpr (requires { options.masterListenFd; }) {
    if (options.isServer) options.masterListenFd = socket_bound_to(address, options.port);
  }
}

c10::intrusive_ptr<c10d::Store> open_store(const World& world, const std::string& address, bool may_serve,
                                           std::chrono::milliseconds limit) {
  if (!world.store_folder.empty())  // no rank removes it: the launcher does so with its folder
    return c10::make_intrusive<c10d::FileStore>((world.store_folder / "store").string(),
                                                std::numeric_limits<int>::max());
  c10d::TCPStoreOptions options;
  options.port = world.master_port;
  options.isServer = may_serve && world.rank == 0 && !world.store_elsewhere;
  options.waitWorkers = false;
  options.timeout = limit;
  listen_only_on(options, address);
  // At rank 0 by the address that it listens on: the name of a machine often stands for another one there.
  const bool at_home = world.rank == 0 && !world.store_elsewhere;
  return c10::make_intrusive<c10d::TCPStore>(at_home ? address : world.master_address, options);
}

c10::intrusive_ptr<c10d::Store> with_prefix(const World& world, c10::intrusive_ptr<c10d::Store> store) {
  return c10::make_intrusive<c10d::PrefixStore>(fmt::format("feedline/{}", world.restarts), std::move(store));
}

std::string own_first_line(std::string_view text) { return std::string(text.substr(0, text.find('\n'))); }

Error store_fault(const World& world, std::string_view message) {
  const std::string place = world.store_folder.empty() ? fmt::format("{}:{}", world.master_address, world.master_port)
                                                       : world.store_folder.string();
  if (message.find("already in use") != std::string_view::npos)
    return {.code = ErrorCode::Failed,
            .reason = fmt::format("rank 0 cannot listen at {}: the port is in use", place),
            .remedy = "Choose another MASTER_PORT, or end what uses this one ('ss -ltnp' names it)"};
  if (message.starts_with(kCannotListen))
    return {.code = ErrorCode::Failed,
            .reason = fmt::format("rank 0 {}", message),
            .remedy =
                "Set FEEDLINE_INTERFACE to the address of this machine that the other ranks reach, and "
                "MASTER_PORT to a free port"};
  return {.code = ErrorCode::Failed,
          .reason = fmt::format("rank {} cannot reach rank 0 at {}: {}", world.rank, place, own_first_line(message)),
          .remedy =
              "Is rank 0 running there, does MASTER_ADDR lead to it from here, and does a firewall let MASTER_PORT "
              "through?"};
}

Error disagreement(std::string reason, std::string remedy) {
  return {.code = ErrorCode::Failed, .reason = std::move(reason), .remedy = std::move(remedy)};
}

/// What each rank says of itself; proves the secret without telling it.
enum Said : std::size_t { kVersion, kLibrary, kSize, kSecret, kAgreed, kHost, kProcess, kSaidCount };

std::string secret_digest(const World& world, int rank) {
  const std::string text = fmt::format("feedline rank {} restart {} {}", rank, world.restarts, world.secret);
  return Sha256().add(std::as_bytes(std::span(text))).hex();
}

Words said_by(const World& world, const std::string& agreed) {
  Words said(kSaidCount);
  said[kVersion] = FEEDLINE_VERSION;
  said[kLibrary] = TORCH_VERSION;
  said[kSize] = std::to_string(world.size);
  said[kSecret] = secret_digest(world, world.rank);
  said[kAgreed] = agreed;
  said[kHost] = world.host;
  said[kProcess] = std::to_string(::getpid());
  return said;
}

/// What differs between rank 0 and another; nothing where they agree.
std::optional<Error> difference(const World& world, const Words& own, int rank, const Words& other) {
  if (other.size() != kSaidCount)
    return disagreement(fmt::format("rank {} is of another version of Feedline", rank),
                        "Install one version on all machines");
  const std::string who = fmt::format("rank {} on host {}", rank, other[kHost]);
  if (other[kSecret] != secret_digest(world, rank))
    return disagreement(who + " has another secret than rank 0: it may belong to another run",
                        "Set FEEDLINE_SECRET to the same on all ranks, and MASTER_PORT to a port of this run alone");
  if (other[kVersion] != own[kVersion] || other[kLibrary] != own[kLibrary])
    return disagreement(fmt::format("{} has Feedline {} with LibTorch {}, rank 0 has {} with {}", who, other[kVersion],
                                    other[kLibrary], own[kVersion], own[kLibrary]),
                        "Install the same versions on all machines");
  if (other[kSize] != own[kSize])
    return disagreement(fmt::format("{} counts {} ranks, rank 0 {}", who, other[kSize], own[kSize]),
                        "Set WORLD_SIZE to the same on all ranks");
  if (other[kAgreed] != own[kAgreed])
    return disagreement(
        fmt::format("{} trains another graph, with other options or data, than rank 0: {} there, {} here", who,
                    other[kAgreed], own[kAgreed]),
        "Give all ranks the same file, the same data and the same options");
  return std::nullopt;
}

std::string member_key(int rank) { return "member/" + std::to_string(rank); }

/// How long somebody waits for the others.
struct MeetingWait {
  MeetingClock::time_point deadline;
  const std::stop_token& stop;
  RankBoard* board;  ///< of ranks on one machine, where their launcher tells who will not come; else null
};

/// Until the store has a key; false at the deadline. Errors: cancelled; a rank has failed meanwhile.
Result<bool> await_key(c10d::Store& store, const std::string& key, const MeetingWait& wait) {
  auto pause = std::chrono::milliseconds(2);
  while (!store.check({key})) {
    if (wait.stop.stop_requested()) return fail_cancelled();
    if (const auto lost = wait.board != nullptr ? wait.board->lost() : std::nullopt)
      return fail(error_of_meeting(*lost));
    if (MeetingClock::now() > wait.deadline) return false;
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::milliseconds(50));
  }
  return true;
}

/// With an address that leads elsewhere, only rank 0 knows nothing of it.
std::string where_it_waited(const World& world) {
  if (!world.store_folder.empty()) return {};
  return fmt::format(": they look for rank 0 at {}:{}, which must lead to this machine", world.master_address,
                     world.master_port);
}

/// Rank 0's: everyone's words in order, or what is wrong.
Result<std::vector<Words>> collect_members(c10d::Store& store, const World& world, const Words& own,
                                           const MeetingWait& wait) {
  std::vector<Words> all = {own};
  std::vector<std::string> missing;
  for (int rank = 1; rank < world.size; ++rank) {
    const auto came = await_key(store, member_key(rank), wait);
    if (!came) return fail(came.error());
    if (!*came) {
      missing.push_back(std::to_string(rank));
      continue;
    }
    all.push_back(unpacked_words(store_text(store.get(member_key(rank)))));
    if (auto differs = difference(world, own, rank, all.back())) return fail(std::move(*differs));
  }
  if (missing.empty()) return all;
  return fail(disagreement(
      fmt::format("{} of {} never came: {}", missing.size() == 1 ? "a rank" : "ranks", world.size,
                  numbers::listed(missing, 8)),
      "Start all ranks within 20 s of each other, and look at the messages of those" + where_it_waited(world)));
}

/// All ranks hear the same verdict.
Result<std::vector<Words>> agree(c10d::Store& store, const World& world, const std::string& agreed,
                                 const MeetingWait& wait) {
  const Words own = said_by(world, agreed);
  if (store.add("claim/" + std::to_string(world.rank), 1) > 1)
    return fail(disagreement(fmt::format("there is a second rank {} of {}", world.rank, world.size),
                             "Give each process a RANK of its own, and each run a MASTER_PORT of its own"));
  store.set(member_key(world.rank), store_bytes(packed(own)));
  if (world.rank == 0) {
    auto all = collect_members(store, world, own, {wait.deadline - std::chrono::seconds(3), wait.stop, wait.board});
    Words verdict;
    if (all) {
      for (const Words& words : *all) verdict.push_back(packed(words));
    } else {
      const bool refused = all.error().code == ErrorCode::BadInput;
      verdict = {refused ? kRefusedVerdict : kErrorVerdict, all.error().reason, all.error().remedy};
    }
    store.set("verdict", store_bytes(packed(verdict)));
    // The store goes with this process, if it is no file: whoever is there may read it first.
    const auto patience = std::min(wait.deadline, MeetingClock::now() + std::chrono::seconds(2));
    while (!all && wait.board == nullptr && store.add("heard", 0) < world.size - 1 && MeetingClock::now() < patience)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return all;
  }
  const auto came = await_key(store, "verdict", wait);
  if (!came) return fail(came.error());
  if (!*came) return fail(store_fault(world, "rank 0 never came, or another program answers there"));
  const Words verdict = unpacked_words(store_text(store.get("verdict")));
  store.add("heard", 1);
  if (verdict.size() == 3 && (verdict[0] == kErrorVerdict || verdict[0] == kRefusedVerdict)) {
    Error error = disagreement(verdict[1], verdict[2]);
    if (verdict[0] == kRefusedVerdict) error.code = ErrorCode::BadInput;
    return fail(std::move(error));
  }
  std::vector<Words> all;
  for (const std::string& words : verdict) all.push_back(unpacked_words(words));
  if (static_cast<int>(all.size()) != world.size || all[0].size() != kSaidCount)
    return fail(disagreement("rank 0 is of another version of Feedline, or belongs to another run",
                             "Install one version on all machines, and give each run a MASTER_PORT of its own"));
  if (all[0][kSecret] != secret_digest(world, 0))
    return fail(
        disagreement(fmt::format("rank 0 on host {} has another secret than rank {}", all[0][kHost], world.rank),
                     "Set FEEDLINE_SECRET to the same on all ranks"));
  return all;
}

}  // namespace

Error error_of_meeting(const LostRank& lost) {
  const bool refused = lost.why.find(kRefusalWords) != std::string::npos;
  return {.code = refused ? ErrorCode::BadInput : ErrorCode::Failed,
          .reason = fmt::format("rank {} {}", lost.rank, lost.why),
          .remedy = "Mend what it tells of, and start all ranks again"};
}

Result<RankMeeting> meet_ranks(const World& world, const std::string& agreed, std::chrono::seconds limit,
                               const std::stop_token& stop) {
  if (stop.stop_requested()) return fail_cancelled();
  const auto deadline = MeetingClock::now() + limit;
  RankMeeting meeting{.world = world};
  auto address = listening_address(world);
  if (!address) return fail(std::move(address.error()));
  meeting.address = std::move(*address);
  if (!world.store_folder.empty()) {
    auto board = open_board(world.store_folder);
    if (!board) return fail(std::move(board.error()));
    meeting.board = std::move(*board);
  }
  try {
    meeting.store = with_prefix(world, open_store(world, meeting.address, true, limit));
    meeting.store->setTimeout(limit);
    const auto members = agree(*meeting.store, world, agreed, {deadline, stop, meeting.board.get()});
    if (!members) return fail(members.error());
    for (const Words& words : *members) {
      ProcessGroup::Member member{.host = words[kHost]};
      std::from_chars(words[kProcess].data(), words[kProcess].data() + words[kProcess].size(), member.process);
      meeting.members.push_back(std::move(member));
    }
    if (meeting.board == nullptr)  // a connection of its own: an answer that does not come holds up nobody else
      meeting.board =
          std::make_shared<StoreBoard>(with_prefix(world, open_store(world, meeting.address, false, limit)));
  } catch (const c10::Error& fault) {
    return fail(store_fault(world, fault.what_without_backtrace()));
  } catch (const std::exception& fault) {
    return fail(store_fault(world, fault.what()));
  }
  return meeting;
}

}  // namespace feedline::inline training
