// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/starter.h"
#include "schema/behaviour.h"

#include <string>

namespace feedline::inline engine {

/// Which source reads what lies at this path, filled in: a folder of class folders of pictures or texts, the parent of
/// train/ and val/, a file of an IDX pair or a folder of such (pictures and labels are found by their names, and those
/// for testing beside those for training), a table, an archive, NumPy arrays, CIFAR files, a text of lines. Looks at
/// names only, and at the first lines of a text without an ending that tells, so counts stay 0. The error says why
/// nothing reads it, and what to choose instead.
[[nodiscard]] Result<StarterData> data_at(const std::string& path);

/// Has the data of a table predict this column, before they are looked into. Error: they are no table.
[[nodiscard]] Status predict_column(StarterData& data, const std::string& label,
                                    const Registry& registry = Registry::instance());

/// Opens the sources and some records: fills in how many there are, the classes, the size of a typical picture, and
/// what names could not tell: which part of an archive, what arrays hold, which column is the label or names pictures,
/// and which columns tell nothing.
/// May take long: not on the GUI thread. Errors: what the sources say; stopped.
[[nodiscard]] Result<StarterData> look_into(StarterData data, const SourceContext& context,
                                            const Registry& registry = Registry::instance());

}  // namespace feedline::inline engine
