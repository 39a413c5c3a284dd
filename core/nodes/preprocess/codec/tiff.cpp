// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/codec/canvas.h"
#include "nodes/preprocess/codec/tiff_file.h"
#include "nodes/preprocess/codec/tiff_samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

namespace feedline::inline nodes::codec {
namespace {

tl::unexpected<Error> broken_tiff(const std::string& message) {
  return fail_record("a TIFF picture that cannot be read: " + message, "Restore the file, or convert it to PNG");
}

/// For one piece of the file, or one thing that libtiff keeps: 16 bytes a pixel that the picture may have.
std::uint64_t most_bytes(const DecodeRequest& request) {
  return (std::uint64_t{64} << 20) + std::min<std::uint64_t>(request.max_pixels, std::uint64_t{1} << 33) * 16;
}

/// What the samples of a pixel mean.
enum class Meaning { Grey, InvertedGrey, Palette, Rgb, Inks, LibraryKnows };

/// Rows of four bytes a pixel: red (or grey, index, cyan), green, blue, and opacity or black.
struct Band {
  Region place{};
  std::vector<std::uint8_t> pixels{};
  std::vector<Region> gaps{};  ///< what could not be read

  void cover(const Region& region) {
    place = region;
    pixels.assign(static_cast<std::size_t>(region.width * region.height) * 4, 255);
    gaps.clear();
  }
  [[nodiscard]] std::uint8_t* row(std::int64_t y) {
    return pixels.data() + static_cast<std::size_t>((y - place.y) * place.width) * 4;
  }
  void lost(const Region& region) { gaps.push_back(intersection(region, place)); }
  /// Grey where a finished row has a gap.
  void fill_gaps(std::int64_t y) {
    for (const Region& gap : gaps) {
      if (y < gap.y || y >= gap.bottom()) continue;
      std::uint8_t* pixel = row(y) + (gap.x - place.x) * 4;
      for (std::int64_t x = 0; x < gap.width; ++x, pixel += 4) {
        std::fill_n(pixel, 3, kGap);
        pixel[3] = 255;
      }
    }
  }
};

class TiffReader {
 public:
  TiffReader(TiffFile& file, Canvas& canvas) : file_(file), canvas_(canvas) {}

  Status read_header();
  Status read_pixels();

 private:
  Status find_meaning();
  Status read_palette();
  [[nodiscard]] bool read_strips(Band& band);
  [[nodiscard]] bool read_tiles(Band& band);
  [[nodiscard]] bool read_converted(Band& band);
  void unpack(const std::uint8_t* row, std::int64_t row_x, std::int64_t row_width, std::size_t sample, Band& band,
              std::int64_t y);
  void put(Band& band);
  void finish_row(std::uint8_t* row) const;
  [[nodiscard]] bool keeps() const { return canvas_.request().keep_damaged; }
  /// Samples of a pixel that are looked at.
  [[nodiscard]] std::size_t used() const {
    return meaning_ == Meaning::Inks ? 4 : (meaning_ == Meaning::Rgb ? 3 : 1) + (alpha_ ? 1 : 0);
  }

