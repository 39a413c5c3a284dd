// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"
#include "graph/edit.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline graph {

/// An embedded example by its file name, "idx.feedline".
[[nodiscard]] Result<Document> example_document(std::string_view name);

/// What the records of a data set are.
enum class StarterForm {
  Pictures,
  Rows,      ///< of a table
  RowTexts,  ///< of a table in which one column holds the texts that tell
  Texts,
  Tokens,
  Features
};

/// Share of the records that is set aside where there are none for validation, by the trainer's usual split and seed.
inline constexpr double kSetAside = 0.2;

/// A data set, as far as it must be known to build a graph that learns from it.
struct StarterData {
  std::string name{};  ///< for the graph's title: "flowers"
  std::string type{};  ///< of the source node that reads it
  ParamMap training{};
  std::optional<ParamMap> validation{};  ///< of a second source; none: a fifth of the training records is set aside
  std::uint64_t records = 0;             ///< of the training source
  std::uint64_t validation_records = 0;  ///< of the validation source
  std::int64_t classes = 0;
  bool encoded = true;      ///< the source gives files that have to be decoded
  std::int64_t height = 0;  ///< px, of a typical picture; 0: not known
  std::int64_t width = 0;
  StarterForm form = StarterForm::Pictures;
  bool number = false;                       ///< what is predicted is a plain number, not a class
  double label_mean = 0;                     ///< of that number where it trains, about
  double label_deviation = 1;                ///< the same; above 0
  std::int64_t columns = 0;                  ///< of rows, without the label
  std::string text_column{};                 ///< of RowTexts
  std::string label{};                       ///< of a table: the column that is predicted
  std::vector<std::string> label_choices{};  ///< of a table: its columns, unless there are too many to choose from
};

/// A whole graph that learns from the data: sources, augmentation or the usual preparation of tables and texts, a small
/// network that fits them, loss, optimiser, trainer. Its source is called `source`, that of validation `validation`.
/// Errors: data that nothing learns from (fewer than two classes, no records).
[[nodiscard]] Result<Document> starter_graph(const StarterData& data);

/// The one edit that makes the starter graph of a document that holds at most sources.
[[nodiscard]] Result<Edit> build_starter(const Document& document, const StarterData& data);

/// "5 classes, 440 pictures" or "'income' (2 classes) from 32561 rows of 14 columns", and those for validation, if they
/// are set.
[[nodiscard]] std::string size_text(const StarterData& data);

}  // namespace feedline::inline graph
