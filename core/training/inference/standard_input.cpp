// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/inference/standard_input.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <poll.h>
#include <string>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace feedline::inline training {
namespace {

constexpr std::size_t kInputPiece = 64 * 1024;
/// Where there is no event to be had, the stop is looked at so often.
constexpr int kInputLook = 100;  // milliseconds

tl::unexpected<Error> fail_input() {
  return fail(std::string("standard input cannot be read: ") + std::strerror(errno),
              "Give the name of a file, or - with something that writes");
}

}  // namespace

StandardInput::StandardInput(std::stop_token stop)
    : stop_(std::move(stop)), event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  link_ = std::make_unique<std::stop_callback<std::function<void()>>>(stop_, [event = event_] {
    const std::uint64_t one = 1;
    if (event >= 0) static_cast<void>(!::write(event, &one, sizeof one));
  });
}

StandardInput::~StandardInput() {
  link_.reset();
  if (event_ >= 0) ::close(event_);
}

Result<std::size_t> StandardInput::read(std::span<char> room) {
  for (;;) {
    if (stop_.stop_requested()) return fail_cancelled();
    std::array<pollfd, 2> waiting = {pollfd{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                                     pollfd{.fd = event_, .events = POLLIN, .revents = 0}};
    const int ready = ::poll(waiting.data(), waiting.size(), event_ >= 0 ? -1 : kInputLook);
    if (ready < 0 && errno != EINTR) return fail_input();
    if (ready <= 0 || waiting[0].revents == 0) continue;
    const ssize_t got = ::read(STDIN_FILENO, room.data(), room.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR && errno != EAGAIN) return fail_input();
  }
}

Status StandardInput::each_piece(const std::function<Status(std::string_view piece)>& found) {
  std::vector<char> room(kInputPiece);
  for (;;) {
    const auto got = read(room);
    if (!got) return fail(got.error());
    if (*got == 0) return {};
    if (Status taken = found({room.data(), *got}); !taken) return taken;
  }
}

}  // namespace feedline::inline training
