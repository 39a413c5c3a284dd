// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// One page about a trained model (Mitchell et al., "Model cards for model reporting", 2019), of what is known of it:
// nothing in it is written by hand.

#include "exporting/exported_model.h"

#include <filesystem>
#include <string>
#include <vector>

namespace feedline::inline exporting {

/// A part of the page: a heading, then sentences, then a table.
struct CardPart {
  std::string heading{};
  std::vector<std::string> sentences{};
  std::vector<std::string> head{};  ///< of the table; empty: there is none
  std::vector<std::vector<std::string>> rows{};
};

/// What the model is, its figures, data, preprocessing, training, cost, the machine on which it was trained and the
/// checkpoint's digest. `checkpoint`: its file; empty: the digest is left out.
/// Errors: the file cannot be read.
[[nodiscard]] Result<std::vector<CardPart>> card_parts(const ExportedModel& model, const TrainingState& state,
                                                       const std::filesystem::path& checkpoint);
[[nodiscard]] std::string card_markdown(const std::string& title, const std::vector<CardPart>& parts);
/// A page that needs nothing but itself. All that comes from the model is escaped.
[[nodiscard]] std::string card_html(const std::string& title, const std::vector<CardPart>& parts);

/// HTML where the file's name ends in .html or .htm, else Markdown. Errors: those of card_parts(); cannot be written.
Status write_model_card(const ExportedModel& model, const TrainingState& state, const std::filesystem::path& checkpoint,
                        const std::filesystem::path& file);

}  // namespace feedline::inline exporting
