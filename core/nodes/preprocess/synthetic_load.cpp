// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/load_maker.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

struct SyntheticLoad {
  struct Params {
    double cpu_ms = 1;
    double wait_ms = 0;
    double read_kilobytes = 0;
    double spread = 0;
    bool sequential = false;
  };

  static NodeSpec spec() {
    return node<SyntheticLoad>("synthetic_load", 1, "Synthetic load", "Takes a given amount of time for each record.")
        .help(
            "For learning and for testing: put it where a slow node would be, and see how queues, verdict and fixes "
            "respond. A record costs CPU time (computing), waiting time (a network, a lock: the core is "
            "free meanwhile) or bytes read from the disk, or all three. Any bottleneck can be built from a few of "
            "these, and since you know the true cause, you can check the verdict against it.\n\n"
            "The value itself does not change, and the costs of a record follow from its place in the epoch and the "
            "seed, so two runs cost the same.")
        .in("sample", Kind::Any, "What to pass on.")
        .out("sample", Kind::Any, "The same value.")
        .param("cpu_ms", &Params::cpu_ms, range(0, 60'000).ui(0, 20).unit("ms"), "CPU time per record.")
        .param("wait_ms", &Params::wait_ms, range(0, 60'000).ui(0, 20).unit("ms"),
               "Waiting time per record: the worker is idle and its core is free.")
        .param("read_kilobytes", &Params::read_kilobytes, range(0, 65'536).ui(0, 4096).unit("KiB"),
               "Read from the disk for each record, from a file that is made in the cache folder when the run starts.")
        .param("spread", &Params::spread, range(0, 10).ui(0, 2),
               "Standard deviation of the costs as a share of their mean (log-normal); 0: every record costs the same.")
        .param("sequential", &Params::sequential,
               "Only one worker at a time works in this node, however many there are.")
        .example({{"cpu_ms", 0.1}, {"wait_ms", 0.1}, {"read_kilobytes", 4.0}},
                 {.mean = 146.44, .stddev = 71.16, .tolerance = 0.01});
  }

  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) { return in; }

  class Op final : public SampleOp {
   public:
    Op(const Params& params, std::shared_ptr<const LoadMaker> maker) : params_(params), maker_(std::move(maker)) {}

    Status run(std::span<const Datum* const> in, std::span<Datum* const> out, OpContext& context) const override {
      const double factor = load_factor(params_.spread, context.rng);
      out[0]->view(*in[0]);
      if (params_.read_kilobytes > 0)
        if (Status read = maker_->read(params_.read_kilobytes * factor, context.rng); !read) return read;
      wait_for(from_seconds(params_.wait_ms * factor * 1e-3));
      compute_for(from_seconds(params_.cpu_ms * factor * 1e-3));
      return {};
    }
    [[nodiscard]] bool sequential() const override { return params_.sequential; }

   private:
    Params params_;
    std::shared_ptr<const LoadMaker> maker_;  ///< null where nothing is read
  };

  static Result<std::unique_ptr<SampleOp>> make(const Params& params, DescInputs) {
    std::shared_ptr<const LoadMaker> maker;
    if (params.read_kilobytes > 0) {
      auto opened = LoadMaker::open();
      if (!opened) return fail(std::move(opened.error()).at_parameter("read_kilobytes"));
      maker = std::move(*opened);
    }
    return std::make_unique<Op>(params, std::move(maker));
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(SyntheticLoad)
