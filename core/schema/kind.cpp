// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/kind.h"

#include <algorithm>

namespace feedline::inline schema {

const KindTable& KindTable::instance() {
  static const KindTable table = [] {
    KindTable all;
    register_all_kinds(all);
    return all;
  }();
  return table;
}

void KindTable::add(Kind kind) {
  const auto behind = std::find_if(kinds_.begin(), kinds_.end(), [&](Kind other) {
    return other->order != kind->order ? other->order > kind->order : other->name > kind->name;
  });
  kinds_.insert(behind, kind);
}

std::optional<Kind> kind_named(std::string_view wanted) {
  for (const Kind kind : KindTable::instance().all())
    if (kind->name == wanted) return kind;
  return std::nullopt;
}

}  // namespace feedline::inline schema
