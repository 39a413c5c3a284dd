// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

struct Cache {
  struct Params : CacheSettings {};

  static NodeSpec spec() {
    return node<Cache>("cache", 1, "Keep in memory", "Keeps what passes, so that it is prepared only once.")
        .help(
            "During the first epoch every value that passes is kept. From the second epoch on it comes from here: "
            "nothing upstream runs again for that record, not even its file is read. Put it behind the expensive steps "
            "that always give the same result, such as decode or resize, and in front of everything random: behind a "
            "random node every epoch would see the same draw, so that is refused.\n\n"
            "Decoded photos are large (12 megapixels take 36 MB): a resize in front of the cache makes more of them "
            "fit. A decode in front of a cache always reads whole pictures. Values go to memory first, then to a file "
            "in the cache folder, which is read back through the system's page cache and vanishes with the run. "
            "Nothing is ever thrown out; where there is no more room, the other records are prepared anew each epoch. "
            "Where several processes train together, those of one machine keep one cache, with one limit for all.")
        .in("sample", Kind::Any, "What to keep: a picture, tokens, features or the bytes of a file.")
        .out("sample", Kind::Any, "The same value.")
        .param("ram_megabytes", &Params::ram_megabytes, range(0, 67'108'864).ui(0, 65'536).unit("MiB"),
               "Kept in memory up to this; 0: half of what is free when the run starts.")
        .param("disk", &Params::disk, "What does not fit into memory goes to a file in the cache folder.")
        .param("disk_megabytes", &Params::disk_megabytes, range(0, 1'073'741'824).ui(0, 1'048'576).unit("MiB"),
               "The size of that file at most; 0: while a tenth of the disk stays free.")
        .param("fill_first", &Params::fill_first,
               "Every record is prepared up to here and kept before training begins. Off: they are kept as they pass, "
               "so that the first epoch trains at once.")
        .example({{"ram_megabytes", std::int64_t{64}}}, {.mean = 146.44, .stddev = 71.16, .tolerance = 0.01});
  }

  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) { return in; }

  /// What the engine does beyond this, for any node with CacheSettings: engine/cache_route.h.
  static Status run(const Params&, const Datum& in, Datum& out, OpContext&) {
    out.view(in);
    return {};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Cache)
