// SPDX-License-Identifier: GPL-3.0-or-later
// The loop that somebody writes by hand for a table whose columns are known: the file is mapped, and a row is parsed,
// imputed (median, most frequent), standardised and one-hot coded when it is drawn, each once an epoch; batch 256. DATA
// is a CSV file.
// --schema has a letter a column: n number, c category, l label of classes, y label that is a number, - not read.
// c++ -std=c++20 -O3 hand_table.cpp -pthread
#include "hand_loop.h"

#include <charconv>
#include <cmath>
#include <fcntl.h>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unordered_map>
#include <utility>

namespace {

constexpr std::size_t kBatch = 256;
constexpr std::size_t kMostCategories = 256;  // the rare ones share the last
constexpr std::size_t kLearnt = 200'000;      // rows that means and categories are taken from
constexpr std::uint32_t kUnknown = ~std::uint32_t{0};

bool is_missing(std::string_view cell) { return cell.empty() || cell == "?"; }

/// Texts and their numbers: open addressing, since a look-up a cell is most of the work behind parsing.
class Categories {
 public:
  void fill(const std::vector<std::string>& names) {
    std::size_t size = 8;
    while (size < 4 * names.size()) size *= 2;
    slots_.assign(size, {});
    for (std::size_t i = 0; i < names.size(); ++i) {
      std::size_t at = hash(names[i]) & (size - 1);
      while (slots_[at].number != kUnknown) at = (at + 1) & (size - 1);
      slots_[at] = {names[i], static_cast<std::uint32_t>(i)};
    }
  }

  [[nodiscard]] std::uint32_t find(std::string_view text) const {
    for (std::size_t at = hash(text) & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
      const Slot& slot = slots_[at];
      if (slot.number == kUnknown || slot.name == text) return slot.number;
    }
  }

 private:
  struct Slot {
    std::string name{};
    std::uint32_t number = kUnknown;
  };

  static std::size_t hash(std::string_view text) {
    std::uint64_t head = 0;
    std::uint64_t tail = 0;
    std::memcpy(&head, text.data(), std::min<std::size_t>(text.size(), 8));
    if (text.size() > 8) std::memcpy(&tail, text.data() + text.size() - 8, 8);
    const std::uint64_t mixed = (head ^ (tail * 0x9E3779B97F4A7C15ULL) ^ text.size()) * 0xBF58476D1CE4E5B9ULL;
    return static_cast<std::size_t>(mixed ^ (mixed >> 32));
  }

  std::vector<Slot> slots_{};
};

/// What is known of a column after the first pass.
struct Column {
  char kind = '-';
  float mean = 0;
  float scale = 1;
  float filled = 0;         ///< standardised, of a number that is missing
  std::size_t first = 0;    ///< its place in a row of features
  std::size_t width = 0;    ///< of categories
  std::uint32_t usual = 0;  ///< the category of a missing text
  bool others = false;      ///< its last category is that of all rare ones
  Categories categories{};
};

class Table {
 public:
  Table(const hand::Options& options) {
    const int file = ::open(options.data.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status {};
    if (file < 0 || ::fstat(file, &status) != 0) return;
    size_ = static_cast<std::size_t>(status.st_size);
    void* const mapped = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
    ::close(file);
    if (mapped == MAP_FAILED) return;
    text_ = static_cast<const char*>(mapped);
    const char* const end = text_ + size_;
    const char* line = text_;
    for (bool head = options.header; line < end; head = false) {
      const auto* const found = static_cast<const char*>(std::memchr(line, '\n', static_cast<std::size_t>(end - line)));
      const char* const stop = found == nullptr ? end : found;
      if (!head && stop > line + 1) starts_.push_back(static_cast<std::uint64_t>(line - text_));
      line = stop + 1;
    }
    for (const char kind : options.schema) columns_.emplace_back().kind = kind;
    learn();
  }

  [[nodiscard]] std::size_t rows() const { return starts_.size(); }
  [[nodiscard]] std::size_t width() const { return width_; }

  /// Features of a row, which has been zeroed, and its label.
  void fill(std::size_t row, float* to, float& label) const {
    for_each_cell(row, [&](const Column& column, std::string_view cell) {
      if (column.kind == 'n') {
        float value = 0;
        to[column.first] = number(cell, value) ? (value - column.mean) * column.scale : column.filled;
      } else if (column.kind == 'c') {
        std::uint32_t category = is_missing(cell) ? column.usual : column.categories.find(cell);
        if (category == kUnknown && column.others) category = static_cast<std::uint32_t>(column.width - 1);
        if (category != kUnknown) to[column.first + category] = 1;
      } else if (column.kind == 'l') {
        label = static_cast<float>(column.categories.find(cell));
      } else {
        number(cell, label);
      }
    });
  }

 private:
  static bool number(std::string_view cell, float& value) {
    return !is_missing(cell) && std::from_chars(cell.data(), cell.data() + cell.size(), value).ec == std::errc();
  }

  /// Calls found(column, cell) for the columns that are read, without blanks around the cell and quotes.
  template <class Found>
  void for_each_cell(std::size_t row, Found found) const {
    const char* at = text_ + starts_[row];
    const char* const end = text_ + size_;
    for (const Column& column : columns_) {
      while (at < end && *at == ' ') ++at;
      const bool quoted = at < end && *at == '"';
      const char* stop = quoted ? ++at : at;
      while (stop < end && *stop != '\n' && *stop != (quoted ? '"' : ',')) ++stop;
      const char* last = stop;
      while (last > at && (last[-1] == ' ' || last[-1] == '\r')) --last;
      if (column.kind != '-') found(column, std::string_view(at, static_cast<std::size_t>(last - at)));
      if (quoted)
        while (stop < end && *stop != '\n' && *stop != ',') ++stop;
      at = stop < end && *stop == ',' ? stop + 1 : stop;
    }
  }

  void learn() {
    std::vector<std::vector<float>> numbers(columns_.size());
    std::vector<std::unordered_map<std::string, std::size_t>> counts(columns_.size());
    std::vector<std::size_t> missing(columns_.size());
    for (std::size_t row = 0; row < std::min(rows(), kLearnt); ++row)
      for_each_cell(row, [&](const Column& column, std::string_view cell) {
        const auto i = static_cast<std::size_t>(&column - columns_.data());
        float value = 0;
        if (column.kind == 'n' && number(cell, value)) numbers[i].push_back(value);
        if (is_missing(cell))
          ++missing[i];
        else if (column.kind == 'c' || column.kind == 'l')
          ++counts[i][std::string(cell)];
      });
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      Column& column = columns_[i];
      column.first = width_;
      if (column.kind == 'n') {
        learn_number(column, numbers[i], missing[i]);
        ++width_;
      } else if (column.kind == 'c' || column.kind == 'l') {
        learn_categories(column, counts[i]);
        if (column.kind == 'c') width_ += column.width;
      }
    }
  }

