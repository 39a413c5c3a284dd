// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QGraphicsItem>

#include <type_traits>

namespace feedline::gui::inline canvas {

/// The item itself or the one that it is part of.
template <class Item, class Graphics>
auto item_of(Graphics* item) -> std::conditional_t<std::is_const_v<Graphics>, const Item*, Item*> {
  for (; item != nullptr; item = item->parentItem())
    if (auto* found = qgraphicsitem_cast<std::conditional_t<std::is_const_v<Graphics>, const Item*, Item*>>(item))
      return found;
  return nullptr;
}

}  // namespace feedline::gui::inline canvas
