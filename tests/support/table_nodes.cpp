// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/table_nodes.h"

#include "support/fixtures.h"

#include <QFile>
#include <QStringList>

#include <charconv>
#include <limits>

namespace feedline::test {
namespace {

std::optional<double> number_in(const std::string& cell) {
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error != std::errc{} || end != cell.data() + cell.size()) return std::nullopt;
  return value;
}

std::vector<const TensorDesc*> inputs_of(const NodeSpec& spec, const TableRows& table) {
  std::vector<const TensorDesc*> in = {&table.desc};
  if (spec.inputs.size() > 1) in.push_back(&table.label_desc);
  return in;
}

std::vector<const Datum*> values_of(std::size_t inputs, const TableRows& table, std::size_t row) {
  std::vector<const Datum*> values = {&table.rows[row]};
  if (inputs > 1) values.push_back(&table.labels.at(row));
  return values;
}

TableRows table_of(const std::vector<std::string>& names, const std::vector<std::vector<std::string>>& cells,
                   const std::string& missing) {
  TableRows table;
  std::vector<Column> columns;
  for (std::size_t i = 0; i < names.size(); ++i) {
    Column column{.name = names[i], .dtype = DType::F64};
    for (const auto& row : cells) {
      if (row.at(i) == missing)
        column.missing = true;
      else if (!number_in(row[i]))
        column.type = ColumnType::Text;
    }
    columns.push_back(std::move(column));
  }
  for (const auto& row : cells) {
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < columns.size(); ++i)
      if (columns[i].type == ColumnType::Text && row[i] != missing) bytes += row[i].size();
    RowWriter writer(table.rows.emplace_back(), columns.size(), bytes);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].type == ColumnType::Number)
        writer.number(i, row[i] == missing ? std::numeric_limits<double>::quiet_NaN() : *number_in(row[i]));
      else if (row[i] == missing)
        writer.missing_text(i);
      else
        writer.text(i, row[i]);
    }
  }
  table.desc = {.kind = Kind::Row, .dtype = DType::U8, .shape = {Dim::symbol("bytes")}, .columns = std::move(columns)};
  return table;
}

}  // namespace

TableRows table_rows(const std::vector<std::string>& names, const std::vector<std::vector<std::string>>& cells) {
  return table_of(names, cells, "?");
}

TableRows read_table(const QString& path, int skipped_lines, int most, bool keep_missing) {
  if (!QFile::exists(path)) return {};
  std::vector<std::vector<std::string>> cells;
  std::vector<std::string> names;
  for (const QByteArray& line : read_file(path).split('\n')) {
    if (skipped_lines-- > 0 || line.trimmed().isEmpty()) continue;
    if (static_cast<int>(cells.size()) == most) break;
    std::vector<std::string>& row = cells.emplace_back();
    for (const QByteArray& cell : line.split(',')) row.push_back(cell.trimmed().toStdString());
    if (cells.size() == 1)
      for (std::size_t i = 0; i < row.size(); ++i) names.push_back("c" + std::to_string(i));
  }
  return table_of(names, cells, keep_missing ? std::string("no such cell") : std::string("?"));
}

TableNode bind_table_node(const std::string& type, const ParamMap& params, const TableRows& table,
                          std::size_t together) {
  const NodeSpec& spec = *Registry::instance().find(type);
  const std::vector<const TensorDesc*> in = inputs_of(spec, table);
  const ParamMap complete = spec.complete(params);
  TableNode node;
  const auto refuse = [&](const Error& error) {
    node.error = error;
    return node;
  };
  auto out = spec.infer(complete, in);
  if (!out) return refuse(out.error());
  const auto all = spec.fitter ? spec.fitter(complete, in) : nullptr;
  if (all == nullptr) {
    auto op = spec.sample_op(complete, in);
    if (!op) return refuse(op.error());
    node.out = std::move(out->front());
    node.op = std::move(*op);
    return node;
  }
  const auto one = spec.fitter(complete, in);
  for (std::size_t row = 0; row < table.rows.size(); row += together) {
    if (!one->reset()) qFatal("its fitter cannot forget");
    for (std::size_t i = row; i < std::min(row + together, table.rows.size()); ++i)
      if (Status added = one->add(values_of(in.size(), table, i)); !added) return refuse(added.error());
    if (Status merged = all->merge(*one); !merged) return refuse(merged.error());
  }
  auto state = all->finish();
  if (!state) return refuse(state.error());
  if (spec.learnt) out = spec.learnt(complete, in, *state);
  if (!out) return refuse(out.error());
  auto op = spec.fitted_op(complete, in, *state);
  if (!op) return refuse(op.error());
  node.out = std::move(out->front());
  node.state = std::move(*state);
  node.op = std::move(*op);
  return node;
}

