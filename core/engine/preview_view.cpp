// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/preview_view.h"

#include "base/plain_text.h"
#include "schema/half.h"
#include "schema/row.h"
#include "schema/several_labels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

namespace feedline::inline engine {
namespace {

/// The colours of maps, from low to high: points of matplotlib's "viridis" (CC0), which is even to the eye and to the
/// colour-blind.
constexpr std::array<std::array<std::uint8_t, 3>, 9> kViridis = {{{68, 1, 84},
                                                                  {71, 44, 122},
                                                                  {59, 81, 139},
                                                                  {44, 113, 142},
                                                                  {33, 144, 141},
                                                                  {39, 173, 129},
                                                                  {92, 200, 99},
                                                                  {170, 220, 50},
                                                                  {253, 231, 37}}};

std::size_t elements_of(const PreviewValue& value) { return value.data.size() / size_of(value.desc.dtype); }

double number_at(const PreviewValue& value, std::size_t i) {
  const std::byte* at = value.data.data() + i * size_of(value.desc.dtype);
  const auto as = [&]<class T>(T number) {
    std::memcpy(&number, at, sizeof number);
    return static_cast<double>(number);
  };
  switch (value.desc.dtype) {
    case DType::U8:
      return as(std::uint8_t{});
    case DType::I32:
      return as(std::int32_t{});
    case DType::I64:
      return as(std::int64_t{});
    case DType::Bool:
      return as(std::uint8_t{}) == 0 ? 0 : 1;
    case DType::F16: {
      std::uint16_t bits{};
      std::memcpy(&bits, at, sizeof bits);
      return static_cast<double>(half_to_float(bits));
    }
    case DType::F64:
      return as(double{});
    case DType::F32:
      break;
  }
  return as(float{});
}

/// Height, width and channels of a picture, and where a number of it is.
struct Plane {
  explicit Plane(const PreviewValue& value) {
    const auto& shape = value.desc.shape;
    if (shape.size() == 2) {
      height = shape[0].size();
      width = shape[1].size();
    } else if (value.desc.layout == Layout::HWC) {
      height = shape[0].size();
      width = shape[1].size();
      channels = shape[2].size();
      interleaved = true;
    } else {
      channels = shape[0].size();
      height = shape[1].size();
      width = shape[2].size();
    }
  }
  [[nodiscard]] std::size_t index(std::int64_t y, std::int64_t x, std::int64_t c) const {
    return static_cast<std::size_t>(interleaved ? (y * width + x) * channels + c : (c * height + y) * width + x);
  }
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t channels = 1;
  bool interleaved = false;
};

Shades range_of(const PreviewValue& value) {
  if (value.desc.dtype == DType::U8) return {0, 255};
  Shades range{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
  for (std::size_t i = 0; i < elements_of(value); ++i) {
    const double number = number_at(value, i);
    if (!std::isfinite(number)) continue;
    range.low = std::min(range.low, number);
    range.high = std::max(range.high, number);
  }
  return range.low <= range.high ? range : Shades{0, 0};
}

double part_of(double number, const Shades& range) {
  if (!std::isfinite(number) || range.high <= range.low) return 0;
  return std::clamp((number - range.low) / (range.high - range.low), 0.0, 1.0);
}

std::array<std::uint8_t, 3> viridis(double part) {
  const double place = part * (kViridis.size() - 1);
  const auto low = std::min(static_cast<std::size_t>(place), kViridis.size() - 2);
  std::array<std::uint8_t, 3> color{};
  for (std::size_t c = 0; c < 3; ++c)
    color[c] = static_cast<std::uint8_t>(
        std::lround(std::lerp(kViridis[low][c], kViridis[low + 1][c], place - static_cast<double>(low))));
  return color;
}

Raster blank(std::int64_t width, std::int64_t height, std::uint8_t shade) {
  return {width, height, std::vector<std::uint8_t>(static_cast<std::size_t>(width * height) * 3, shade)};
}

std::string cut(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
  return text.substr(0, most) + " ...";
}

std::string number_text(double number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", number);
  return text.data();
}

/// "age 31", "height missing".
std::string column_text(const Column& column, double number) {
  if (column.missing && std::isnan(number)) return column.name + " missing";
  if (column.dtype == DType::Bool) return column.name + (number == 0 ? " no" : " yes");
  return column.name + " " + number_text(number);
}

/// A line for each cell, as column_text() has it; texts as they may be shown.
std::string row_words(const PreviewValue& value, std::size_t most) {
  const std::vector<Column>& columns = value.desc.columns;
  const auto bytes = static_cast<std::int64_t>(value.data.size());
  Datum row;
  row.view(value.data.data(), DType::U8, {&bytes, 1});
  if (columns.empty() || !RowView::fits(row, columns.size()))
    return "a row of " + std::to_string(value.data.size()) + " bytes";
  const RowView cells(row, columns.size());
  std::string words;
  for (std::size_t i = 0; i < columns.size() && words.size() <= most; ++i) {
    if (i != 0) words += '\n';
    words += plain_line(columns[i].name) + ' ';
    if (columns[i].type == ColumnType::Text) {
      constexpr std::size_t kLongestCell = 200;
      const auto text = cells.text(i);
      words += text ? plain_line(text->substr(0, kLongestCell)) : "missing";
      if (text && text->size() > kLongestCell) words += " ...";
    } else {
      words += std::isnan(cells.number(i)) ? "missing" : number_text(cells.number(i));
    }
  }
  return words;
}

}  // namespace

PreviewForm form_of(const PreviewValue& value) {
  const TensorDesc& desc = value.desc;
  if (desc.kind->form) return *desc.kind->form;
  const std::size_t elements = elements_of(value);
  if (elements <= 1 || desc.columns.size() == elements || has_several_labels(desc)) return PreviewForm::Text;
  if (desc.shape.size() == 3 && desc.layout != Layout::None) {
    const Plane plane(value);
    const bool one_picture = plane.channels == 1 || plane.channels == 3 || (plane.interleaved && plane.channels <= 4);
    if (plane.width * plane.height > 1 && one_picture) return PreviewForm::Picture;
    if (plane.width * plane.height > 1) return PreviewForm::Maps;
  }
  if (desc.shape.size() == 2 && desc.kind == Kind::Image) return PreviewForm::Picture;
  return PreviewForm::Numbers;
}

Raster picture_of(const PreviewValue& value, Shades* shades) {
  const Plane plane(value);
  const Shades range = range_of(value);
  if (shades != nullptr) *shades = range;
  Raster picture = blank(plane.width, plane.height, 0);
  std::uint8_t* to = picture.rgb.data();
  for (std::int64_t y = 0; y < plane.height; ++y)
    for (std::int64_t x = 0; x < plane.width; ++x)
      for (std::int64_t c = 0; c < 3; ++c) {
        const std::int64_t channel = plane.channels >= 3 ? c : 0;
        *to++ =
            static_cast<std::uint8_t>(std::lround(255 * part_of(number_at(value, plane.index(y, x, channel)), range)));
      }
  return picture;
}

std::vector<Raster> maps_of(const PreviewValue& value, std::size_t most, Shades* shades) {
  const Plane plane(value);
  const Shades range = range_of(value);
  if (shades != nullptr) *shades = range;
  std::vector<Raster> maps;
  for (std::int64_t c = 0; c < std::min<std::int64_t>(plane.channels, static_cast<std::int64_t>(most)); ++c) {
    Raster& map = maps.emplace_back(blank(plane.width, plane.height, 0));
    std::uint8_t* to = map.rgb.data();
    for (std::int64_t y = 0; y < plane.height; ++y)
      for (std::int64_t x = 0; x < plane.width; ++x)
        to = std::copy_n(viridis(part_of(number_at(value, plane.index(y, x, c)), range)).begin(), 3, to);
  }
  return maps;
}

Raster sheet_of(const std::vector<Raster>& maps, std::size_t columns, std::int64_t scale, std::int64_t gap) {
  if (maps.empty()) return {};
  columns = std::clamp<std::size_t>(columns, 1, maps.size());
  const std::int64_t width = maps.front().width * scale + gap;
  const std::int64_t height = maps.front().height * scale + gap;
  const std::size_t rows = (maps.size() + columns - 1) / columns;
  Raster sheet =
      blank(static_cast<std::int64_t>(columns) * width - gap, static_cast<std::int64_t>(rows) * height - gap, 255);
  for (std::size_t i = 0; i < maps.size(); ++i) {
    const std::int64_t left = static_cast<std::int64_t>(i % columns) * width;
    const std::int64_t top = static_cast<std::int64_t>(i / columns) * height;
    for (std::int64_t y = 0; y < height - gap; ++y)
      for (std::int64_t x = 0; x < width - gap; ++x) {
        const std::int64_t from = (y / scale * maps[i].width + x / scale) * 3;
        std::copy_n(maps[i].rgb.begin() + from, 3, sheet.rgb.begin() + ((top + y) * sheet.width + left + x) * 3);
      }
  }
  return sheet;
}

Distribution distribution_of(const PreviewValue& value, std::size_t bins) {
  Distribution all;
  all.count = elements_of(value);
  all.bins.assign(std::max<std::size_t>(bins, 1), 0);
  double sum = 0;
  double squares = 0;
  std::uint64_t finite = 0;
  for (std::size_t i = 0; i < all.count; ++i) {
    const double number = number_at(value, i);
    if (!std::isfinite(number)) {
      ++all.not_finite;
      continue;
    }
    all.least = finite == 0 ? number : std::min(all.least, number);
    all.greatest = finite == 0 ? number : std::max(all.greatest, number);
    sum += number;
    squares += number * number;
    ++finite;
  }
  if (finite == 0) return all;
  all.mean = sum / static_cast<double>(finite);
  all.stddev = std::sqrt(std::max(0.0, squares / static_cast<double>(finite) - all.mean * all.mean));
  for (std::size_t i = 0; i < all.count; ++i)
    if (const double number = number_at(value, i); std::isfinite(number)) {
      const double part = part_of(number, {all.least, all.greatest});
      ++all.bins[std::min(static_cast<std::size_t>(part * static_cast<double>(all.bins.size())), all.bins.size() - 1)];
    }
  return all;
}

std::string words_of(const PreviewValue& value, std::size_t most) {
  if (value.desc.kind == Kind::Row) return cut(row_words(value, most), most);
  if (value.desc.kind->words != nullptr) return cut(value.desc.kind->words(value.data), most);
  if (value.desc.kind == Kind::Label && has_several_labels(value.desc) && !value.desc.class_names.empty()) {
    const std::string named = label_words(value.desc, value.data);
    return named.empty() ? "none" : cut(named, most);
  }
  std::string text;
  const std::size_t elements = elements_of(value);
  const bool table = value.desc.columns.size() == elements;
  for (std::size_t i = 0; i < elements && text.size() <= most; ++i) {
    const double number = number_at(value, i);
    if (table)
      text += (i == 0 ? "" : "\n") + column_text(value.desc.columns[i], number);
    else if (value.desc.dtype == DType::Bool)
      text += (i == 0 ? "" : " ") + std::string(number == 0 ? "no" : "yes");
    else
      text += (i == 0 ? "" : " ") + number_text(number);
  }
  return cut(std::move(text), most);
}

}  // namespace feedline::inline engine
