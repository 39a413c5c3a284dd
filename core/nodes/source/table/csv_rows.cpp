// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/table/csv_rows.h"

#include <algorithm>
#include <bit>
#include <span>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace feedline::inline nodes {
namespace {

constexpr std::size_t kLeastWindow = std::size_t{4} << 10;
constexpr std::size_t kWindow = std::size_t{64} << 10;
constexpr std::size_t kKeptWindow = std::size_t{1} << 20;  // larger ones are given back

const char* find_sign(const char* at, const char* end, char sign) {
  return static_cast<const char*>(std::memchr(at, sign, static_cast<std::size_t>(end - at)));
}

/// Calls found(at) for each `sign` in [at, end), in order; found says whether to go on. Cells are short: a call of
/// memchr for each of them costs more than looking at 16 characters.
template <class Found>
void for_each_sign(const char* at, const char* end, char sign, const Found& found) {
#if defined(__SSE2__)
  const __m128i wanted = _mm_set1_epi8(sign);
  for (; end - at >= 16; at += 16) {
    const __m128i here = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    auto bits = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(here, wanted)));
    for (; bits != 0; bits &= bits - 1)
      if (!found(at + std::countr_zero(bits))) return;
  }
#endif
  for (; at < end; ++at)
    if (*at == sign && !found(at)) return;
}

/// The signs that cut() meets up to the end of a line, and whether all of it is ASCII.
struct PlainLine {
  const char* stop = nullptr;  ///< its line end, or the end; null: it has a quote sign
  std::size_t cells = 0;       ///< more than there is room for: many
  bool ascii = true;
};

/// Finds that, and writes where each cell begins, the first one aside, counted from the line's beginning.
class LineScan {
 public:
  LineScan(const char* begin, const char* end, const CsvDialect& dialect, std::span<std::uint32_t> begins)
      : begin_(begin), end_(end), at_(begin), dialect_(dialect), begins_(begins) {}

  PlainLine run() {
#if defined(__SSE2__)
    if (blocks<4>() || blocks<1>()) return line_;
#endif
    for (; at_ < end_ && *at_ != dialect_.line_end; ++at_) {
      if (*at_ == dialect_.quote) return line_;
      if (*at_ == dialect_.separator && !separator_at(at_)) return line_;
      line_.ascii = line_.ascii && static_cast<unsigned char>(*at_) < 0x80;
    }
    line_.stop = at_;
    return line_;
  }

 private:
  /// False: there is no room for one more cell.
  bool separator_at(const char* sign) {
    if (line_.cells == begins_.size()) {
      ++line_.cells;
      line_.stop = sign;
      return false;
    }
    begins_[line_.cells++] = static_cast<std::uint32_t>(sign + 1 - begin_);
    return true;
  }

#if defined(__SSE2__)
  /// A bit a byte of Parts times 16 from at_ on: for which `ask` sets the highest bit.
  template <std::size_t Parts, class Ask>
  [[nodiscard]] std::uint64_t bits(const Ask& ask) const {
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < Parts; ++i) {
      const __m128i part = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at_ + 16 * i));
      all |= std::uint64_t{static_cast<std::uint32_t>(_mm_movemask_epi8(ask(part)))} << (16 * i);
    }
    return all;
  }

  /// Of the whole block: what follows the line may make it false, which costs no more than a closer look.
  template <std::size_t Parts>
  [[nodiscard]] bool all_ascii() const {
    __m128i any = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at_));
    for (std::size_t i = 1; i < Parts; ++i)
      any = _mm_or_si128(any, _mm_loadu_si128(reinterpret_cast<const __m128i*>(at_ + 16 * i)));
    return _mm_movemask_epi8(any) == 0;
  }

  /// As far as there are whole blocks. A row of a table has one or two of 64 bytes, so that there is little for the
  /// processor to guess wrong. True: all is told.
  template <std::size_t Parts>
  bool blocks() {
    constexpr std::ptrdiff_t kBytes = 16 * Parts;
    const __m128i separator = _mm_set1_epi8(dialect_.separator);
    const __m128i quote = _mm_set1_epi8(dialect_.quote);
    const __m128i line_end = _mm_set1_epi8(dialect_.line_end);
    for (; end_ - at_ >= kBytes; at_ += kBytes) {
      auto found = bits<Parts>([&](const __m128i& part) { return _mm_cmpeq_epi8(part, separator); });
      const auto ends = bits<Parts>([&](const __m128i& part) {
        return _mm_or_si128(_mm_cmpeq_epi8(part, line_end), _mm_cmpeq_epi8(part, quote));
      });
      if (ends != 0) {
        const std::uint64_t in_line = (ends & (~ends + 1)) - 1;
        found &= in_line;
      }
      for (; found != 0; found &= found - 1)
        if (!separator_at(at_ + std::countr_zero(found))) return true;
      line_.ascii = line_.ascii && all_ascii<Parts>();
      if (ends == 0) continue;
      at_ += std::countr_zero(ends);
      if (*at_ == dialect_.line_end) line_.stop = at_;
      return true;
    }
    return false;
  }
