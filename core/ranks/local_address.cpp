// SPDX-License-Identifier: GPL-3.0-or-later
#include "ranks/local_address.h"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <array>
#include <ifaddrs.h>
#include <memory>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <optional>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace feedline::inline ranks {
namespace {

constexpr const char* kSetInterface =
    "Set FEEDLINE_INTERFACE to the address (or the name, as 'ip addr' lists it) of the network that joins the ranks";

std::string written(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* const raw = address->sa_family == AF_INET
                              ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(address)->sin_addr)
                              : &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  return ::inet_ntop(address->sa_family, raw, text.data(), text.size()) == nullptr ? std::string() : text.data();
}

bool is_loopback(const std::string& address) { return address.starts_with("127.") || address == "::1"; }

struct LocalAddress {
  std::string interface {};
  std::string address{};
};

/// IPv4 first: what an interface has of both.
std::vector<LocalAddress> local_addresses() {
  std::vector<LocalAddress> found;
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return found;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(all, &::freeifaddrs);
  for (const int family : {AF_INET, AF_INET6})
    for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next)
      if (one->ifa_addr != nullptr && one->ifa_addr->sa_family == family && (one->ifa_flags & IFF_UP) != 0)
        found.push_back({one->ifa_name, written(one->ifa_addr)});
  return found;
}

/// From where packets to rank 0 would leave: nothing is sent.
Result<std::string> address_towards(const std::string& host, std::uint16_t port) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_DGRAM;
  addrinfo* all = nullptr;
  if (const int fault = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &all); fault != 0)
    return fail(
        Error{.code = ErrorCode::Failed,
              .reason = fmt::format("the address of rank 0, '{}', is not known: {}", host, ::gai_strerror(fault)),
              .remedy = "Set MASTER_ADDR to a name or address that every machine knows"});
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(all, &::freeaddrinfo);
  for (const addrinfo* one = all; one != nullptr; one = one->ai_next) {
    const int probe = ::socket(one->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (probe < 0) continue;
    sockaddr_storage own{};
    socklen_t length = sizeof own;
    const bool reached = ::connect(probe, one->ai_addr, one->ai_addrlen) == 0 &&
                         ::getsockname(probe, reinterpret_cast<sockaddr*>(&own), &length) == 0;
    ::close(probe);
    if (reached) return written(reinterpret_cast<const sockaddr*>(&own));
  }
  return fail(Error{.code = ErrorCode::Failed,
                    .reason = fmt::format("no network of this machine leads to rank 0 at '{}'", host),
                    .remedy = "Set MASTER_ADDR to an address that every machine reaches"});
}

}  // namespace

Result<std::string> listening_address(const World& world) {
  if (!world.interface_address.empty()) {
    for (const LocalAddress& one : local_addresses())
      if (one.interface == world.interface_address || one.address == world.interface_address) return one.address;
    return fail(fmt::format("FEEDLINE_INTERFACE is '{}', which is neither an address nor a network interface of {}",
                            world.interface_address, world.host),
                "'ip addr' lists both");
  }
  if (!world.store_folder.empty()) return "127.0.0.1";
  auto own = address_towards(world.master_address, world.master_port);
  // The name of a machine often stands for 127.0.1.1 on the machine itself, where no other one reaches it.
  if (!own || !is_loopback(*own) || world.local_size >= world.size) return own;
  for (const LocalAddress& one : local_addresses())
    if (!is_loopback(one.address)) return one.address;
  return fail(
      Error{.code = ErrorCode::Failed,
            .reason = fmt::format("{} has no address but {}, which other machines cannot reach", world.host, *own),
            .remedy = kSetInterface});
}

}  // namespace feedline::inline ranks
