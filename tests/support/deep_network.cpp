// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/deep_network.h"

#include "graph/edit.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

namespace feedline::test {
namespace {

void must(Document& document, const Edit& edit) {
  if (const auto done = document.apply(edit); !done) std::abort();
}

void add(Document& document, const std::string& id, const char* type, double x, double y, ParamMap params = {}) {
  must(document, {AddNode{{.id = id, .type = type, .params = std::move(params), .position = {x, y}}}});
}

void wire(Document& document, PortRef from, PortRef to) { must(document, {AddLink{{std::move(from), std::move(to)}}}); }

}  // namespace

Document deep_network(std::size_t nodes) {
  Document document;
  add(document, "source", "generated_pictures", 0, -400);
  add(document, "decode", "decode", 260, -400);
  add(document, "resize", "resize", 520, -400, {{"width", std::int64_t{32}}, {"height", std::int64_t{32}}});
  add(document, "normalise", "normalise", 780, -400);
  add(document, "batch", "batch", 1040, -400);
  add(document, "pool", "global_average_pool", 1300, -400);
  add(document, "linear", "linear", 1560, -400);
  add(document, "loss", "cross_entropy", 1820, -400);
  add(document, "optimizer", "adam", 2080, -400);
  add(document, "trainer", "trainer", 2340, -400);
  wire(document, {"source", "file"}, {"decode", "file"});
  wire(document, {"decode", "image"}, {"resize", "image"});
  wire(document, {"resize", "image"}, {"normalise", "image"});
  wire(document, {"normalise", "image"}, {"batch", "image"});
  wire(document, {"source", "label"}, {"batch", "label"});
  static const char* const types[] = {"conv2d", "batch_norm", "relu"};
  PortRef last{"batch", "image"};
  for (std::size_t i = 0; i + 10 < nodes; ++i) {
    const std::string id = "layer" + std::to_string(i);
    ParamMap params;
    if (i % 3 == 0) params = {{"filters", std::int64_t{16}}, {"bias", false}};
    add(document, id, types[i % 3], 260.0 * static_cast<double>(i % 25), 240.0 * static_cast<double>(i / 25),
        std::move(params));
    wire(document, last, {id, "x"});
    last = {id, "y"};
  }
  wire(document, last, {"pool", "x"});
  wire(document, {"pool", "y"}, {"linear", "x"});
  wire(document, {"linear", "y"}, {"loss", "prediction"});
  wire(document, {"batch", "label"}, {"loss", "target"});
  wire(document, {"loss", "loss"}, {"trainer", "loss"});
  wire(document, {"optimizer", "optimizer"}, {"trainer", "optimizer"});
  return document;
}

}  // namespace feedline::test