#endif

  const char* begin_;
  const char* end_;
  const char* at_;
  const CsvDialect& dialect_;
  std::span<std::uint32_t> begins_;
  PlainLine line_{.cells = 1};
};

/// The sign that closes a quoted text, `at` being inside; null: none. Says whether there are signs to take out.
const char* closing_quote(const char* at, const char* end, const CsvDialect& dialect, bool& marked) {
  const char* quote = nullptr;  // the next one, or the end: looked for again only when it is passed
  while (at < end) {
    if (quote == nullptr || quote < at) quote = find_sign(at, end, dialect.quote);
    if (quote == nullptr) quote = end;
    if (dialect.escape != '\0') {
      if (const char* escape = find_sign(at, quote, dialect.escape); escape != nullptr) {
        if (escape + 1 == end) return nullptr;
        marked = true;
        at = escape + 2;
        continue;
      }
    }
    if (quote == end) return nullptr;
    if (quote + 1 == end || quote[1] != dialect.quote) return quote;
    marked = true;
    at = quote + 2;
  }
  return nullptr;
}

bool has_quote(const char* at, const char* end, const CsvDialect& dialect) {
  return dialect.quote != '\0' && find_sign(at, end, dialect.quote) != nullptr;
}

/// row_end() of a row whose first line has a quote sign, or begins within quotes.
const char* quoted_row_end(const char* at, const char* end, const CsvDialect& dialect, bool& open) {
  bool ignored = false;
  for (;;) {
    if (!open) {
      while (at < end && dialect.is_blank(*at)) ++at;
      if (at < end && *at == dialect.quote) {
        ++at;
        open = true;
      }
    }
    if (open) {
      at = closing_quote(at, end, dialect, ignored);
      if (at == nullptr) return nullptr;
      ++at;
      open = false;
    }
    while (at < end && *at != dialect.separator && *at != dialect.line_end) ++at;
    if (at == end) return nullptr;
    if (*at == dialect.line_end) return at + 1;
    ++at;
  }
}

}  // namespace

const char* row_end(const char* at, const char* end, const CsvDialect& dialect, bool& open) {
  if (!open) {
    const char* line = find_sign(at, end, dialect.line_end);
    if (!has_quote(at, line == nullptr ? end : line, dialect)) return line == nullptr ? nullptr : line + 1;
  }
  return quoted_row_end(at, end, dialect, open);
}

bool is_no_row(std::string_view line, const CsvDialect& dialect) {
  if (line.empty()) return true;
  const char first = line.front();
  if (dialect.comment != '\0' && first == dialect.comment) return true;
  if (first != '\r' && !dialect.is_blank(first)) return false;
  return std::all_of(line.begin(), line.end(), [&](char c) { return c == '\r' || dialect.is_blank(c); });
}

bool RowSplitter::add_plain(const char* begin, const char* end, const CsvDialect& dialect) {
  while (begin < end && dialect.is_blank(*begin)) ++begin;
  if (begin < end && *begin == dialect.quote) return false;
  add_trimmed(begin, end, dialect);
  return true;
}

