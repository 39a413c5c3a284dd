// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// A table may have a hundred columns of which a graph uses five. What nobody looks at need not be read: the plan of a
// run asks the nodes behind a source which columns they look at (plan/used_columns.h), and has the source leave the
// others out. Columns keep their places, so that no node need know of it.

#include "schema/behaviour.h"

#include <memory>
#include <vector>

namespace feedline::inline schema {

/// What a Source of tables derives from besides, if it can leave columns of its row unread.
class ReadsColumns {
 public:
  virtual ~ReadsColumns() = default;
  /// The same records, in whose rows the columns that are not to be `read` (one a column of the row) have no value.
  /// What stands there in the file is not looked at, so that it cannot be wrong; the row as a whole still can. Shares
  /// all that is open with this one, and is quick to make.
  [[nodiscard]] virtual std::shared_ptr<const Source> with_columns(const std::vector<bool>& read) const = 0;
};

/// What a SampleOp with a row as its only input derives from besides, if there are columns that it never looks at.
class LooksAtColumns {
 public:
  virtual ~LooksAtColumns() = default;
  /// Marks the columns that it looks at: the others may be without a value, and what it gives is the same.
  virtual void mark_columns(std::vector<bool>& read) const = 0;
};

}  // namespace feedline::inline schema
