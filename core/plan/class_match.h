// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/behaviour.h"

#include <memory>
#include <string>
#include <vector>

namespace feedline::inline plan {

/// A validation source whose labels are counted as the training source counts them: classes are matched by name, names
/// equal up to Unicode normalisation being equal. Classes that validation lacks are fine: the training source's names
/// stay. Sources of the same classes in the same order, or without names, are given back as they are.
/// Errors: the classes (with records) that training does not have, by name.
[[nodiscard]] Result<std::shared_ptr<const Source>> match_classes(std::shared_ptr<const Source> validation,
                                                                  const Source& training);

}  // namespace feedline::inline plan
