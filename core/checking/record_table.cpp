// SPDX-License-Identifier: GPL-3.0-or-later
#include "checking/record_table.h"

#include "base/plain_text.h"
#include "checking/picture_header.h"
#include "engine/preview_view.h"
#include "schema/row.h"
#include "schema/several_labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <exception>
#include <filesystem>
#include <string_view>
#include <utility>

namespace feedline::inline checking {
namespace {

/// Vectors of more numbers are shown as one value.
constexpr std::int64_t kMostFeatures = 64;

std::string one_line(std::string_view text) {
  if (text.size() <= RecordTable::kLongestCell) return plain_line(text);
  std::size_t end = RecordTable::kLongestCell;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return plain_line(text.substr(0, end)) + "…";
}

std::string number_words(double value) { return fmt::format("{:.10g}", value); }

double float_at(const Datum& value, std::size_t at) {
  if (value.dtype() == DType::F64) return value.as<double>()[at];
  if (value.dtype() == DType::U8) return value.as<std::uint8_t>()[at];
  if (value.dtype() == DType::I64) return static_cast<double>(value.as<std::int64_t>()[at]);
  if (value.dtype() == DType::I32) return value.as<std::int32_t>()[at];
  return static_cast<double>(value.as<float>()[at]);
}

bool has_numbers(DType type) {
  return type == DType::F32 || type == DType::F64 || type == DType::U8 || type == DType::I32 || type == DType::I64;
}

}  // namespace

RecordTable::RecordTable(std::shared_ptr<const Source> source)
    : source_(std::move(source)), values_(source_->outputs().size()) {
  using What = Filler::What;
  const std::vector<TensorDesc>& outputs = source_->outputs();
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].kind != Kind::Label) continue;
    if (has_several_labels(outputs[i])) {
      add({.name = "label", .type = "labels", .label = true}, {.what = What::Words, .output = i});
      continue;
    }
    const bool number = outputs[i].classes.known() && outputs[i].classes.size() == 0;
    add({.name = "label", .type = number ? "number" : "class", .number = number, .label = true},
        {.what = number ? What::Label : What::Class, .output = i});
  }
  const auto of_pictures = [](const TensorDesc& desc) { return desc.kind == Kind::Encoded; };
  if (std::any_of(outputs.begin(), outputs.end(), of_pictures))
    add({.name = "file", .type = "name"}, {.what = What::File});
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const TensorDesc& output = outputs[i];
    const bool vector = output.kind == Kind::Features && output.shape.size() == 1 && output.shape[0].known() &&
                        output.shape[0].size() <= kMostFeatures && has_numbers(output.dtype);
    if (output.kind == Kind::Label) continue;
    if (output.kind == Kind::Encoded) {
      add({.name = "format", .type = "picture"}, {.what = What::Format, .output = i});
      add({.name = "bytes", .type = "number", .number = true}, {.what = What::Bytes, .output = i});
    } else if (output.kind == Kind::Row) {
      for (std::size_t at = 0; at < output.columns.size(); ++at) {
        const bool number = output.columns[at].type == ColumnType::Number;
        add({.name = escape_name(output.columns[at].name), .type = number ? "number" : "text", .number = number},
            {.what = number ? What::Number : What::Text, .output = i, .place = at});
      }
    } else if (vector) {
      for (std::int64_t at = 0; at < output.shape[0].size(); ++at) {
        const auto place = static_cast<std::size_t>(at);
        add({.name = place < output.columns.size() ? escape_name(output.columns[place].name) : std::to_string(at),
             .type = "number",
             .number = true},
            {.what = What::Feature, .output = i, .place = place});
      }
    } else {
      add({.name = std::string(name(output.kind)), .type = std::string(output.kind->title)},
          {.what = What::Words, .output = i});
    }
  }
  wanted_.assign(outputs.size(), nullptr);
  for (const Filler& filler : fillers_)
    if (filler.what != What::File) wanted_[filler.output] = &values_[filler.output];
}

void RecordTable::add(RecordColumn column, Filler filler) {
  if (columns_.size() >= kMostColumns) {
    ++left_out_;
    return;
  }
  columns_.push_back(std::move(column));
  fillers_.push_back(filler);
}

Status RecordTable::read(std::uint64_t record, std::vector<RecordCell>& cells) {
  try {
    if (Status read = source_->read(record, wanted_); !read)
      return fail(std::move(read.error()).in_file(source_->locate(record)));
    cells.resize(columns_.size());
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      cells[i].number.reset();
      cells[i].text.clear();
      fill(fillers_[i], record, cells[i]);
    }
    return {};
  } catch (const std::exception& error) {
    return fail_record(std::string("it cannot be read: ") + error.what());
  }
}

void RecordTable::fill(const Filler& filler, std::uint64_t record, RecordCell& cell) const {
  using What = Filler::What;
  const Datum& value = values_[filler.output];
  const TensorDesc& desc = source_->outputs()[filler.output];
  const auto number = [&](double held) {
    if (std::isnan(held)) return;
    cell.number = held;
    cell.text = number_words(held);
  };
  switch (filler.what) {
    case What::Class: {
      const std::int64_t label = value.label();
      const auto at = static_cast<std::size_t>(label);
      cell.text = label >= 0 && at < desc.class_names.size() ? desc.class_names[at] : std::to_string(label);
      return;
    }
    case What::Label:
      return number(value.bytes() == 0 ? std::nan("") : float_at(value, 0));
    case What::File:
      cell.text = std::filesystem::path(source_->locate(record)).filename().string();
      return;
    case What::Format:
      cell.text = picture_header(value.span()).text();
      return;
    case What::Bytes:
      return number(static_cast<double>(value.bytes()));
    case What::Number:
      if (RowView::fits(value, desc.columns.size())) number(RowView(value, desc.columns.size()).number(filler.place));
      return;
    case What::Text:
      if (RowView::fits(value, desc.columns.size()))
        if (const auto text = RowView(value, desc.columns.size()).text(filler.place)) cell.text = one_line(*text);
      return;
    case What::Feature:
      if (value.bytes() / size_of(value.dtype()) > filler.place) number(float_at(value, filler.place));
      return;
    case What::Words:
      break;
  }
  if (desc.kind == Kind::Text) {
    cell.text = one_line({reinterpret_cast<const char*>(value.data()), value.bytes()});
    return;
  }
  if (desc.kind == Kind::Image || value.dims().size() > 1) {
    cell.text = value.text();
    return;
  }
  PreviewValue shown{.desc = desc};
  shown.desc.dtype = value.dtype();
  shown.desc.shape.assign(value.dims().begin(), value.dims().end());
  shown.data.assign(value.span().begin(), value.span().end());
  cell.text = one_line(words_of(shown, kLongestCell));
}

}  // namespace feedline::inline checking
