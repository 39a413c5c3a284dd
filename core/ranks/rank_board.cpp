// SPDX-License-Identifier: GPL-3.0-or-later
#include "ranks/rank_board.h"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <system_error>
#include <unistd.h>

namespace feedline::inline ranks {
namespace {

class FolderBoard final : public RankBoard {
 public:
  FolderBoard(std::filesystem::path folder, int beats) : folder_(std::move(folder)), beats_(beats) {}
  ~FolderBoard() override { ::close(beats_); }
  FolderBoard(const FolderBoard&) = delete;
  FolderBoard& operator=(const FolderBoard&) = delete;

  void beat(int rank, std::uint64_t count) override {
    if (::pwrite(beats_, &count, sizeof count, place_of(rank)) != sizeof count)
      throw std::system_error(errno, std::generic_category(), "writing to " + folder_.string());
  }

  std::uint64_t count_of(int rank) override {
    std::uint64_t count = 0;
    return ::pread(beats_, &count, sizeof count, place_of(rank)) == sizeof count ? count : 0;
  }

  /// A link to a whole file, which fails where another has been first.
  void tell_lost(const LostRank& lost) override {
    const auto own = folder_ / fmt::format("lost-{}-{}", ::getpid(), lost.rank);
    {
      std::ofstream file(own, std::ios::binary | std::ios::trunc);
      file << lost.rank << '\n' << lost.why;
    }
    std::error_code later;
    std::filesystem::create_hard_link(own, lost_file(), later);
    std::filesystem::remove(own, later);
  }

  std::optional<LostRank> lost() override {
    std::ifstream file(lost_file(), std::ios::binary);
    if (!file) return std::nullopt;
    LostRank lost;
    std::string rank;
    std::getline(file, rank);
    std::from_chars(rank.data(), rank.data() + rank.size(), lost.rank);
    lost.why.assign(std::istreambuf_iterator<char>(file), {});
    return lost;
  }

 private:
  [[nodiscard]] std::filesystem::path lost_file() const { return folder_ / "lost"; }
  [[nodiscard]] static off_t place_of(int rank) { return static_cast<off_t>(rank) * 8; }

  std::filesystem::path folder_;
  int beats_;
};

}  // namespace

Result<std::unique_ptr<RankBoard>> open_board(const std::filesystem::path& folder) {
  const int beats = ::open((folder / "beats").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (beats < 0)
    return fail(Error{.code = ErrorCode::Failed,
                      .reason = fmt::format("ranks cannot meet here: {}", std::generic_category().message(errno)),
                      .remedy = "Start them with feedline-cli launch, or set FEEDLINE_STORE to a folder of your own",
                      .file = folder.string()});
  return std::make_unique<FolderBoard>(folder, beats);
}

}  // namespace feedline::inline ranks