/// `at` is behind the opening quote. Returns the separator behind the cell, or the end.
const char* RowSplitter::add_quoted(const char* at, const char* end, const CsvDialect& dialect, Fault& fault) {
  bool marked = false;
  const char* close = closing_quote(at, end, dialect, marked);
  const char* stop = close == nullptr ? end : close;
  if (marked) {  // there is room for all of the row: cells that show this memory stay where they are
    const std::size_t begin = taken_out_.size();
    for (const char* from = at; from < stop; ++from) {
      const bool sign = *from == dialect.quote || (dialect.escape != '\0' && *from == dialect.escape);
      if (sign && from + 1 < stop) ++from;
      taken_out_ += *from;
    }
    cells_.push_back({.data = taken_out_.data() + begin,
                      .size = static_cast<std::uint32_t>(taken_out_.size() - begin),
                      .quoted = true});
  } else {
    cells_.push_back({.data = at, .size = static_cast<std::uint32_t>(stop - at), .quoted = true});
  }
  if (close == nullptr) {
    fault = Fault::OpenQuote;
    return end;
  }
  for (++close; close < end && *close != dialect.separator; ++close)
    if (!dialect.is_blank(*close)) fault = Fault::StrayQuote;
  return close;
}

void RowSplitter::add_trimmed(const char* begin, const char* end, const CsvDialect& dialect) {
  while (begin < end && dialect.is_blank(*begin)) ++begin;
  while (end > begin && dialect.is_blank(end[-1])) --end;
  cells_.push_back({.data = begin, .size = static_cast<std::uint32_t>(end - begin)});
}

RowSplitter::Fault RowSplitter::split_plain(std::string_view row, const CsvDialect& dialect, std::size_t most) {
  const char* begin = row.data();
  const char* const end = begin + row.size();
  bool many = most == 0;
  for_each_sign(begin, end, dialect.separator, [&](const char* stop) {
    many = cells_.size() == most;
    if (many) return false;
    add_trimmed(begin, stop, dialect);
    begin = stop + 1;
    return true;
  });
  if (many || cells_.size() == most) return Fault::ManyCells;
  add_trimmed(begin, end, dialect);
  return Fault::None;
}

bool RowSplitter::cut(const char* begin, const char* end, const CsvDialect& dialect, std::size_t columns,
                      std::span<const std::size_t> wanted) {
  if (static_cast<std::size_t>(end - begin) > kLongestRow) end = begin + kLongestRow;
  begins_.resize(columns + 1);
  const PlainLine line = LineScan(begin, end, dialect, std::span(begins_).first(columns)).run();
  if (line.stop == nullptr || line.cells != columns) return false;
  const char* close = line.stop;
  if (static_cast<std::size_t>(close - begin) == kLongestRow) return false;  // perhaps it goes on
  const bool plain = close > begin && static_cast<unsigned char>(*begin) > ' ' && *begin != dialect.comment;
  if (!plain && is_no_row({begin, static_cast<std::size_t>(close - begin)}, dialect)) return false;
  while (close > begin && close[-1] == '\r') --close;
  begins_[columns] = static_cast<std::uint32_t>(close - begin) + 1;
  ascii_ = line.ascii;
  readable_end_ = end;
  cells_.resize(columns);
  for (const std::size_t cell : wanted) {
    const char* from = begin + begins_[cell];
    const char* to = std::max<const char*>(begin + begins_[cell + 1] - 1, from);
    while (from < to && dialect.is_blank(*from)) ++from;
    while (to > from && dialect.is_blank(to[-1])) --to;
    cells_[cell] = {.data = from, .size = static_cast<std::uint32_t>(to - from)};
  }
  return true;
}

