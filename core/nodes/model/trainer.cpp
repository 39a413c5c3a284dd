// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/device_name.h"
#include "schema/metric_keys.h"
#include "schema/node_builder.h"

#include <algorithm>

namespace feedline::inline nodes {
namespace {

Status check_metric(std::string_view key) {
  const std::vector<std::string>& keys = metric_keys();
  if (std::find(keys.begin(), keys.end(), key) != keys.end()) return {};
  std::string known;
  for (const std::string& one : keys) known += (known.empty() ? "" : ", ") + one;
  return fail("is no metric; there are " + known);
}

/// What can be said of a split before there are data.
Status check_split(const LearningSettings& settings) {
  const auto wrong = [](std::string reason, std::string remedy, std::string parameter) {
    return fail(Error{.reason = std::move(reason), .remedy = std::move(remedy), .parameter = std::move(parameter)});
  };
  if (settings.split_by != "column" && settings.folds == 1)
    return wrong("one fold leaves nothing to train on", "Set it to 2 or more, or to 0 for none", "folds");
  if (settings.split_by != "column" && settings.folds > 1 && settings.fold > settings.folds)
    return wrong("there is no such fold: folds is " + std::to_string(settings.folds),
                 "Set it to 1 or more, up to folds", "fold");
  const bool by_value = settings.split_by == "group" || settings.split_by == "column";
  if (by_value && settings.split_column.empty())
    return wrong("split_by is " + settings.split_by + ", but no column is named",
                 "Name one, such as that of the person a record is of, or folder for files in folders", "split_column");
  return {};
}

/// Stages share the cores out among the parts of one network, or have a device each.
Status check_stages(const TrainerSettings& settings, const DeviceNames& devices) {
  if (!settings.stages.empty() && settings.replicas > 1)
    return fail(Error{.reason = "a network that is cut into stages has one replica",
                      .remedy = "Set replicas to 0 or 1, or clear stages",
                      .parameter = "replicas"});
  if (!settings.stages.empty() && settings.sync_batch_norm)
    return fail(Error{.reason =
                          "in a network that is cut into stages a norm measures one micro-batch at a time, and no "
                          "whole batch",
                      .remedy = "Turn it off, use group_norm or layer_norm, or clear stages",
                      .parameter = "sync_batch_norm"});
  if (Status fit = check_devices(devices, settings.stages.size() + 1); !fit)
    return fail(std::move(fit.error()).at_parameter("device"));
  return {};
}

struct Trainer {
  struct Params : TrainerSettings {};

