// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What fuzz_tar and fuzz_zip do alike.

#include "fuzz_input.h"
#include "nodes/source/archive_member.h"

namespace feedline::fuzz {

using ListArchive = Status (*)(const File&, const std::string&, std::uint64_t, const SourceContext&, const MemberSink&);

/// Lists the archive and reads its first members whole; deflated ones in pieces too. No name may lead out of it.
inline void read_archive(std::span<const std::byte> bytes, ListArchive list) {
  constexpr int kMostMembers = 20;
  const InputFile input(bytes);
  const File file = input.open();
  int members = 0;
  Datum whole;
  const Status listed =
      list(file, input.path(), input.size(), input.context(), [&](const ArchiveMember& member) -> Status {
        if (!safe_member_name(input.path(), member.name)) found("a name that leads out: " + member.name);
        if (++members > kMostMembers) return {};
        const Status read = read_member(file, input.path(), member.place, whole);
        if (!read) expect_told(read.error());
        if (read && whole.bytes() != member.place.size) found("a member of another size than it declares");
        if (member.place.packing != Packing::Deflated || !read) return {};
        std::uint64_t unpacked = 0;
        const Status again = unpack_member(file, input.path(), member.place, input.context(),
                                           [&unpacked](std::span<const std::byte> piece) -> Status {
                                             unpacked += piece.size();
                                             return {};
                                           });
        if (!again || unpacked != whole.bytes()) found("a member that is whole, but not in pieces");
        return {};
      });
  if (!listed) expect_told(listed.error());
}

}  // namespace feedline::fuzz