Status run_table_node(const TableNode& node, const TableRows& table, std::size_t row, Datum& out, bool training) {
  const std::vector<const Datum*> in = values_of(table.labels.empty() ? 1 : 2, table, row);
  const std::vector<Datum*> to = {&out};
  OpContext context{.rng = Rng(1, 1, row, 1), .training = training, .record = row};
  return node.op->run(in, to, context);
}

TableRows through(const TableNode& node, const TableRows& table, bool training) {
  if (node.op == nullptr) qFatal("%s", node.error.line().c_str());
  TableRows made{.desc = node.out};
  for (std::size_t row = 0; row < table.rows.size(); ++row)
    if (const Status done = run_table_node(node, table, row, made.rows.emplace_back(), training); !done)
      qFatal("%s", done.error().line().c_str());
  return made;
}

double number_at(const TableRows& table, std::size_t row, std::size_t column) {
  const Datum& value = table.rows.at(row);
  if (table.desc.kind == Kind::Features) return static_cast<double>(value.as<float>()[column]);
  return RowView(value, table.desc.columns.size()).number(column);
}

std::optional<std::string> text_at(const TableRows& table, std::size_t row, std::size_t column) {
  const auto text = RowView(table.rows.at(row), table.desc.columns.size()).text(column);
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

QString column_names(const TensorDesc& desc) {
  QStringList names;
  for (const Column& column : desc.columns) names << QString::fromStdString(column.name);
  return names.join(QStringLiteral(", "));
}

ValueList text_list(std::initializer_list<const char*> items) {
  ValueList list;
  for (const char* item : items) list.emplace_back(std::string(item));
  return list;
}

TableRows people_rows() {
  return table_rows({"age", "town", "income", "job"}, {{"20", "Ulm", "100", "cook"},
                                                       {"?", "Bonn", "200", "?"},
                                                       {"40", "Ulm", "400", "cook"},
                                                       {"30", "Aachen", "300", "tailor"}});
}

TableRows mixed_rows(int count) {
  std::vector<std::vector<std::string>> cells;
  Rng rng(5, 1, 0, 1);
  for (int i = 0; i < count; ++i) {
    const auto cell = [&](std::string value) { return rng.chance(0.1) ? std::string("?") : std::move(value); };
    cells.push_back({cell(std::to_string(rng.normal() * 10)), cell("town " + std::to_string(rng.below(30))),
                     cell(std::to_string(rng.below(7))), cell("job " + std::to_string(rng.below(4)))});
  }
  TableRows table = table_rows({"x", "town", "level", "job"}, cells);
  for (int i = 0; i < count; ++i) table.labels.emplace_back().set_label(i % 2);
  return table;
}

Error table_refusal(const std::string& type, const ParamMap& params, const TableRows& table) {
  const TableNode node = bind_table_node(type, params, table);
  return node.op == nullptr ? node.error : Error{};
}

QString row_cells(const TableRows& table, std::size_t row) {
  QStringList all;
  for (std::size_t i = 0; i < table.desc.columns.size(); ++i) {
    if (table.desc.columns[i].type == ColumnType::Text)
      all << QString::fromStdString(text_at(table, row, i).value_or("-"));
    else
      all << (std::isnan(number_at(table, row, i)) ? QStringLiteral("-") : QString::number(number_at(table, row, i)));
  }
  return all.join(QStringLiteral(" | "));
}

Error row_error(const TableNode& node, const TableRows& table, std::size_t row) {
  Datum out;
  const Status done = run_table_node(node, table, row, out);
  return done ? Error{} : done.error();
}

}  // namespace feedline::test
