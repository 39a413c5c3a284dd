// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/codec/heif_size.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

namespace feedline::inline nodes::codec {
namespace {

/// Big-endian numbers from bytes, one after the other; 0 beyond the end.
class BoxReader {
 public:
  explicit BoxReader(Bytes bytes) : bytes_(bytes) {}

  std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    for (; size > 0; --size)
      value = value << 8U | (at_ < bytes_.size() ? std::to_integer<unsigned>(bytes_[at_++]) : 0U);
    return value;
  }
  std::string_view four() {
    const Bytes text = take(4);
    return {reinterpret_cast<const char*>(text.data()), text.size()};
  }
  /// The next bytes, or as many as there are.
  Bytes take(std::uint64_t size) {
    const Bytes part = bytes_.subspan(at_, static_cast<std::size_t>(std::min<std::uint64_t>(size, left())));
    at_ += part.size();
    return part;
  }
  [[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }

 private:
  Bytes bytes_;
  std::size_t at_ = 0;
};

/// Bits from bytes, most significant first; 0 beyond the end.
class BitReader {
 public:
  explicit BitReader(Bytes bytes) : bytes_(bytes) {}

  std::uint64_t bits(unsigned count) {
    std::uint64_t value = 0;
    for (; count > 0; --count, ++at_) {
      const unsigned byte = at_ / 8 < bytes_.size() ? std::to_integer<unsigned>(bytes_[at_ / 8]) : 0U;
      value = value << 1U | (byte >> (7 - at_ % 8) & 1U);
    }
    return value;
  }
  bool flag() { return bits(1) != 0; }
  /// Exponential-Golomb code (HEVC's ue(v), AV1's uvlc()).
  std::uint64_t golomb() {
    unsigned zeros = 0;
    while (zeros < 32 && at_ / 8 < bytes_.size() && !flag()) ++zeros;
    return (std::uint64_t{1} << zeros) - 1 + bits(zeros);
  }
  void skip(std::size_t count) { at_ += count; }

 private:
  Bytes bytes_;
  std::size_t at_ = 0;
};

void keep_greater(Extent& greatest, const Extent& other) {
  if (other.pixels() > greatest.pixels()) greatest = other;
}

/// HEVC puts a 3 behind two zero bytes, so that no start code comes about.
std::vector<std::byte> without_emulation(Bytes unit) {
  std::vector<std::byte> plain;
  std::size_t zeros = 0;
  for (const std::byte byte : unit) {
    if (zeros >= 2 && byte == std::byte{3}) {
      zeros = 0;
      continue;
    }
    zeros = byte == std::byte{0} ? zeros + 1 : 0;
    plain.push_back(byte);
  }
  return plain;
}

/// Of a NAL unit that is a sequence parameter set (ITU-T H.265, 7.3.2.2); else 0 x 0.
Extent hevc_size(Bytes unit) {
  constexpr unsigned kSequenceParameterSet = 33;
  constexpr std::size_t kEnough = 512;  // the size stands in its first bytes
  if (unit.size() < 3 || (std::to_integer<unsigned>(unit[0]) >> 1U & 0x3FU) != kSequenceParameterSet) return {};
  const std::vector<std::byte> plain = without_emulation(unit.subspan(2, std::min(unit.size() - 2, kEnough)));
  BitReader in(plain);
  in.skip(4);
  const auto sub_layers = static_cast<unsigned>(in.bits(3));
  in.skip(1);
  constexpr std::size_t kProfile = 88;
  constexpr std::size_t kLevel = 8;
  in.skip(kProfile + kLevel);
  std::size_t present = 0;
  for (unsigned i = 0; i < sub_layers; ++i) present += (in.flag() ? kProfile : 0) + (in.flag() ? kLevel : 0);
  if (sub_layers > 0) in.skip(2 * (std::size_t{8} - sub_layers));
  in.skip(present);
  in.golomb();                       // its number
  if (in.golomb() == 3) in.skip(1);  // chroma format 4:4:4
  const std::uint64_t width = in.golomb();
  return {width, in.golomb()};
}

/// Of the payload of a sequence header OBU (AV1 specification, 5.5).
Extent av1_size(Bytes payload) {
  BitReader in(payload);
  in.skip(4);
  if (in.flag()) {  // reduced_still_picture_header
    in.skip(5);
  } else {
    bool decoder_model = false;
    unsigned delay_bits = 0;
    if (in.flag()) {  // timing information
      in.skip(64);
      if (in.flag()) in.golomb();
      decoder_model = in.flag();
      if (decoder_model) {
        delay_bits = static_cast<unsigned>(in.bits(5)) + 1;
        in.skip(32 + 5 + 5);
      }
    }
    const bool display_delay = in.flag();
    for (auto points = in.bits(5) + 1; points > 0; --points) {
      in.skip(12);
      if (in.bits(5) > 7) in.skip(1);
      if (decoder_model && in.flag()) in.skip(2 * std::size_t{delay_bits} + 1);
      if (display_delay && in.flag()) in.skip(4);
    }
  }
  const auto width_bits = static_cast<unsigned>(in.bits(4)) + 1;
  const auto height_bits = static_cast<unsigned>(in.bits(4)) + 1;
  const std::uint64_t width = in.bits(width_bits) + 1;
  return {width, in.bits(height_bits) + 1};
}

void read_nal_units(Bytes data, Extent& coded) {
  for (BoxReader in(data); in.left() > 4;) keep_greater(coded, hevc_size(in.take(in.number(4))));
}

void read_obus(Bytes data, Extent& coded) {
  constexpr unsigned kSequenceHeader = 1;
  for (BoxReader in(data); in.left() > 1;) {
    const auto head = static_cast<unsigned>(in.number(1));
    if ((head & 4U) != 0) in.number(1);
    std::uint64_t size = in.left();
    if ((head & 2U) != 0) {
      size = 0;
      for (unsigned shift = 0; shift < 56; shift += 7) {
        const std::uint64_t byte = in.number(1);
        size |= (byte & 0x7FU) << shift;
        if ((byte & 0x80U) == 0) break;
      }
    }
    const Bytes payload = in.take(size);
    if ((head >> 3U & 0xFU) == kSequenceHeader) keep_greater(coded, av1_size(payload));
  }
}

void read_hvcc(Bytes box, Extent& coded) {
  BoxReader in(box);
  in.take(22);
  for (auto arrays = in.number(1); arrays > 0; --arrays) {
    in.number(1);
    for (auto units = in.number(2); units > 0 && in.left() > 0; --units)
      keep_greater(coded, hevc_size(in.take(in.number(2))));
  }
}

/// Calls back with type and content of each box (ISO/IEC 14496-12, 4.2).
template <class Found>
void each_box(Bytes data, Found found) {
  for (BoxReader in(data); in.left() >= 8;) {
    std::uint64_t size = in.number(4);
    const std::string_view type = in.four();
    std::uint64_t head = 8;
    if (size == 1) {
      size = in.number(8);
      head = 16;
    }
    if (size == 0) size = head + in.left();
    if (size < head) return;
    found(type, in.take(size - head));
  }
}

/// What a meta box says of items: their types, and where their data lie.
class Items {
 public:
  Items(Bytes file, HeifSizes& sizes) : file_(file), sizes_(sizes), budget_(4 * std::uint64_t{file.size()}) {}