RowSplitter::Fault RowSplitter::split(std::string_view row, const CsvDialect& dialect, std::size_t most) {
  cells_.clear();
  ascii_ = false;
  readable_end_ = nullptr;
  if (!has_quote(row.data(), row.data() + row.size(), dialect)) return split_plain(row, dialect, most);
  taken_out_.clear();
  taken_out_.reserve(row.size());
  const char* at = row.data();
  const char* const end = at + row.size();
  for (;;) {
    if (cells_.size() == most) return Fault::ManyCells;
    const char* stop = find_sign(at, end, dialect.separator);
    if (stop == nullptr) stop = end;
    if (!add_plain(at, stop, dialect)) {
      Fault fault = Fault::None;
      stop = add_quoted(find_sign(at, end, dialect.quote) + 1, end, dialect, fault);
      if (fault != Fault::None) return fault;
    }
    if (stop == end) return Fault::None;
    at = stop + 1;
  }
}

void RowCursor::seek(const TextBytes& text, const CsvDialect& dialect, std::uint64_t offset, std::size_t wanted) {
  const bool same = text.id == text_.id;
  text_ = text;
  dialect_ = dialect;
  if (text.map != nullptr) {
    window_ = text.map;
    window_begin_ = 0;
    window_size_ = static_cast<std::size_t>(text.size);
    at_ = static_cast<std::size_t>(offset);
    return;
  }
  if (same && window_ != nullptr && offset >= window_begin_ && offset < window_begin_ + window_size_) {
    at_ = static_cast<std::size_t>(offset - window_begin_);
    return;
  }
  window_ = nullptr;
  window_begin_ = offset;
  window_size_ = 0;
  at_ = 0;
  if (wanted > 0) (void)fill(offset, std::min(wanted, kWindow));  // what fails is told by next()
}

bool RowCursor::fill(std::uint64_t offset, std::size_t wanted) {
  const auto size = static_cast<std::size_t>(
      std::min<std::uint64_t>(std::max(wanted, kLeastWindow), text_.size - std::min(offset, text_.size)));
  if (memory_.size() < size || (memory_.size() > kKeptWindow && size <= kKeptWindow)) memory_ = std::vector<char>(size);
  window_ = nullptr;
  window_begin_ = offset;
  window_size_ = 0;
  at_ = 0;
  if (!read_at(text_.descriptor, std::as_writable_bytes(std::span(memory_.data(), size)), offset)) return false;
  window_ = memory_.data();
  window_size_ = size;
  return true;
}

RowCursor::Found RowCursor::next(std::string_view& row) {
  std::size_t wanted = kWindow;
  for (;;) {
    if (window_ == nullptr || (at_ == window_size_ && !whole())) {
      if (!fill(position(), wanted)) return Found::Unreadable;
    }
    if (at_ == window_size_) return Found::End;
    const char* begin = window_ + at_;
    const char* const end = window_ + window_size_;
    const char* line = find_sign(begin, end, dialect_.line_end);
    if (line != nullptr || whole()) {
      const char* stop = line == nullptr ? end : line;
      if (is_no_row({begin, static_cast<std::size_t>(stop - begin)}, dialect_)) {
        at_ = static_cast<std::size_t>((line == nullptr ? end : line + 1) - window_);
        continue;
      }
      bool open = false;
      const char* after = line == nullptr ? nullptr : line + 1;
      if (has_quote(begin, stop, dialect_)) after = quoted_row_end(begin, end, dialect_, open);
      if (after != nullptr || whole()) {
        row_begin_ = position();
        const char* close = after == nullptr ? end : after - 1;
        at_ = static_cast<std::size_t>((after == nullptr ? end : after) - window_);
        if (static_cast<std::size_t>(close - begin) > kLongestRow) return Found::TooLong;
        while (close > begin && close[-1] == '\r') --close;
        row = {begin, static_cast<std::size_t>(close - begin)};
        return open ? Found::Open : Found::Row;
      }
    }
    if (static_cast<std::size_t>(end - begin) > kLongestRow) {
      row_begin_ = position();
      return Found::TooLong;
    }
    wanted = std::max(kWindow, 2 * static_cast<std::size_t>(end - begin));
    if (!fill(position(), wanted)) return Found::Unreadable;
  }
}

std::uint64_t count_lines(std::string_view text, char line_end) {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), line_end));
}

}  // namespace feedline::inline nodes
