// SPDX-License-Identifier: GPL-3.0-or-later
// The quick ways of reading tables against the plain ones that they stand for: cutting a row into cells, reading a
// number, finding a text.
#include "base/random.h"
#include "base/text_lookup.h"
#include "nodes/source/table/cell_value.h"
#include "nodes/source/table/csv_rows.h"
#include "support/test_program.h"

#include <QTest>

#include <algorithm>
#include <bit>
#include <charconv>
#include <map>
#include <numeric>
#include <string>
#include <vector>

namespace test_row_cutting {

using namespace feedline;

namespace {

/// So many signs of these; some of three bytes.
std::string made_text(Rng& rng, const std::vector<std::string>& signs, std::uint32_t count) {
  std::string text;
  for (std::uint32_t i = 0; i < count; ++i) text += signs[rng.below(static_cast<std::uint32_t>(signs.size()))];
  return text;
}

std::vector<std::size_t> first_places(std::size_t count) {
  std::vector<std::size_t> places(count);
  std::iota(places.begin(), places.end(), std::size_t{0});
  return places;
}

/// The number that the quick way reads, behind which stands what is not to be looked at.
bool quick_number(const std::string& cell, double& value) {
  const std::string behind = cell + "0.,1234567890123456789012345";
  return parse_readable_cell(std::string_view(behind).substr(0, cell.size()), false, value);
}

}  // namespace

class TestRowCutting : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// Rows of signs that mean something. What is cut at once has the cells that split() finds; what is not has a quote,
  /// another number of cells, or is no row.
  void cells_are_those_of_the_plain_way() {
    Rng rng(7, 1, 1, 1);
    const std::vector<std::string> signs{",", ",", " ", "a", "bc", "1", "\xE2\x82\xAC", "\r", "#", "\t"};
    const CsvDialect dialect{.comment = '#'};
    RowSplitter quick;
    RowSplitter plain;
    std::size_t cut = 0;
    for (int i = 0; i < 20'000; ++i) {
      std::string row = made_text(rng, signs, rng.below(i % 10 == 0 ? 120 : 12));
      if (rng.chance(0.1)) row.insert(rng.below(static_cast<std::uint32_t>(row.size()) + 1), "\"");
      std::string_view body = row;
      while (!body.empty() && body.back() == '\r') body.remove_suffix(1);
      const bool quoted = row.find('"') != std::string::npos;
      const bool none = is_no_row(row, dialect);
      const auto fault = plain.split(body, dialect, 1000);
      const std::size_t columns = plain.cells().size();
      // It may be the last row, or others follow.
      const std::string text = rng.chance(0.5) ? row : row + "\nnext,row,with,cells\n";
      QCOMPARE(quick.cut(text.data(), text.data() + text.size(), dialect, columns, first_places(columns)),
               !quoted && !none);
      QVERIFY(!quick.cut(text.data(), text.data() + text.size(), dialect, columns + 1, {}));
      QVERIFY(columns < 2 || !quick.cut(text.data(), text.data() + text.size(), dialect, columns - 1, {}));
      if (quoted || none) continue;
      ++cut;
      QVERIFY(quick.cut(text.data(), text.data() + text.size(), dialect, columns, first_places(columns)));
      QVERIFY(fault == RowSplitter::Fault::None);
      for (std::size_t cell = 0; cell < columns; ++cell)
        QCOMPARE(quick.cells()[cell].text(), plain.cells()[cell].text());
      QCOMPARE(quick.ascii(), std::all_of(row.begin(), row.end(), [](char c) { return (c & 0x80) == 0; }));
    }
    QVERIFY(cut > 10'000);
  }

  void only_wanted_cells_are_looked_at() {
    RowSplitter splitter;
    const std::string row = " 1 ; two;three , ; 4\r\r\nnext";
    const std::vector<std::size_t> wanted{3, 1};
    QVERIFY(splitter.cut(row.data(), row.data() + row.size(), {.separator = ';'}, 4, wanted));
    QCOMPARE(splitter.cells()[3].text(), std::string_view("4"));
    QCOMPARE(splitter.cells()[1].text(), std::string_view("two"));
    // Blanks that separate are no blanks around a cell.
    const std::string blanks = "a  b\n";
    QVERIFY(splitter.cut(blanks.data(), blanks.data() + blanks.size(), {.separator = ' '}, 3, first_places(3)));
    QCOMPARE(splitter.cells()[1].text(), std::string_view());
    QCOMPARE(splitter.cells()[2].text(), std::string_view("b"));
  }

  void short_numbers_are_rounded_as_long_ones() {
    Rng rng(9, 1, 1, 1);
    for (int i = 0; i < 200'000; ++i) {
      std::string cell = rng.chance(0.3) ? "-" : "";
      const std::uint32_t digits = 1 + rng.below(18);
      const std::uint32_t point = rng.below(digits + 4);
      for (std::uint32_t digit = 0; digit < digits; ++digit) {
        if (digit == point) cell += '.';
        cell += static_cast<char>('0' + rng.below(10));
      }
      double expected = 0;
      const auto end = std::from_chars(cell.data(), cell.data() + cell.size(), expected);
      double value = 0;
      QVERIFY(parse_cell(cell, false, value));
      QVERIFY2(end.ec == std::errc() && std::bit_cast<std::uint64_t>(value) == std::bit_cast<std::uint64_t>(expected),
               cell.c_str());
      double quick = 0;
      QVERIFY(quick_number(cell, quick));
      QVERIFY2(std::bit_cast<std::uint64_t>(quick) == std::bit_cast<std::uint64_t>(expected), cell.c_str());
      if (point == 0 || point >= digits) continue;
      cell[cell.find('.')] = ',';
      QVERIFY(parse_cell(cell, true, value));
      QCOMPARE(value, expected);
      QVERIFY(!parse_cell(cell, false, value));
    }
    double value = 0;
    for (const char* none : {"", "-", ".", "-.", "1.2.3", "1 2", "1,2", "0x1", "nan", "inf", "--1", "1.5 ", "1e"})
      QVERIFY2(!parse_cell(none, false, value) && !quick_number(none, value), none);
    for (std::uint32_t i = 0; i < 256 * 16; ++i) {  // each byte at each place
      std::string cell = "1234567.89012345";
      cell[i / 256] = static_cast<char>(i % 256);
      double quick = -1;
      const bool parsed = parse_cell(cell, false, value);
      QCOMPARE(quick_number(cell, quick), parsed);
      if (parsed) QCOMPARE(quick, value);
    }
    QVERIFY(parse_cell("5.", false, value) && value == 5);
    QVERIFY(parse_cell(".5", false, value) && value == 0.5);
    QVERIFY(parse_cell("1234567.12345678", false, value) && value == 1234567.12345678);
  }

  void texts_are_found_by_their_ends() {
    Rng rng(11, 1, 1, 1);
    std::vector<std::string> texts;
    std::map<std::string, std::uint32_t> expected;
    for (int i = 0; i < 6'000; ++i) {  // few signs: many share both ends
      texts.push_back(made_text(rng, {"a", "b"}, rng.below(i % 2 == 0 ? 8 : 40)));
      expected.emplace(texts.back(), static_cast<std::uint32_t>(i));
    }
    const TextLookup lookup(texts);
    for (const auto& [text, number] : expected) QCOMPARE(lookup.find(text), number);
    for (int i = 0; i < 6'000; ++i) {
      const std::string text = made_text(rng, {"a", "b", std::string(1, '\0')}, rng.below(40));
      const auto known = expected.find(text);
      QCOMPARE(lookup.find(text), known == expected.end() ? TextLookup::kNone : known->second);
    }
    QCOMPARE(TextLookup().find("a"), TextLookup::kNone);
    QCOMPARE(TextLookup(std::vector<std::string>{}).find(""), TextLookup::kNone);
  }
};

FEEDLINE_TEST(TestRowCutting)

}  // namespace test_row_cutting

#include "test_row_cutting.moc"