  TiffFile& file_;
  Canvas& canvas_;
  std::uint32_t width_ = 0;
  std::uint32_t height_ = 0;
  SampleType type_{};
  std::size_t samples_ = 1;
  bool planes_ = false;  ///< each sample by itself
  bool tiled_ = false;
  std::uint32_t piece_width_ = 0;  ///< of a tile; of a strip all of the picture
  std::uint32_t piece_height_ = 0;
  std::uint32_t next_row_ = 0;    ///< of a strip that is being read
  std::uint32_t lost_until_ = 0;  ///< the strip that ends here is damaged
  Meaning meaning_ = Meaning::Grey;
  bool alpha_ = false;
  bool premultiplied_ = false;
  std::vector<std::array<std::uint8_t, 3>> palette_{};
};

Status TiffReader::read_header() {
  width_ = file_.wide(TIFFTAG_IMAGEWIDTH);
  height_ = file_.wide(TIFFTAG_IMAGELENGTH);
  const int orientation = file_.number(TIFFTAG_ORIENTATION);
  if (Status ok = canvas_.open(width_, height_, orientation >= 1 && orientation <= 8 ? orientation : 1); !ok) return ok;
  samples_ = std::max<std::size_t>(file_.number(TIFFTAG_SAMPLESPERPIXEL), 1);
  type_.bits = file_.number(TIFFTAG_BITSPERSAMPLE);
  planes_ = file_.number(TIFFTAG_PLANARCONFIG) == PLANARCONFIG_SEPARATE && samples_ > 1;
  tiled_ = TIFFIsTiled(file_.get()) != 0;
  piece_width_ = tiled_ ? file_.wide(TIFFTAG_TILEWIDTH) : width_;
  piece_height_ = tiled_ ? file_.wide(TIFFTAG_TILELENGTH) : std::min(file_.wide(TIFFTAG_ROWSPERSTRIP), height_);
  if (piece_width_ == 0 || piece_height_ == 0) return broken_tiff("its directory is damaged");
  const std::uint16_t compression = file_.number(TIFFTAG_COMPRESSION);
  if (TIFFIsCODECConfigured(compression) == 0)
    return broken_tiff(fmt::format("its compression ({}) is not one that this libtiff knows", compression));
  return find_meaning();
}

Status TiffReader::find_meaning() {
  switch (file_.number(TIFFTAG_SAMPLEFORMAT)) {
    case SAMPLEFORMAT_INT:
      type_.kind = SampleType::Kind::Signed;
      break;
    case SAMPLEFORMAT_IEEEFP:
      type_.kind = SampleType::Kind::Real;
      break;
    case SAMPLEFORMAT_COMPLEXINT:
    case SAMPLEFORMAT_COMPLEXIEEEFP:
      return broken_tiff("its values are complex numbers");
    default:
      break;
  }
  std::uint16_t photometric = samples_ >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
  (void)TIFFGetField(file_.get(), TIFFTAG_PHOTOMETRIC, &photometric);
  std::size_t colours = 1;
  switch (photometric) {
    case PHOTOMETRIC_MINISWHITE:
      meaning_ = Meaning::InvertedGrey;
      break;
    case PHOTOMETRIC_MINISBLACK:
    case PHOTOMETRIC_MASK:
      break;
    case PHOTOMETRIC_PALETTE:
      meaning_ = Meaning::Palette;
      break;
    case PHOTOMETRIC_RGB:
      meaning_ = Meaning::Rgb;
      colours = 3;
      break;
    case PHOTOMETRIC_SEPARATED:
      meaning_ = Meaning::Inks;
      colours = 4;
      if (file_.number(TIFFTAG_INKSET) != INKSET_CMYK) return broken_tiff("its inks are not those of CMYK");
      break;
    case PHOTOMETRIC_YCBCR:
      if (file_.number(TIFFTAG_COMPRESSION) == COMPRESSION_JPEG && !planes_) {
        TIFFSetField(file_.get(), TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
        meaning_ = Meaning::Rgb;
        colours = 3;
        break;
      }
      meaning_ = Meaning::LibraryKnows;
      break;
    case PHOTOMETRIC_CIELAB:
    case PHOTOMETRIC_LOGL:
    case PHOTOMETRIC_LOGLUV:
      meaning_ = Meaning::LibraryKnows;
      break;
    case 32803:  // a colour filter array
    case 34892:  // linear raw
      return fail_record("a camera's raw picture, not one that is developed", "Convert it to TIFF or PNG");
    default:
      return broken_tiff(fmt::format("its colours ({}) are of an unknown kind", photometric));
  }
  if (meaning_ == Meaning::LibraryKnows) {
    std::array<char, 1024> why{};
    if (TIFFRGBAImageOK(file_.get(), why.data()) == 0) return broken_tiff(why.data());
    TIFFSetField(file_.get(), TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);  // the canvas turns it
    return {};
  }
  if (!type_.known()) return broken_tiff(fmt::format("{} bits a sample", type_.bits));
  if (samples_ < colours) return broken_tiff(fmt::format("{} samples a pixel are too few", samples_));
  const int extra = file_.first_extra();
  premultiplied_ = extra == EXTRASAMPLE_ASSOCALPHA;
  alpha_ = meaning_ != Meaning::Inks && samples_ > colours &&
           (premultiplied_ || extra == EXTRASAMPLE_UNASSALPHA || (extra < 0 && colours == 3 && samples_ == 4));
  if (meaning_ == Meaning::Palette) {
    alpha_ = false;
    return read_palette();
  }
  return {};
}

Status TiffReader::read_palette() {
  std::uint16_t* red = nullptr;
  std::uint16_t* green = nullptr;
  std::uint16_t* blue = nullptr;
  if (type_.kind != SampleType::Kind::Unsigned || type_.bits > 8)
    return broken_tiff(fmt::format("a palette with {} bits a pixel", type_.bits));
  if (TIFFGetField(file_.get(), TIFFTAG_COLORMAP, &red, &green, &blue) == 0)
    return broken_tiff("its palette is missing");
  const std::size_t count = std::size_t{1} << type_.bits;
  const bool wide = std::any_of(red, red + count, [](unsigned v) { return v > 255; }) ||
                    std::any_of(green, green + count, [](unsigned v) { return v > 255; }) ||
                    std::any_of(blue, blue + count, [](unsigned v) { return v > 255; });
  palette_.assign(256, {0, 0, 0});
  const auto byte = [&](std::uint16_t value) { return static_cast<std::uint8_t>(wide ? value >> 8 : value); };
  for (std::size_t i = 0; i < count; ++i) palette_[i] = {byte(red[i]), byte(green[i]), byte(blue[i])};
  return {};
}

/// Samples of one stored row, which begins at column `row_x`, into the band; `sample`: which one, where each has a
/// plane of its own.
void TiffReader::unpack(const std::uint8_t* row, std::int64_t row_x, std::int64_t row_width, std::size_t sample,
                        Band& band, std::int64_t y) {
  const std::int64_t from = std::max(row_x, band.place.x);
  const std::int64_t to = std::min(row_x + row_width, band.place.right());
  if (from >= to || y < band.place.y || y >= band.place.bottom()) return;
  std::uint8_t* pixels = band.row(y) + (from - band.place.x) * 4;
  const bool colour_only = meaning_ == Meaning::Palette;
  const auto range = [&](bool is_colour) {
    const bool deep = type_.bits > 8 || type_.kind == SampleType::Kind::Real;
    return is_colour && deep && meaning_ != Meaning::Inks ? canvas_.request().range : std::nullopt;
  };
  for (std::size_t i = planes_ ? sample : 0; i < (planes_ ? sample + 1 : used()); ++i) {
    const bool is_alpha = alpha_ && i + 1 == used();
    const std::size_t step = planes_ ? 1 : samples_;
    const SampleRun run{.first = static_cast<std::size_t>(from - row_x) * step + (planes_ ? 0 : i),
                        .step = step,
                        .count = static_cast<std::size_t>(to - from)};
    unpack_samples(row, type_, run, range(!is_alpha), colour_only, pixels + (is_alpha ? 3 : i));
  }
}

/// Rows must be read one after the other from the beginning of their strip on.
bool TiffReader::read_strips(Band& band) {
  const auto stored = static_cast<std::size_t>(TIFFScanlineSize64(file_.get()));
  const std::size_t needed = type_.row_bytes(std::size_t{width_} * (planes_ ? 1 : samples_));
  if (stored < needed || stored > most_bytes(canvas_.request())) return false;
  std::vector<std::uint8_t> row(stored);
  const auto top = static_cast<std::uint32_t>(band.place.y);
  const auto bottom = static_cast<std::uint32_t>(band.place.bottom());
  for (std::size_t sample = 0; sample < (planes_ ? used() : 1); ++sample) {
    if (planes_) next_row_ = lost_until_ = 0;
    const std::uint32_t strip = top / piece_height_ * piece_height_;
    for (std::uint32_t y = next_row_ > strip && next_row_ <= top ? next_row_ : strip; y < bottom; ++y) {
      if (y >= lost_until_ && TIFFReadScanline(file_.get(), row.data(), y, static_cast<std::uint16_t>(sample)) >= 0) {
        next_row_ = y + 1;
        unpack(row.data(), 0, width_, sample, band, y);
        continue;
      }
      if (!keeps()) return false;
      lost_until_ = (y / piece_height_ + 1) * piece_height_;
      if (y >= top) band.lost({0, y, width_, 1});
    }
  }
  return true;
}

bool TiffReader::read_tiles(Band& band) {
  const auto stored = static_cast<std::size_t>(TIFFTileSize64(file_.get()));
  const std::size_t row_bytes = type_.row_bytes(std::size_t{piece_width_} * (planes_ ? 1 : samples_));
  if (stored > most_bytes(canvas_.request()) || stored / piece_height_ < row_bytes) return false;
  std::vector<std::uint8_t> tile(stored);
  const auto y0 = static_cast<std::uint32_t>(band.place.y) / piece_height_ * piece_height_;
  const auto x0 = static_cast<std::uint32_t>(band.place.x) / piece_width_ * piece_width_;
  for (std::size_t sample = 0; sample < (planes_ ? used() : 1); ++sample)
    for (std::int64_t x = x0; x < band.place.right(); x += piece_width_) {
      const auto index =
          TIFFComputeTile(file_.get(), static_cast<std::uint32_t>(x), y0, 0, static_cast<std::uint16_t>(sample));
      const bool good = TIFFReadEncodedTile(file_.get(), index, tile.data(), static_cast<tmsize_t>(stored)) >= 0;
      if (!good && !keeps()) return false;
      if (!good) band.lost({x, y0, piece_width_, piece_height_});
      for (std::int64_t y = band.place.y; good && y < band.place.bottom(); ++y)
        unpack(tile.data() + static_cast<std::size_t>(y - y0) * row_bytes, x, piece_width_, sample, band, y);
    }
  return true;
}

/// Colours that only libtiff can convert: a strip or a tile at a time, which it hands out bottom up.
bool TiffReader::read_converted(Band& band) {
  const std::uint64_t pixels = std::uint64_t{piece_width_} * piece_height_;
  if (pixels > most_bytes(canvas_.request()) / 4) return false;
  std::vector<std::uint32_t> raster(pixels);
  const auto y0 = static_cast<std::uint32_t>(band.place.y) / piece_height_ * piece_height_;
  const auto x0 = static_cast<std::uint32_t>(band.place.x) / piece_width_ * piece_width_;
  for (std::int64_t x = x0; x < band.place.right(); x += piece_width_) {
    const auto column = static_cast<std::uint32_t>(x);
    const int good = tiled_ ? TIFFReadRGBATileExt(file_.get(), column, y0, raster.data(), 1)
                            : TIFFReadRGBAStripExt(file_.get(), y0, raster.data(), 1);
    if (good == 0 && !keeps()) return false;
    const std::int64_t rows = tiled_ ? piece_height_ : std::min(piece_height_, height_ - y0);
    const std::int64_t from = std::max<std::int64_t>(x, band.place.x);
    const std::int64_t to = std::min<std::int64_t>(x + piece_width_, band.place.right());
    if (good == 0) band.lost({x, y0, piece_width_, rows});
    for (std::int64_t y = band.place.y; good != 0 && y < band.place.bottom(); ++y) {
      const std::uint32_t* row = raster.data() + (rows - 1 - (y - y0)) * piece_width_;
      std::uint8_t* pixel = band.row(y) + (from - band.place.x) * 4;
      for (std::int64_t column_in = from; column_in < to; ++column_in, pixel += 4) {
        const std::uint32_t packed = row[column_in - x];
        pixel[0] = static_cast<std::uint8_t>(TIFFGetR(packed));
        pixel[1] = static_cast<std::uint8_t>(TIFFGetG(packed));
        pixel[2] = static_cast<std::uint8_t>(TIFFGetB(packed));
      }
    }
  }
  return true;
}

/// From what is stored to R, G, B, A.
void TiffReader::finish_row(std::uint8_t* row) const {
  const auto width = static_cast<std::size_t>(canvas_.wanted().width);
  for (std::uint8_t* pixel = row; pixel < row + 4 * width; pixel += 4) {
    switch (meaning_) {
      case Meaning::InvertedGrey:
        pixel[0] = static_cast<std::uint8_t>(255 - pixel[0]);
        [[fallthrough]];
      case Meaning::Grey:
        pixel[1] = pixel[2] = pixel[0];
        break;
      case Meaning::Palette: {
        const auto& colour = palette_[pixel[0]];
        std::copy(colour.begin(), colour.end(), pixel);
        break;
      }
      case Meaning::Inks:
        for (int c = 0; c < 3; ++c)
          pixel[c] = static_cast<std::uint8_t>(((255 - pixel[c]) * (255 - pixel[3]) + 127) / 255);
        pixel[3] = 255;
        break;
      case Meaning::Rgb:
      case Meaning::LibraryKnows:
        break;
    }
    if (premultiplied_ && alpha_) divide_by_opacity(pixel);
  }
}

void TiffReader::put(Band& band) {
  for (std::int64_t y = band.place.y; y < band.place.bottom(); ++y) {
    finish_row(band.row(y));
    band.fill_gaps(y);
    canvas_.put_rgba(y, band.row(y));
  }
}

/// Strip by strip or tile row by tile row, so that little is held at once; planes of strips can only be read one after
/// the other.
Status TiffReader::read_pixels() {
  (void)canvas_.begin();
  const Region& wanted = canvas_.wanted();
  const bool converted = meaning_ == Meaning::LibraryKnows;
  const std::int64_t step = !tiled_ && planes_ && !converted ? std::int64_t{height_} : std::int64_t{piece_height_};
  Band band;
  for (std::int64_t y = wanted.y / step * step; y < wanted.bottom(); y += step) {
    // A long strip is carried over in pieces: libtiff goes on where it stopped.
    const bool by_rows = !tiled_ && !planes_ && !converted;
    const std::int64_t rows = by_rows ? std::min<std::int64_t>(step, 64) : step;
    for (std::int64_t top = y; top < std::min(y + step, wanted.bottom()); top += rows) {
      const std::int64_t bottom = std::min(top + rows, y + step);
      const Region place = intersection({wanted.x, top, wanted.width, bottom - top}, wanted);
      if (place.width == 0) continue;
      band.cover(place);
      const bool good = converted ? read_converted(band) : tiled_ ? read_tiles(band) : read_strips(band);
      if (!good || (file_.damaged() && !keeps())) return broken_tiff(file_.message());
      put(band);
    }
  }
  return {};
}

}  // namespace

Status decode_tiff(Bytes bytes, Canvas& canvas) {
  if (bytes.size() > 10 && std::memcmp(bytes.data() + 8, "CR", 2) == 0)
    return fail_record("a camera's raw picture (CR2), not one that is developed", "Convert it to TIFF or PNG");
  TiffFile file(bytes, most_bytes(canvas.request()));
  if (!file.is_open()) return broken_tiff(file.message());
  TiffReader reader(file, canvas);
  if (Status ok = reader.read_header(); !ok) return ok;
  return reader.read_pixels();
}

}  // namespace feedline::inline nodes::codec