  /// The median, and the moments with it in place of what is missing.
  static void learn_number(Column& column, std::vector<float>& numbers, std::size_t missing) {
    if (numbers.empty()) return;
    const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
    std::nth_element(numbers.begin(), middle, numbers.end());
    const float median = *middle;
    const double count = static_cast<double>(numbers.size() + missing);
    double sum = static_cast<double>(missing) * static_cast<double>(median);
    for (const float value : numbers) sum += static_cast<double>(value);
    const double mean = sum / count;
    double squares = static_cast<double>(missing) * std::pow(static_cast<double>(median) - mean, 2);
    for (const float value : numbers) squares += std::pow(static_cast<double>(value) - mean, 2);
    column.mean = static_cast<float>(mean);
    column.scale = squares > 0 ? static_cast<float>(1 / std::sqrt(squares / count)) : 1;
    column.filled = (median - column.mean) * column.scale;
  }

  static void learn_categories(Column& column, const std::unordered_map<std::string, std::size_t>& counts) {
    std::vector<std::pair<std::size_t, std::string>> order;
    for (const auto& [name, count] : counts) order.emplace_back(count, name);
    std::sort(order.begin(), order.end(), std::greater<>());
    std::vector<std::string> names;
    column.others = column.kind == 'c' && order.size() > kMostCategories;
    for (std::size_t i = 0; i < order.size() && (!column.others || i + 1 < kMostCategories); ++i)
      names.push_back(order[i].second);
    column.width = names.size() + (column.others ? 1 : 0);
    column.categories.fill(names);
  }

  const char* text_ = nullptr;
  std::size_t size_ = 0;
  std::size_t width_ = 0;
  std::vector<std::uint64_t> starts_{};
  std::vector<Column> columns_{};
};

/// All rows of an epoch, each once, in an order of its own: what a loader that shuffles gives. Shared by the threads.
class Order {
 public:
  explicit Order(std::size_t rows) : rows_(rows) {
    for (std::size_t i = 0; i < rows; ++i) rows_[i] = static_cast<std::uint32_t>(i);
    shuffle();
  }

  /// The next rows; those of two epochs where one ends.
  void take(std::vector<std::uint32_t>& batch) {
    const std::lock_guard lock(mutex_);
    for (std::uint32_t& row : batch) {
      if (next_ == rows_.size()) shuffle();
      row = rows_[next_++];
    }
  }

 private:
  void shuffle() {  // Fisher and Yates
    for (std::size_t i = rows_.size(); i > 1; --i)
      std::swap(rows_[i - 1], rows_[static_cast<std::size_t>(random_.below(static_cast<int>(i)))]);
    next_ = 0;
  }

  std::mutex mutex_{};
  hand::Random random_{1};
  std::vector<std::uint32_t> rows_;
  std::size_t next_ = 0;
};

class Worker {
 public:
  Worker(const Table& table, Order& order)
      : table_(table), order_(order), rows_(kBatch), features_(kBatch * table.width()), labels_(kBatch) {}

  std::uint64_t batch() {
    std::fill(features_.begin(), features_.end(), 0.0F);
    order_.take(rows_);
    for (std::size_t i = 0; i < kBatch; ++i) table_.fill(rows_[i], features_.data() + i * table_.width(), labels_[i]);
    return kBatch;
  }

 private:
  const Table& table_;
  Order& order_;
  std::vector<std::uint32_t> rows_;
  std::vector<float> features_;
  std::vector<float> labels_;
};

}  // namespace

int main(int argc, char** argv) {
  const hand::Options options = hand::parse(argc, argv, "CSV-FILE --schema LETTERS");
  const Table table(options);
  if (table.rows() == 0 || table.width() == 0) {
    std::fprintf(stderr, "%s: no table with the columns %s\n", options.data.c_str(), options.schema.c_str());
    return 1;
  }
  Order order(table.rows());
  hand::measure("hand_table", options,
                [&](int) { return [worker = std::make_unique<Worker>(table, order)]() { return worker->batch(); }; });
  return 0;
}
