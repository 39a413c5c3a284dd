// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/codec/formats.h"

#include "base/lower_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

namespace feedline::inline nodes::codec {
namespace {

bool begins(Bytes bytes, std::string_view magic, std::size_t at = 0) {
  return bytes.size() >= at + magic.size() && std::memcmp(bytes.data() + at, magic.data(), magic.size()) == 0;
}

/// The brands of a file of boxes (ISO/IEC 14496-12, 4.3): the major one, then those that it is compatible with.
template <class Test>
bool any_brand(Bytes bytes, Test&& test) {
  if (!begins(bytes, "ftyp", 4)) return false;
  std::size_t length = 0;
  for (std::size_t i = 0; i < 4; ++i) length = length << 8 | std::to_integer<std::size_t>(bytes[i]);
  length = std::min({length, bytes.size(), std::size_t{256}});
  for (std::size_t at = 8; at + 4 <= length; at += 4) {
    if (at == 12) continue;  // the version
    if (test(std::string_view(reinterpret_cast<const char*>(bytes.data()) + at, 4))) return true;
  }
  return false;
}

template <std::size_t N>
bool has_brand(Bytes bytes, const std::array<std::string_view, N>& brands) {
  return any_brand(
      bytes, [&](std::string_view brand) { return std::find(brands.begin(), brands.end(), brand) != brands.end(); });
}

constexpr std::array<std::string_view, 2> kAvif = {"avif", "avis"};
constexpr std::array<std::string_view, 10> kHeic = {"heic", "heix", "heim", "heis", "hevc",
                                                    "hevx", "hevm", "hevs", "mif1", "msf1"};

struct Sign {
  std::string_view magic{};
  std::size_t at = 0;
  std::string_view name{};
};

using namespace std::string_view_literals;

/// The more special ones first. Sources: the formats' own specifications; file(1).
constexpr std::array kSigns = {
    Sign{"\xFF\x0A"sv, 0, "a JPEG XL picture"},
    Sign{"\0\0\0\x0CJXL \r\n\x87\n"sv, 0, "a JPEG XL picture"},
    Sign{"\0\0\0\x0CjP  \r\n\x87\n"sv, 0, "a JPEG 2000 picture"},
    Sign{"\xFF\x4F\xFF\x51"sv, 0, "a JPEG 2000 picture"},
    Sign{"8BPS"sv, 0, "a Photoshop file (PSD)"},
    Sign{"gimp xcf"sv, 0, "a GIMP file (XCF)"},
    Sign{"%PDF"sv, 0, "a PDF document"},
    Sign{"%!PS"sv, 0, "a PostScript document"},
    Sign{"\xC5\xD0\xD3\xC6"sv, 0, "a PostScript document"},
    Sign{"\x76\x2F\x31\x01"sv, 0, "an OpenEXR picture"},
    Sign{"#?RADIANCE"sv, 0, "a Radiance HDR picture"},
    Sign{"#?RGBE"sv, 0, "a Radiance HDR picture"},
    Sign{"qoif"sv, 0, "a QOI picture"},
    Sign{"DDS "sv, 0, "a DirectDraw texture (DDS)"},
    Sign{"\xABKTX "sv, 0, "a Khronos texture (KTX)"},
    Sign{"SIMPLE  ="sv, 0, "a FITS file"},
    Sign{"DICM"sv, 128, "a DICOM file"},
    Sign{"\x93NUMPY"sv, 0, "a NumPy array"},
    Sign{"\x89HDF"sv, 0, "an HDF5 file"},
    Sign{"MATLAB 5"sv, 0, "a MATLAB file"},
    Sign{"CDF\1"sv, 0, "a NetCDF file"},
    Sign{"CDF\2"sv, 0, "a NetCDF file"},
    Sign{"\0\0\1\0"sv, 0, "a Windows icon (ICO)"},
    Sign{"\0\0\2\0"sv, 0, "a Windows cursor (CUR)"},
    Sign{"icns"sv, 0, "a macOS icon (ICNS)"},
    Sign{"AT&TFORM"sv, 0, "a DjVu document"},
    Sign{"BPG\xFB"sv, 0, "a BPG picture"},
    Sign{"FLIF"sv, 0, "a FLIF picture"},
    Sign{"\x01\xDA"sv, 0, "a Silicon Graphics picture (SGI)"},
    Sign{"FUJIFILMCCD-RAW"sv, 0, "a camera's raw picture (RAF)"},
    Sign{"IIRO"sv, 0, "a camera's raw picture (ORF)"},
    Sign{"IIU\0"sv, 0, "a camera's raw picture (RW2)"},
    Sign{"\0MRM"sv, 0, "a camera's raw picture (MRW)"},
    Sign{"ftypcrx "sv, 4, "a camera's raw picture (CR3)"},
    Sign{"ftyp"sv, 4, "a film (MP4 or QuickTime)"},
    Sign{"moov"sv, 4, "a film (QuickTime)"},
    Sign{"\x1A\x45\xDF\xA3"sv, 0, "a film (Matroska or WebM)"},
    Sign{"AVI LIST"sv, 8, "a film (AVI)"},
    Sign{"WAVEfmt"sv, 8, "a sound (WAV)"},
    Sign{"OggS"sv, 0, "a sound or film (Ogg)"},
    Sign{"fLaC"sv, 0, "a sound (FLAC)"},
    Sign{"ID3"sv, 0, "a sound (MP3)"},
    Sign{"PK\3\4"sv, 0, "a ZIP archive, or a document made of one"},
    Sign{"\x1F\x8B"sv, 0, "a gzip file"},
    Sign{"BZh"sv, 0, "a bzip2 file"},
    Sign{"\xFD"
         "7zXZ"sv,
         0, "an xz file"},
    Sign{"\x28\xB5\x2F\xFD"sv, 0, "a zstd file"},
    Sign{"7z\xBC\xAF\x27\x1C"sv, 0, "a 7-Zip archive"},
    Sign{"Rar!\x1A\x07"sv, 0, "a RAR archive"},
    Sign{"ustar"sv, 257, "a tar archive"},
    Sign{"\x7F"
         "ELF"sv,
         0, "a program (ELF)"},
    Sign{"SQLite format 3"sv, 0, "a SQLite database"},
    Sign{"\0\5\x16\7"sv, 0, "what macOS keeps beside a file (AppleDouble), not the file"},
    Sign{"\0\5\x16\0"sv, 0, "what macOS keeps of a file (AppleSingle)"},
    Sign{"L\0\0\0\1\x14\2\0"sv, 0, "a Windows shortcut"},
    Sign{"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, 0, "a document of Microsoft Office or a Thumbs.db"},
    Sign{"version https://git-lfs"sv, 0, "a pointer of Git LFS: the picture itself was not fetched (git lfs pull)"},
    Sign{"version https://hawser"sv, 0, "a pointer of Git LFS: the picture itself was not fetched (git lfs pull)"},
    Sign{"#define "sv, 0, "an X bitmap or C source"},
    Sign{"/* XPM"sv, 0, "an X pixmap (XPM)"},
    Sign{"P7\n"sv, 0, "a PAM picture"},
};

std::string_view text_name(Bytes bytes) {
  const Bytes head = bytes.first(std::min<std::size_t>(bytes.size(), 1024));
  const std::string text = lower_case({reinterpret_cast<const char*>(head.data()), head.size()});
  const std::size_t start = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  const std::size_t first = text.find_first_not_of(" \t\r\n", start);
  if (first == std::string::npos) return {};
  const std::string_view rest = std::string_view(text).substr(first);
  const bool markup = rest.front() == '<';
  if (rest.starts_with("<svg") || (markup && rest.find("<svg") != std::string_view::npos)) return "an SVG drawing";
  if (rest.starts_with("<!doctype html") || rest.starts_with("<html") || rest.starts_with("<head") ||
      (markup && rest.find("<html") != std::string_view::npos))
    return "a web page (HTML): what a server sends in place of a picture that it does not give";
  if (rest.starts_with("<?xml")) return "an XML file";
  return {};
}

/// P1 to P6, a number or a comment behind a space.
bool is_netpbm(Bytes bytes) {
  if (bytes.size() < 3 || bytes[0] != std::byte{'P'}) return false;
  const auto kind = std::to_integer<char>(bytes[1]);
  const auto space = std::to_integer<char>(bytes[2]);
  return kind >= '1' && kind <= '6' && (space == '\n' || space == ' ' || space == '\r' || space == '\t');
}

/// "starts with 'not a pic'" or "starts with 00 1f 8b 08".
std::string beginning(Bytes bytes) {
  const Bytes head = bytes.first(std::min<std::size_t>(bytes.size(), 16));
  bool printable = true;
  std::string text;
  std::string numbers;
  for (const std::byte b : head) {
    const auto c = std::to_integer<unsigned char>(b);
    printable = printable && ((c >= 0x20 && c < 0x7F) || c == '\n' || c == '\r' || c == '\t');
    text += c < 0x20 ? ' ' : static_cast<char>(c);
    if (numbers.size() < 24) numbers += fmt::format("{}{:02x}", numbers.empty() ? "" : " ", c);
  }
  return printable ? "'" + text + "'" : numbers;
}

}  // namespace

bool is_avif(Bytes bytes) { return has_brand(bytes, kAvif); }

Format sniff(Bytes bytes) {
  if (begins(bytes, "\xFF\xD8\xFF")) return Format::Jpeg;
  if (begins(bytes, "\x89PNG\r\n\x1A\n")) return Format::Png;
  if (begins(bytes, "RIFF") && begins(bytes, "WEBP", 8)) return Format::WebP;
  if (begins(bytes, "GIF87a") || begins(bytes, "GIF89a")) return Format::Gif;
  if (begins(bytes, "BM")) return Format::Bmp;
  if (begins(bytes, "II*\0"sv) || begins(bytes, "MM\0*"sv)) return Format::Tiff;
  if (begins(bytes, "II+\0"sv) || begins(bytes, "MM\0+"sv)) return Format::Tiff;  // BigTIFF
  if (has_brand(bytes, kAvif) || has_brand(bytes, kHeic)) return Format::Heif;
  return Format::Unknown;
}

namespace {

/// What a file of another format is, with its article: "a PDF document", "a web page (HTML)", "a JPEG XL picture".
/// Empty where its first bytes are those of no format that is known here.
std::string_view foreign_name(Bytes bytes) {
  for (const Sign& sign : kSigns)
    if (begins(bytes, sign.magic, sign.at)) return sign.name;
  if (is_netpbm(bytes)) return "a Netpbm picture (PBM, PGM or PPM)";
  const Bytes head = bytes.first(std::min<std::size_t>(bytes.size(), 4096));
  if (!head.empty() && std::all_of(head.begin(), head.end(), [](std::byte b) { return b == std::byte{0}; }))
    return "nothing but zeros: a copy or a download that broke off";
  return text_name(bytes);
}

}  // namespace

Error not_a_picture(Bytes bytes) {
  const std::string_view name = foreign_name(bytes);
  std::string reason = name.empty() ? fmt::format("not a {} picture (starts with {})", kReadable, beginning(bytes))
                                    : fmt::format("not a {} picture, but {}", kReadable, name);
  return {.code = ErrorCode::BadRecord, .reason = std::move(reason), .remedy = "Delete it, or convert it to PNG"};
}

}  // namespace feedline::inline nodes::codec