  static NodeSpec spec() {
    return node<Trainer>("trainer", 1, "Trainer",
                         "Trains a network or fits an estimator: streams batches, learns from them, validates.")
        .help(
            "Every graph that runs has one. It trains a network by its loss and an optimiser, or fits an estimator; "
            "one "
            "of the two is wired to it. Each epoch is one pass over all training records, followed by loss "
            "and metrics on validation data: a batch connected to `validation`, or a part of the training data set "
            "aside by validation_split, split_by or folds. On the CPU each batch is split among replicas, one per "
            "core unless the network is small, which train in "
            "parallel and sum their gradients; the run's first line and its JSON say how many there were. Batch norm "
            "normalises over the rows of one replica, unless sync_batch_norm is on. Two runs with one seed on the CPU "
            "give the same losses to the "
            "last bit, whatever the number of workers, as long as the number of replicas is the same. An estimator "
            "knows itself how many passes it needs, and "
            "then they are its epochs, unless the run is asked for more; it runs on the CPU, with as many threads as "
            "intra_op_threads says, and the parameters for networks are passed over.")
        .in_unless("estimator", "loss", Kind::Loss, "The loss to minimise.")
        .in_unless("estimator", "optimizer", Kind::Optimizer, "Updates the parameters.")
        .optional_in("validation", Kind::Batch,
                     "Batches of other records, which measure how well the model generalises.")
        .optional_in("estimator", Kind::Estimator, "What learns without loss and optimiser, in place of a network.")
        .param("epochs", &Params::epochs, range(0, 1000000).ui(0, 100),
               "Passes over all training records. 0: until the run is stopped. An estimator may need fewer.")
        .param("accumulate", &Params::accumulate, range(1, 65536).ui(1, 64).unit("batches"),
               "Batches whose gradients make one step of the optimiser: as large a batch as fits into memory, so many "
               "times over. An epoch's last step may have fewer. Batch norm sees each batch by itself.")
        .only_with("loss")
        .list("freeze", &Params::freeze,
              {.longest = 256, .item_text = "pattern", .form = "the path of a layer, with * for any text"},
              "Layers that do not learn, by name: conv1, block/*. They keep the weights that they begin with, such as "
              "those of --init-from. A backbone has parameters of its own for that.")
        .only_with("loss")
        .param("freeze_statistics", &Params::freeze_statistics,
               "Batch norms among the layers of freeze use their running statistics, and keep them, in training too. "
               "Off: they go on measuring each batch.")
        .only_with("loss")
        .param("stop_early", &Params::stop_early,
               "Metric that ends the run when it no longer improves: val_loss, val_accuracy, train_loss; off: none.")
        .only_with("loss")
        .param("patience", &Params::patience, range(1, 1000000).ui(1, 50).unit("epochs"),
               "Epochs in a row without improvement after which stop_early ends the run.")
        .only_with("loss")
        .param("least_change", &Params::least_change, range(0, 1e30).ui(0, 0.1),
               "By how much stop_early's metric must be better than its best, in its own unit (0.01 of an accuracy is "
               "one per cent).")
        .only_with("loss")
        .param("restore_best", &Params::restore_best,
               "With stop_early, the run ends with the weights of the epoch whose metric was best.")
        .only_with("loss")
        .param("device", &Params::device,
               "auto (a GPU if there is one), cpu, cuda, or cuda:1 for the second GPU. Several GPUs, cuda:0,cuda:1 or "
               "cuda:all, have a replica each, which trains on a part of every batch. With stages: one a stage, in "
               "their order, such as cuda:0,cuda:1 or cpu,cuda:0; auto and cpu share the cores out among them.")
        .only_with("loss")
        .param("validation_split", &Params::validation_split, range(0, 0.9).ui(0, 0.5),
               "Share of the records that is set aside for validation; 0 where the validation port is connected.")
        .only_if("split_by", {"random", "stratified", "group"})
        .choice("split_by", &Params::split_by, {"random", "stratified", "group", "column"},
                "Which records validate. stratified: the share of each class. group: records with one value of "
                "split_column stay together, such as those of one person. column: what split_column says.")
        .param("split_column", &Params::split_column,
               "Column of the table, whether it is ignored there or not; folder for picture and text files. Of "
               "stratified, empty means the label.")
        .names(columns_of_sources())
        .only_if("split_by", {"stratified", "group", "column"})
        .list("validation_values", &Params::validation_values, {.most = 64, .unique = true, .item_text = "value"},
              "Values of split_column whose records validate, such as test.")
        .only_if("split_by", {"column"})
        .list("training_values", &Params::training_values, {.most = 64, .unique = true, .item_text = "value"},
              "Values of split_column whose records train; empty: all others. Records with neither stay out.")
        .only_if("split_by", {"column"})
        .param("folds", &Params::folds, range(0, 100).ui(0, 10),
               "Divides the records into so many parts of one size, of which one validates: k-fold cross-validation, "
               "in place of validation_split. 0: none.")
        .only_if("split_by", {"random", "stratified", "group"})
        .param("fold", &Params::fold, range(1, 100).ui(1, 10), "Which of the folds validates, from 1.")
        .list("metrics", &Params::metrics,
              {.most = 16, .longest = 64, .unique = true, .item_text = "metric", .check_item = check_metric},
              "What is measured besides the loss, the most telling first. Empty: accuracy and macro_f1 of classes, r2 "
              "of numbers, label_accuracy and label_f1 of labels. Of classes also top_3_accuracy, top_5_accuracy, "
              "top_10_accuracy, macro_precision, macro_recall, weighted_f1, micro_f1 and auc; of numbers mae and rmse; "
              "of labels micro_f1 and auc.")
        .seed("seed", &Params::seed, "Determines the order of records, augmentation and initial weights.")
        .param("workers", &Params::workers, range(0, 1024).ui(0, 32),
               "Threads that read and prepare records; 0: as many as there are cores.")
        .param(
            "prefetch", &Params::prefetch, range(0, 1024).ui(0, 32).unit("batches"),
            "Batches prepared ahead of the step. More of them even out slow records, but take memory. Where "
            "a batch takes microseconds, the trainer is woken for half of these at once, so use 16 or more for small "
            "records. 0: no overlap; preparing a batch and the training step take turns, as in a plain loop.")
        .param("staged", &Params::staged,
               "Gives each node its own workers and queue, so that every queue can be seen: the same batches, more "
               "slowly. Off: one worker takes a record through all nodes while it is in the processor's cache (fused).")
        .param(
            "replicas", &Params::replicas, range(0, 256).ui(0, 16),
            "Copies of the model for data parallelism: each trains on a part of every batch, and gradients are summed. "
            "0: one per core on the CPU, with at least 8 records of the batch for each, and no more than the network "
            "is worth: a small one learns faster on one thread. Each GPU of device has one.")
        .only_with("loss")
        .param(
            "sync_batch_norm", &Params::sync_batch_norm,
            "Batch norm measures the rows of all replicas, and of all processes, as if they were one: the statistics "
            "of the whole batch, where each has few rows of it. They meet at each norm, forward and backward, which "
            "takes time. A network of TorchScript is left as it is, and one that is cut into stages is refused.")
        .only_with("loss")
        .param("intra_op_threads", &Params::intra_op_threads, range(0, 256).ui(0, 16),
               "Threads within one operation of one replica; 0: the cores that the replicas leave. Threads that share "
               "an operation wait for each other at its end, so replicas use cores better.")
        .list("stages", &Params::stages,
              {.most = 63,
               .longest = 256,
               .unique = true,
               .item_text = "pattern",
               .form = "the path of a layer, with * for any text"},
              "Cuts the network into parts that work at the same time, each on cores or a device of its own: layers at "
              "which "
              "the next part begins, from the batch to the loss, such as linear2 or block/*. What lies behind such a "
              "layer belongs to the same part or a later one. Empty: one part.")
        .only_with("loss")
        .param("micro_batches", &Params::micro_batches, range(1, 1024).ui(1, 64),
               "With stages: parts of each batch that follow each other through the stages. More of them leave a stage "
               "idle for less of the step, but cost more calls. Batch norm normalises over one of them.")
        .only_with("loss")
        .choice("schedule", &Params::schedule, {"1f1b", "gpipe"},
                "With stages: gpipe takes all micro-batches forward and then all backward. 1f1b takes one backward "
                "as soon as it can, so that a stage keeps the activations of at most as many micro-batches as there "
                "are stages. The numbers are the same.")
        .only_with("loss")
        .list("recompute", &Params::recompute,
              {.most = 256,
               .longest = 256,
               .unique = true,
               .item_text = "pattern",
               .form = "the path of a layer or sub-graph, with * for any text"},
              "Blocks of the network that keep nothing of their forward pass but what enters them, and that backward "
              "computes once more: less memory for a third more time at most. A name of a sub-graph, such as block1, "
              "makes one block of it; * makes one of each sub-graph and of each layer beside them. The numbers are "
              "the same.")
        .only_with("loss")
        .param("shard_optimizer", &Params::shard_optimizer,
               "With several processes: each keeps what the optimiser has of its part of the weights alone, and steps "
               "that part; then all exchange the weights. Less memory (ZeRO stage 1) for more to exchange. The numbers "
               "are the same.")
        .only_with("loss")
        .choice("channels_last", &Params::channels_last, {"auto", "on", "off"},
                "Memory format N×H×W×C. Convolutions and pools on the CPU are up to 1.5 times as fast with it, and 3×3 "
                "convolutions of 32 channels or more about twice that in training; auto is on there, and on a GPU with "
                "mixed precision.")
        .only_with("loss")
        .choice(
            "precision", &Params::precision, {"auto", "float32", "bfloat16", "float16"},
            "Mixed precision: bfloat16 halves the time of convolutions and matrix products where the device "
            "supports it (a CPU without it is refused), and changes results slightly; auto is float32. float16 is for "
            "GPUs that have no bfloat16, older than Ampere: it scales the loss so that small gradients are not "
            "lost, and leaves out steps in which one overflows, most of all the first.")
        .only_with("loss")
        .param("bucket_mib", &Params::bucket_mib, range(0.01, 1024).ui(0.25, 64).unit("MiB"),
               "With several processes: gradients that are exchanged at once. Smaller buckets leave earlier, while "
               "backward still runs; larger ones cost less of the network's latency.")
        .only_with("loss")
        .choice("gradients", &Params::gradients, {"float32", "bfloat16"},
                "With several processes: the numbers in which gradients are exchanged. bfloat16 halves the bytes and "
                "keeps 8 bits of precision.")
        .only_with("loss")
        .param("max_bad_fraction", &Params::max_bad_fraction, range(0, 1).ui(0, 1),
               "Share of records that may be bad; above it the run stops and shows which.")
        .param(
            "slow_seconds", &Params::slow_seconds, range(0.01, 86400).ui(1, 60).unit("s"),
            "A record is slow when a node takes longer than this for it, and longer than slow_factor times its median.")
        .param("slow_factor", &Params::slow_factor, range(1, 1e6).ui(10, 1000).unit("medians"),
               "A record is slow when a node takes longer than so many times its median, and longer than slow_seconds.")
        .choice("on_slow", &Params::on_slow, {"skip", "retry", "wait", "stop"},
                "What happens to a slow record: leave it out, try it once more, only report it, or end the run.")
        .example({{"epochs", std::int64_t{2}}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs) {
    if (params.stop_early.empty())
      return fail(Error{.reason = "no metric is named",
                        .remedy = "Name one, such as val_loss, or write off",
                        .parameter = "stop_early"});
    const auto devices = parse_device_names(params.device);
    if (!devices) return fail(Error(devices.error()).at_parameter("device"));
    if (Status stages = check_stages(params, *devices); !stages) return fail(std::move(stages.error()));
    if (Status split = check_split(params); !split) return fail(std::move(split.error()));
    return std::vector<TensorDesc>{};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Trainer)