  void read_types(Bytes iinf) {
    BoxReader in(iinf);
    in.take(in.number(1) == 0 ? 3 + 2 : 3 + 4);
    each_box(in.take(in.left()), [&](std::string_view type, Bytes box) {
      if (type != "infe") return;
      BoxReader entry(box);
      const auto version = entry.number(1);
      entry.take(3);
      const auto id = entry.number(version < 3 ? 2 : 4);
      entry.take(2);
      if (version >= 2) types_[id] = entry.four();
    });
  }

  /// Looks into the data of each coded item.
  void read_places(Bytes iloc, Bytes idat) {
    BoxReader in(iloc);
    const auto version = in.number(1);
    in.take(3);
    const auto sizes = in.number(2);
    const auto offset_size = sizes >> 12U & 0xFU;
    const auto length_size = sizes >> 8U & 0xFU;
    const auto base_size = sizes >> 4U & 0xFU;
    const auto index_size = version > 0 ? sizes & 0xFU : 0;
    for (auto count = in.number(version < 2 ? 2 : 4); count > 0 && in.left() > 0; --count) {
      const auto id = in.number(version < 2 ? 2 : 4);
      const bool inside = version > 0 && (in.number(2) & 0xFU) == 1;
      in.take(2);
      const auto base = in.number(base_size);
      std::vector<Bytes> parts;
      for (auto extents = in.number(2); extents > 0 && in.left() > 0; --extents) {
        in.number(index_size);
        const auto offset = base + in.number(offset_size);
        BoxReader data(inside ? idat : file_);
        data.take(offset);
        const auto length = in.number(length_size);
        parts.push_back(data.take(length == 0 ? data.left() : length));
      }
      look_into(types_[id], parts);
    }
  }

 private:
  /// Extents may overlap: no more is read than a few times the file.
  void look_into(std::string_view type, const std::vector<Bytes>& parts) {
    if (type != "hvc1" && type != "hev1" && type != "av01") return;
    std::vector<std::byte> joined;
    for (const Bytes part : parts) {
      sizes_.tangled |= part.size() > budget_;
      if (sizes_.tangled) return;
      budget_ -= part.size();
      if (parts.size() > 1) joined.insert(joined.end(), part.begin(), part.end());
    }
    const Bytes data = parts.size() == 1 ? parts.front() : Bytes(joined);
    if (type == "av01")
      read_obus(data, sizes_.coded);
    else
      read_nal_units(data, sizes_.coded);
  }

  Bytes file_;
  HeifSizes& sizes_;
  std::uint64_t budget_;
  std::map<std::uint64_t, std::string_view> types_{};
};

void read_property(std::string_view type, Bytes box, HeifSizes& sizes) {
  if (type == "hvcC") read_hvcc(box, sizes.coded);
  if (type == "av1C" && box.size() > 4) read_obus(box.subspan(4), sizes.coded);
  if (type == "ispe") {
    BoxReader in(box);
    in.take(4);
    const auto width = in.number(4);
    keep_greater(sizes.declared, {width, in.number(4)});
  }
}

void read_meta(Bytes file, Bytes meta, HeifSizes& sizes) {
  std::map<std::string_view, Bytes> boxes;
  each_box(meta.subspan(std::min<std::size_t>(4, meta.size())),
           [&](std::string_view type, Bytes box) { boxes.emplace(type, box); });
  each_box(boxes["iprp"], [&](std::string_view outer, Bytes container) {
    if (outer == "ipco")
      each_box(container, [&](std::string_view type, Bytes box) { read_property(type, box, sizes); });
  });
  Items items(file, sizes);
  items.read_types(boxes["iinf"]);
  items.read_places(boxes["iloc"], boxes["idat"]);
}

}  // namespace

HeifSizes heif_sizes(Bytes file) {
  HeifSizes sizes;
  each_box(file, [&](std::string_view type, Bytes box) {
    if (type == "meta") read_meta(file, box, sizes);
  });
  return sizes;
}

}  // namespace feedline::inline nodes::codec
