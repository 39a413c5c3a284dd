// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/table/generated_table.h"

#include "base/random.h"
#include "nodes/source/file_io.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>

namespace feedline::inline nodes {
namespace {

namespace fs = std::filesystem;

constexpr int kTableVersion = 1;
constexpr std::uint32_t kTableStream = 0x7461626C;  // apart from the random numbers of any node of a graph
constexpr std::size_t kTablePiece = std::size_t{1} << 20;
constexpr std::uint64_t kRowsBetweenLooks = 4096;

// Numbers are whole ten-thousandths: floating point, and sines above all, differ from machine to machine.
using Fixed = std::int64_t;
constexpr Fixed kOne = 10'000;

Fixed times(Fixed a, Fixed b) { return a * b / kOne; }

/// Of an angle in ten-thousandths of a full turn; off by at most 0.002. A parabola, and one of its square to mend it.
Fixed sine(Fixed turn) {
  turn = ((turn % kOne) + kOne) % kOne;
  const bool below = turn >= kOne / 2;
  const Fixed half = (below ? turn - kOne / 2 : turn) * 2;  // 0..1 over half a turn
  const Fixed parabola = 4 * times(half, kOne - half);
  const Fixed mended = times(7'750, parabola) + times(2'250, times(parabola, parabola));
  return below ? -mended : mended;
}
Fixed cosine(Fixed turn) { return sine(turn + kOne / 4); }

/// Between 0 and 1, without 1.
Fixed unit_draw(Rng& rng) { return static_cast<Fixed>(rng.below(static_cast<std::uint32_t>(kOne))); }

/// Very nearly standard normal: the sum of twelve uniform numbers has a variance of 1.
Fixed bell(Rng& rng) {
  Fixed sum = 0;
  for (int i = 0; i < 12; ++i) sum += unit_draw(rng);
  return sum - 6 * kOne + 6;  // each is 0.00005 too small on average
}

void put_fixed(std::string& text, Fixed value) {
  if (value < 0) text += '-';
  const Fixed size = value < 0 ? -value : value;
  fmt::format_to(std::back_inserter(text), "{}.{:04}", size / kOne, size % kOne);
}

void put_point(std::string& text, Fixed x, Fixed y, Fixed noise, Rng& rng) {
  put_fixed(text, x + times(noise, bell(rng)));
  text += ',';
  put_fixed(text, y + times(noise, bell(rng)));
  text += ',';
}

/// Two half circles, one within the reach of the other.
void moons_row(const TableRecipe& recipe, std::uint64_t index, Rng& rng, std::string& text) {
  const bool lower = index % 2 == 1;
  const Fixed turn = unit_draw(rng) / 2;
  const Fixed x = cosine(turn);
  const Fixed y = sine(turn);
  put_point(text, lower ? kOne - x : x, lower ? kOne / 2 - y : y, recipe.noise, rng);
  text += lower ? "lower" : "upper";
}

/// Arms that wind one and a half times round the middle.
void spirals_row(const TableRecipe& recipe, std::uint64_t index, Rng& rng, std::string& text) {
  const auto arm = static_cast<Fixed>(index % static_cast<std::uint64_t>(recipe.classes));
  const Fixed far = kOne / 20 + unit_draw(rng) * 19 / 20;
  const Fixed turn = far * 3 / 2 + kOne * arm / recipe.classes;
  put_point(text, times(far, cosine(turn)), times(far, sine(turn)), recipe.noise / 2, rng);
  fmt::format_to(std::back_inserter(text), "arm {}", arm + 1);
}

/// Clouds round centres that the seed has chosen.
void blobs_row(const TableRecipe& recipe, std::uint64_t index, Rng& rng, std::string& text) {
  const std::uint64_t blob = index % static_cast<std::uint64_t>(recipe.classes);
  Rng centre(recipe.seed, 1, blob, kTableStream);
  for (int axis = 0; axis < 4; ++axis) {
    put_fixed(text, 8 * unit_draw(centre) - 4 * kOne + times(kOne / 2 + recipe.noise, bell(rng)));
    text += ',';
  }
  fmt::format_to(std::back_inserter(text), "blob {}", blob + 1);
}

/// A sum with a product, a square and a wave in it; two columns mean nothing.
void regression_row(const TableRecipe& recipe, std::uint64_t, Rng& rng, std::string& text) {
  std::array<Fixed, 6> x{};
  for (Fixed& value : x) {
    value = bell(rng);
    put_fixed(text, value);
    text += ',';
  }
  put_fixed(text, 3 * x[0] - 2 * x[1] + times(x[1], x[2]) + times(x[2], x[2]) / 2 + sine(x[3] / 4) +
                      times(recipe.noise, bell(rng)));
}

constexpr std::array<std::string_view, 6> kTrades = {"groceries", "travel",      "electronics",
                                                     "fuel",      "restaurants", "jewellery"};
constexpr std::array<std::string_view, 5> kLands = {"DE", "FR", "PL", "US", "BR"};
constexpr std::array<std::string_view, 3> kChannels = {"chip", "online", "phone"};

/// Card payments: about one in fifty is a fraud, and cells are missing here and there.
void fraud_row(const TableRecipe& recipe, std::uint64_t, Rng& rng, std::string& text) {
  const std::size_t trade = rng.below(kTrades.size());
  const std::size_t land = std::min<std::size_t>(rng.below(8), kLands.size() - 1);
  const std::size_t channel = rng.below(10) < 6 ? 0 : 1 + rng.below(2);
  const Fixed hour = rng.below(24);
  const Fixed age_days = rng.below(4000);
  const Fixed declined = rng.below(100) < 85 ? 0 : 1 + rng.below(4);
  const Fixed base = unit_draw(rng);
  const Fixed amount = 5 * kOne + times(times(times(base, base), base), 900 * kOne);  // many small ones
  Fixed risk = declined * 9'000 + (channel == 0 ? 0 : 12'000) + (hour < 5 ? 12'000 : 0);
  risk += (trade == 2 || trade == 5 ? 9'000 : 0) + (land == 4 ? 8'000 : 0) + (age_days < 200 ? 9'000 : 0);
  risk += amount / 400 + times(recipe.noise, bell(rng));
  const bool fraud = risk > 60'000;
  const auto put = [&](std::string_view cell, std::uint32_t missing_in_1000) {
    if (rng.below(1000) >= missing_in_1000) text += cell;
    text += ',';
  };
  std::string number;
  put_fixed(number, amount);
  put(number.substr(0, number.size() - 2), 0);  // cents
  put(std::to_string(hour), 0);
  put(kTrades[trade], 30);
  put(kLands[land], 15);
  put(kChannels[channel], 0);
  put(std::to_string(age_days), 60);
  put(std::to_string(declined), 20);
  text += fraud ? "fraud" : "honest";
}

struct TableMaker {
  std::string_view kind;
  std::string_view header;
  void (*row)(const TableRecipe&, std::uint64_t, Rng&, std::string&);
};

constexpr std::array kMakers = {
    TableMaker{"two_moons", "x,y,moon", &moons_row},
    TableMaker{"spirals", "x,y,arm", &spirals_row},
    TableMaker{"blobs", "a,b,c,d,blob", &blobs_row},
    TableMaker{"regression", "a,b,c,d,e,f,target", &regression_row},
    TableMaker{"fraud", "amount,hour,trade,country,channel,card_age_days,declined_before,verdict", &fraud_row},
};

const TableMaker& maker_of(const TableRecipe& recipe) {
  const auto* found =
      std::find_if(kMakers.begin(), kMakers.end(), [&](const auto& m) { return m.kind == recipe.kind; });
  return found == kMakers.end() ? kMakers.front() : *found;
}

}  // namespace

const std::vector<std::string>& table_kinds() {
  static const std::vector<std::string> kinds = [] {
    std::vector<std::string> all;
    for (const TableMaker& maker : kMakers) all.emplace_back(maker.kind);
    return all;
  }();
  return kinds;
}

std::string_view table_header(const TableRecipe& recipe) { return maker_of(recipe).header; }

void write_table_row(const TableRecipe& recipe, std::uint64_t index, std::string& text) {
  Rng rng(recipe.seed, 0, index, kTableStream);
  maker_of(recipe).row(recipe, index, rng, text);
  text += '\n';
}

Result<fs::path> generated_table(const TableRecipe& recipe, const SourceContext& context) {
  const std::string all = fmt::format("v{}|{}|{}|{}|{}|{}", kTableVersion, recipe.kind, recipe.rows, recipe.noise,
                                      recipe.classes, recipe.seed);
  const fs::path target = cache_folder_or_default(context.cache_folder) / "generated" /
                          fmt::format("{}-{}-{}.csv", recipe.kind, recipe.rows, fingerprint(all));
  std::error_code missing;
  if (fs::is_regular_file(target, missing)) return target;
  if (context.make_nothing) return fail_cancelled();
  FileInMaking file(target);
  if (Status started = file.start(); !started) return fail(std::move(started.error()));
  const auto write = [&](std::string_view rows) { return file.write(std::as_bytes(std::span(rows))); };
  std::string text(table_header(recipe));
  text += '\n';
  for (std::uint64_t row = 0; row < recipe.rows; ++row) {
    if (row % kRowsBetweenLooks == 0) {
      if (context.stop.stop_requested()) return fail_cancelled();
      if (context.progress)
        context.progress(fmt::format("Writing {} rows", recipe.rows),
                         static_cast<double>(row) / static_cast<double>(recipe.rows));
    }
    write_table_row(recipe, row, text);
    if (text.size() < kTablePiece) continue;
    if (Status written = write(text); !written) return fail(std::move(written.error()));
    text.clear();
  }
  Status done = write(text);
  if (done) done = file.keep();
  if (!done) return fail(std::move(done.error()));
  return target;
}

}  // namespace feedline::inline nodes
