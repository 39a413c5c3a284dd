// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/npz_file.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <zlib.h>

namespace feedline::cli {
namespace {

/// Numbers of a zip file: little endian, however the machine has them.
template <class Number>
void put_number(std::string& to, Number number) {
  for (std::size_t i = 0; i < sizeof number; ++i)
    to += static_cast<char>((static_cast<std::uint64_t>(number) >> (8 * i)) & 0xFFU);
}

/// The array as a .npy file, version 1.0 of its format.
std::string npy_of(const NpzArray& array) {
  constexpr std::array<const char*, kDTypes> kNames = {"|u1", "<i4", "<i8", "<f4", "|b1", "<f2", "<f8"};
  std::string shape;
  for (const std::int64_t size : array.shape) shape += fmt::format("{},", size);
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}",
                                   kNames[static_cast<std::size_t>(array.dtype)], shape);
  constexpr std::size_t kPrefix = 10;
  header.append(63 - (kPrefix + header.size()) % 64, ' ');
  header += '\n';
  std::string file("\x93NUMPY\x01\x00", 8);
  put_number(file, static_cast<std::uint16_t>(header.size()));
  return file + header + array.data;
}

/// What stands both in front of a member and in the directory.
std::string member_facts(const std::string& member) {
  std::string facts;
  constexpr std::array<std::uint16_t, 5> kPlain = {20, 0, 0, 0, 0x21};  // version, flags, stored, 1980-01-01
  for (const std::uint16_t part : kPlain) put_number(facts, part);
  const auto crc = ::crc32(0, reinterpret_cast<const Bytef*>(member.data()), static_cast<uInt>(member.size()));
  put_number(facts, static_cast<std::uint32_t>(crc));
  put_number(facts, static_cast<std::uint32_t>(member.size()));
  put_number(facts, static_cast<std::uint32_t>(member.size()));
  return facts;
}

}  // namespace

Status write_npz(const std::filesystem::path& path, const std::vector<NpzArray>& arrays) {
  constexpr std::size_t kMostBytes = 0xFFFFFFFFU;  // of a zip file without its 64-bit form
  std::string file;
  std::string directory;
  for (const NpzArray& array : arrays) {
    const std::string member = npy_of(array);
    const std::string name = array.name + ".npy";
    if (file.size() + member.size() + 4096 > kMostBytes)
      return fail(Error{.reason = "a batch of over 4 GB does not fit into a .npz file",
                        .remedy = "Use a smaller batch",
                        .file = path.string()});
    const std::string facts = member_facts(member);
    const auto place = static_cast<std::uint32_t>(file.size());
    file += "PK\x03\x04" + facts;
    put_number(file, static_cast<std::uint16_t>(name.size()));
    put_number(file, std::uint16_t{0});
    file += name + member;
    directory += "PK\x01\x02";
    put_number(directory, std::uint16_t{20});
    directory += facts;
    put_number(directory, static_cast<std::uint16_t>(name.size()));
    for (int i = 0; i < 4; ++i) put_number(directory, std::uint16_t{0});  // extra, comment, disk, attributes
    put_number(directory, std::uint32_t{0});
    put_number(directory, place);
    directory += name;
  }
  const auto begin = static_cast<std::uint32_t>(file.size());
  file += directory + "PK\x05\x06";
  put_number(file, std::uint32_t{0});
  for (int i = 0; i < 2; ++i) put_number(file, static_cast<std::uint16_t>(arrays.size()));
  put_number(file, static_cast<std::uint32_t>(directory.size()));
  put_number(file, begin);
  put_number(file, std::uint16_t{0});

  errno = 0;
  std::ofstream out(path, std::ios::binary);
  out.write(file.data(), static_cast<std::streamsize>(file.size()));
  out.close();
  if (out) return {};
  const int error_number = errno;
  return fail(Error{.code = ErrorCode::Failed,
                    .reason = fmt::format("it cannot be written: {}", std::strerror(error_number)),
                    .remedy = "Choose a folder that can be written",
                    .file = path.string()});
}

}  // namespace feedline::cli
