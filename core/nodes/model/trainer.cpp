// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/device_name.h"
#include "schema/node_builder.h"

namespace feedline {
namespace {

struct Trainer {
  struct Params : TrainerSettings {};

  static NodeSpec spec() {
    return node<Trainer>("trainer", 1, "Trainer", "Runs the graph: streams batches, lowers the loss, validates.")
        .help(
            "Every graph that runs has one. Each epoch shows all training records once, then measures loss and "
            "accuracy on validation data: a batch connected to `validation`, or a share of the training data set "
            "aside by validation_split. On the CPU each batch is split among replicas, one a core, which learn at "
            "once and sum their gradients; the run's first line and its JSON say how many there were. Batch norm "
            "normalises over the rows of one replica. Two runs with one seed on the CPU give the same losses to the "
            "last bit, whatever the number of workers, as long as the number of replicas is the same.")
        .in("loss", Kind::Loss, "What to make small.")
        .in("optimizer", Kind::Optimizer, "How to change the weights.")
        .optional_in("validation", Kind::Batch, "Batches of other records, to see how well it generalises.")
        .param("epochs", &Params::epochs, range(1, 1000000).ui(1, 100), "How often all training records are shown.")
        .param("device", &Params::device, "auto (a GPU if there is one), cpu, cuda, or cuda:1 for the second GPU.")
        .param("validation_split", &Params::validation_split, range(0, 0.9).ui(0, 0.5),
               "Share of the records that is set aside for validation; 0 where the validation port is connected.")
        .seed("seed", &Params::seed, "Decides order, augmentation and starting weights.")
        .param("workers", &Params::workers, range(0, 1024).ui(0, 32),
               "Threads that read and prepare records; 0: as many as there are cores.")
        .param(
            "prefetch", &Params::prefetch, range(0, 1024).ui(0, 32).unit("batches"),
            "Batches prepared ahead of the step. More evens out slow records and costs memory. A trainer that waits "
            "for "
            "batches of microseconds is woken for half of these at once, so give small records 16 or more. 0: nothing "
            "overlaps; preparing a batch and learning from it take turns, as in a plain loop.")
        .param("staged", &Params::staged,
               "Every node gets workers and a queue of its own, for teaching: the same batches, only slower. Off: "
               "one worker carries records through all nodes while they are hot in its cache.")
        .param("replicas", &Params::replicas, range(0, 256).ui(0, 16),
               "Copies of the model, each learning from a part of every batch at once; their gradients are summed. "
               "0: one a core on the CPU, but at least 8 rows of the batch for each. A GPU always has one.")
        .param("intra_op_threads", &Params::intra_op_threads, range(0, 256).ui(0, 16),
               "Threads that share one operation of one replica; 0: what the replicas leave of the cores. Threads that "
               "share an operation wait for each other at its end, so replicas are the better use of cores.")
        .choice(
            "channels_last", &Params::channels_last, {"auto", "on", "off"},
            "Keeps pictures as N×H×W×C in memory. Convolutions and pools on the CPU are faster at it, up to half as "
            "fast again; auto is on there, and on a GPU with bfloat16.")
        .choice("precision", &Params::precision, {"auto", "float32", "bfloat16"},
                "bfloat16 halves the work of convolutions and products where the device has it (a CPU without it is "
                "refused), and changes results a little; auto is float32.")
        .param("max_bad_fraction", &Params::max_bad_fraction, range(0, 1).ui(0, 1),
               "Share of records that may be bad; above it the run stops and shows which.")
        .param("slow_seconds", &Params::slow_seconds, range(0.01, 86400).ui(1, 60).unit("s"),
               "A record is slow when a node takes longer than this over it, and than slow_factor medians.")
        .param("slow_factor", &Params::slow_factor, range(1, 1e6).ui(10, 1000).unit("medians"),
               "A record is slow when a node takes this many times longer than it usually does, and slow_seconds.")
        .choice("on_slow", &Params::on_slow, {"skip", "retry", "wait", "stop"},
                "What happens to a slow record: leave it out, try it once more, only name it, or end the run.")
        .example({{"epochs", std::int64_t{2}}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs) {
    if (auto device = parse_device_name(params.device); !device)
      return fail(std::move(device.error()).at_parameter("device"));
    return std::vector<TensorDesc>{};
  }
};

}  // namespace
}  // namespace feedline

FEEDLINE_NODE(Trainer)
