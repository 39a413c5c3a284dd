// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers as people write them: what is read, what is refused, and that nothing is read in part.
#include "base/arithmetic.h"
#include "base/units.h"
#include "schema/param_spec.h"
#include "support/test_program.h"

#include <QTest>

#include <clocale>
#include <cmath>
#include <cstring>
#include <random>

namespace test_arithmetic {

using namespace feedline;

namespace {

/// An expression that is built together with its value, by the rules of arithmetic rather than those of the reader.
struct Built {
  std::string text{};
  long double value = 0;
};

class Builder {
 public:
  explicit Builder(unsigned seed) : random_(seed) {}

  Built expression(int depth) {
    if (depth == 0 || below(4) == 0) return number();
    switch (below(6)) {
      case 0:
        return joined(expression(depth - 1), "+", expression(depth - 1), [](auto a, auto b) { return a + b; });
      case 1:
        return joined(expression(depth - 1), "-", expression(depth - 1), [](auto a, auto b) { return a - b; });
      case 2:
        return joined(expression(depth - 1), below(2) == 0 ? "*" : "×", expression(depth - 1),
                      [](auto a, auto b) { return a * b; });
      case 3: {
        Built right = expression(depth - 1);
        if (right.value == 0) right = {"7", 7};
        return joined(expression(depth - 1), "/", right, [](auto a, auto b) { return a / b; });
      }
      case 4: {
        const Built inner = expression(depth - 1);
        return {"-(" + inner.text + ")", -inner.value};
      }
      default: {
        const int exponent = below(4);
        const Built base = expression(depth - 1);
        const long double value = std::pow(base.value, static_cast<long double>(exponent));
        return {"(" + base.text + (below(2) == 0 ? ")^" : ")**") + std::to_string(exponent), value};
      }
    }
  }
  int below(int top) { return static_cast<int>(random_() % static_cast<unsigned>(top)); }

 private:
  Built number() {
    const int whole = below(100);
    switch (below(4)) {
      case 0:
        return {std::to_string(whole), static_cast<long double>(whole)};
      case 1:
        return {std::to_string(whole) + ".5", whole + 0.5L};
      case 2:
        return {std::to_string(whole) + ",25", whole + 0.25L};
      default:
        return {std::to_string(whole) + "e2", whole * 100.0L};
    }
  }
  template <class Do>
  Built joined(const Built& a, const std::string& sign, const Built& b, Do apply) {
    const std::string space = below(2) == 0 ? " " : "";
    return {"(" + a.text + ")" + space + sign + space + "(" + b.text + ")", apply(a.value, b.value)};
  }
  std::mt19937 random_;
};

}  // namespace

class TestArithmetic : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void what_is_written_is_read_as_a_whole_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<double>("value");
    const std::pair<const char*, double> rows[] = {
        {"16", 16},
        {"16.0", 16},
        {" 16 ", 16},
        {"1e2", 100},
        {"1E+2", 100},
        {"1e-05", 1e-5},
        {"12,5", 12.5},
        {"12.5", 12.5},
        {".5", 0.5},
        {",5", 0.5},
        {"5.", 5},
        {"0,125", 0.125},
        {"60.000", 60},
        {"99999999", 99999999},
        {"1/1000", 0.001},
        {"8*4", 32},
        {"8 * 4 - 2", 30},
        {"2+3*4", 14},
        {"(2+3)*4", 20},
        {"((2))", 2},
        {"10-4-3", 3},
        {"64/4/2", 8},
        {"2^10", 1024},
        {"2**10 - 1", 1023},
        {"2^3^2", 512},
        {"-2^2", -4},
        {"2^-1", 0.5},
        {"--3", 3},
        {"-1e-3", -0.001},
        {"3 − 1", 2},
        {"3×4÷2·5", 30},
        {"sqrt(16)", 4},
        {"log2(8)+floor(2.7)", 5},
        {"round(pi)", 3},
        {"1,234,567", 1234567},
        {"1.234.567", 1234567},
        {"1,234.5", 1234.5},
        {"1.234,5", 1234.5},
        {"60 000", 60000},
        {"60_000", 60000},
        {"60'000", 60000},
        {"1234,567", 1234.567},
        {"50 %", 0.5},
        {"0.1*3", 0.3},
        {"5%*2", 0.1},
    };
    for (const auto& [text, value] : rows) QTest::newRow(text) << QString(text) << value;
  }
  void what_is_written_is_read_as_a_whole() {
    QFETCH(QString, text);
    QFETCH(double, value);
    const auto read = evaluate(text.toStdString());
    QVERIFY2(read, read ? "" : read.error().reason.c_str());
    QCOMPARE(static_cast<double>(*read), value);
  }

  void what_cannot_be_read_says_why_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("why");
    const std::pair<const char*, const char*> rows[] = {
        {"", "nothing"},
        {"   ", "nothing"},
        {"abc", "'abc'"},
        {"12abc", "'abc'"},
        {"16..0", "'.0'"},
        {"1e", "'e'"},
        {"8*", "breaks off"},
        {"8**", "breaks off"},
        {"(8", "not closed"},
        {"8)", "')'"},
        {"*8", "'*8'"},
        {"8 4", "'4'"},
        {"8 // 4", "'/ 4'"},
        {"1/0", "divides by zero"},
        {"1/(2-2)", "divides by zero"},
        {"0/0", "divides by zero"},
        {"9^9^9^9", "larger"},
        {"sqrt(-1)", "no value"},
        {"sqrt 4", "parentheses"},
        {"1e99999", "too large"},
        {"60,000", "60 or as 60000"},
        {"0x10", "'x"},
        {"nan", "'nan'"},
        {"inf", "'inf'"},
        {"1_00", "'_00'"},
        {"16 px", "unit"},
        {"True", "'True'"},
    };
    for (const auto& [text, why] : rows) QTest::newRow(text) << QString(text) << QString(why);
  }
  void what_cannot_be_read_says_why() {
    QFETCH(QString, text);
    QFETCH(QString, why);
    const auto read = evaluate(text.toStdString());
    QVERIFY(!read);
    QVERIFY2(QString::fromStdString(read.error().reason).contains(why), read.error().reason.c_str());
  }

  void nesting_and_length_are_bounded() {
    const auto nested = [](std::size_t depth) { return std::string(depth, '(') + "1" + std::string(depth, ')'); };
    QCOMPARE(static_cast<double>(*evaluate(nested(90))), 1.0);
    QVERIFY(!evaluate(nested(400)));
    QVERIFY(!evaluate(std::string(100'000, '(')));
    std::string powers = "1";
    for (int i = 0; i < 300; ++i) powers += "^1";
    QVERIFY(!evaluate(powers));
    QVERIFY(!evaluate(std::string(2000, '1')));
  }

  void units_convert_within_their_kind() {
    const auto number = [](const char* text, const char* unit) {
      const auto read = evaluate(text, unit);
      return read ? static_cast<double>(*read) : std::nan("");
    };
    QCOMPARE(number("16 px", "px"), 16.0);
    QCOMPARE(number("16px*2", "px"), 32.0);
    QCOMPARE(number("2 GiB", "MiB"), 2048.0);
    QCOMPARE(number("1.5GiB + 512", "MiB"), 2048.0);
    QCOMPARE(number("1 min + 30 s", "s"), 90.0);
    QCOMPARE(number("250 ms", "s"), 0.25);
    QCOMPARE(number("(1+1) s", "ms"), 2000.0);
    QCOMPARE(number("20µs", "ms"), 0.02);
    QCOMPARE(number("3\u00a0batches", "batches"), 3.0);
    QVERIFY(std::isnan(number("2 s", "MiB")));
    QVERIFY(std::isnan(number("2 gib", "MiB")));
    QVERIFY(std::isnan(number("50 %", "px")));
    QVERIFY(std::isnan(number("2 px", "")));
    QCOMPARE(unit_factor("KiB", "B"), std::optional(1024.0L));
    QVERIFY(!unit_factor("", "px"));
  }

  void random_expressions_have_the_value_that_they_were_built_with() {
    int finite = 0;
    for (unsigned seed = 0; seed < 4000; ++seed) {
      Builder builder(seed);
      const Built built = builder.expression(builder.below(5));
      const auto read = evaluate(built.text);
      if (!std::isfinite(built.value) || built.text.size() > 1000) {
        QVERIFY2(!read, built.text.c_str());
        continue;
      }
      ++finite;
      QVERIFY2(read, (built.text + ": " + (read ? "" : read.error().reason)).c_str());
      const long double slack = 1e-12L * std::max(1.0L, std::abs(built.value));
      QVERIFY2(std::abs(*read - built.value) <= slack, built.text.c_str());
    }
    QVERIFY(finite > 3000);
  }

  void random_text_never_gives_a_number_that_is_none() {
    const std::string letters = "0123456789.,eE+-*/^()% _'pxsinqrt\xc3\x97\xff\n";
    std::mt19937 random(7);
    int numbers = 0;
    for (int i = 0; i < 200'000; ++i) {
      std::string text;
      for (unsigned length = random() % 12; length > 0; --length) text += letters[random() % letters.size()];
      const auto read = evaluate(text, "px");
      if (!read) {
        QVERIFY2(!read.error().reason.empty(), text.c_str());
        continue;
      }
      ++numbers;
      QVERIFY2(std::isfinite(*read), text.c_str());
      QVERIFY2(text.find_first_of("0123456789pi") != std::string::npos, text.c_str());
    }
    QVERIFY(numbers > 1000);
  }

  void every_double_survives_its_own_text() {
    std::mt19937_64 random(3);
    for (int i = 0; i < 20'000; ++i) {
      const std::uint64_t bits = random();
      double number = 0;
      static_assert(sizeof bits == sizeof number);
      std::memcpy(&number, &bits, sizeof number);
      if (!std::isfinite(number)) continue;
      const ParamSpec spec{.name = "x", .kind = ParamKind::Real};
      const auto read = spec.parse(to_text(Value(number)));
      QVERIFY2(read, to_text(Value(number)).c_str());
      QCOMPARE(std::get<double>(*read), number);
    }
  }

  void a_parameter_reads_its_kind_and_range() {
    ParamSpec size{.name = "size", .kind = ParamKind::Integer, .hard_min = 1, .hard_max = 4096, .unit = "px"};
    QCOMPARE(std::get<std::int64_t>(*size.parse("16.0")), std::int64_t{16});
    QCOMPARE(std::get<std::int64_t>(*size.parse("1e2")), std::int64_t{100});
    QCOMPARE(std::get<std::int64_t>(*size.parse("0.1*30")), std::int64_t{3});
    QCOMPARE(std::get<std::int64_t>(*size.parse("32 px")), std::int64_t{32});
    const auto reason = [](const Result<Value>& read) {
      return read ? QString("read") : QString::fromStdString(read.error().reason);
    };
    QVERIFY2(reason(size.parse("12,5")).contains("12.5 is no whole number"), qPrintable(reason(size.parse("12,5"))));
    QVERIFY2(reason(size.parse("99999999")).contains("out of range"), qPrintable(reason(size.parse("99999999"))));
    QVERIFY2(reason(size.parse("abc")).contains("'abc' is no integer"), qPrintable(reason(size.parse("abc"))));
    QVERIFY(!size.parse("1e30"));
    const ParamSpec any{.name = "id", .kind = ParamKind::Integer};
    QCOMPARE(std::get<std::int64_t>(*any.parse("9007199254740993")), std::int64_t{9007199254740993});
    QCOMPARE(std::get<std::int64_t>(*any.parse("9007199254740992+1")), std::int64_t{9007199254740993});
    const ParamSpec real{.name = "x", .kind = ParamKind::Real};
    QVERIFY(!real.parse("nan"));
    QVERIFY(!real.parse("inf"));
    QVERIFY(!real.parse("1e400"));
    QCOMPARE(std::get<double>(*real.parse("1/1000")), 0.001);
  }

  void a_list_reads_its_items_and_limits() {
    const ParamSpec columns{
        .name = "columns", .kind = ParamKind::List, .list = {.least = 1, .most = 4, .longest = 12, .unique = true}};
    const auto read = [](const ParamSpec& spec, const char* text) {
      const auto value = spec.parse(text);
      return value ? QString::fromStdString(to_text(*value)) : "! " + QString::fromStdString(value.error().reason);
    };
    QCOMPARE(read(columns, "age,  height "), QString("age, height"));
    QCOMPARE(read(columns, R"("a, b", "say ""no""", " x")"), QString(R"("a, b", "say ""no""", " x")"));
    QVERIFY(read(columns, "").startsWith("! it has 0 texts"));
    QVERIFY(read(columns, "a,b,c,d,e").startsWith("! it has 5 texts"));
    QVERIFY(read(columns, "a,,b").contains("is empty"));
    QVERIFY(read(columns, "a,b,a").contains("'a' stands there twice"));
    QVERIFY(read(columns, "more than twelve").contains("more than 12 bytes"));
    QVERIFY(read(columns, "\"a").contains("not closed"));
    QVERIFY(read(columns, "\"a\" b").contains("comma"));
    QVERIFY(columns.constraint().find("1 to 4 texts, none twice") != std::string::npos);
    const auto numbers = columns.check(ValueList{std::int64_t{3}});
    QVERIFY(!numbers && numbers.error().reason.find("no text") != std::string::npos);
    QVERIFY(!columns.check(std::string("age")));

    const ParamSpec rates{.name = "rates",
                          .kind = ParamKind::List,
                          .hard_min = 0,
                          .hard_max = 1,
                          .list = {.items = ItemKind::Real, .most = 3}};
    QCOMPARE(read(rates, "0.5, 1/4, 1"), QString("0.5, 0.25, 1"));
    QVERIFY(read(rates, "0.5, 2").contains("item 2, '2', is out of range"));
    QVERIFY(read(rates, "x").contains("'x'"));
    QVERIFY(rates.check(ValueList{std::int64_t{1}, 0.5}));
    QVERIFY(rates.check(ValueList{}));
    QCOMPARE(*reals_of(ValueList{std::int64_t{1}, 0.5}), (std::vector<double>{1, 0.5}));
    QCOMPARE(real_of(std::int64_t{3}), std::optional(3.0));
    QCOMPARE(real_of(0.5), std::optional(0.5));
    QVERIFY(!real_of(true) && !real_of(std::string("1")));
    QVERIFY(!reals_of(ValueList{std::string("1")}) && !texts_of(Value(1.0)));

    const ParamSpec sizes{
        .name = "sizes", .kind = ParamKind::List, .hard_min = 1, .hard_max = 9, .list = {.items = ItemKind::Integer}};
    QCOMPARE(read(sizes, "1, 2*4"), QString("1, 8"));
    QVERIFY(read(sizes, "1.5").startsWith("!"));
    QVERIFY(!sizes.check(ValueList{2.0}));
    QCOMPARE(*integers_of(*sizes.parse("3,4")), (std::vector<std::int64_t>{3, 4}));

    const ParamSpec files{.name = "files", .kind = ParamKind::List, .list = {.items = ItemKind::Pattern}};
    QCOMPARE(read(files, "*.jpg, img_[0-9]?.png, [!a]*"), QString("*.jpg, img_[0-9]?.png, [!a]*"));
    QVERIFY(read(files, "img_[0-9").contains("nothing closes"));
  }

  void the_locale_changes_nothing() {
    const std::string before = std::setlocale(LC_ALL, nullptr);
    const bool german = std::setlocale(LC_ALL, "de_DE.UTF-8") != nullptr;
    const double point = static_cast<double>(evaluate("12.5*2").value_or(0));
    const double comma = static_cast<double>(evaluate("12,5*2").value_or(0));
    std::setlocale(LC_ALL, before.c_str());
    QCOMPARE(point, 25.0);
    QCOMPARE(comma, 25.0);
    if (!german) QSKIP("this machine has no German locale: tried in the one that it has");
  }
};

FEEDLINE_TEST(TestArithmetic)

}  // namespace test_arithmetic

#include "test_arithmetic.moc"
