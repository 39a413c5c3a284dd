// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/fake_nodes.h"

#include "schema/node_builder.h"

#include <cstdlib>
#include <iostream>
#include <sstream>

namespace feedline::test {
namespace {

TensorDesc picture(Dim height, Dim width) {
  return {.kind = Kind::Image,
          .dtype = DType::U8,
          .shape = {std::move(height), std::move(width), 3},
          .layout = Layout::HWC};
}
TensorDesc label(Dim classes) { return {.kind = Kind::Label, .dtype = DType::I64, .classes = std::move(classes)}; }

class FakeSource final : public Source {
 public:
  FakeSource(std::uint64_t size, std::vector<TensorDesc> outputs) : size_(size), outputs_(std::move(outputs)) {}
  std::uint64_t size() const override { return size_; }
  const std::vector<TensorDesc>& outputs() const override { return outputs_; }
  Status read(std::uint64_t index, std::span<Datum* const> out) const override {
    if (out[0] != nullptr) out[0]->set_bytes(std::to_string(index));
    if (out[1] != nullptr) out[1]->set_label(static_cast<std::int64_t>(index));
    return {};
  }
  std::string locate(std::uint64_t index) const override { return "record" + std::to_string(index); }

 private:
  std::uint64_t size_;
  std::vector<TensorDesc> outputs_;
};

struct SourceParams {
  std::string folder;
  std::int64_t count = 100;
  std::int64_t classes = 10;
  std::int64_t size = 32;
  std::string names;  ///< letters, one a class
};

std::vector<std::string> letters(const std::string& text) {
  std::vector<std::string> names;
  for (const char c : text) names.emplace_back(1, c);
  return names;
}

struct Files {
  using Params = SourceParams;
  static NodeSpec spec() {
    return node<Files>("files", 1, "Files", "Encoded pictures.")
        .out("file", Kind::Encoded)
        .out("label", Kind::Label)
        .folder("folder", &Params::folder, "Where.")
        .param("count", &Params::count, range(0, 1e9), "Records.");
  }
  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs) {
    ++infer_calls();
    return std::vector<TensorDesc>{{.kind = Kind::Encoded, .dtype = DType::U8, .shape = {Dim::symbol("bytes")}},
                                   label(Dim::symbol("classes"))};
  }
  static Result<std::unique_ptr<Source>> open(const Params& params, const SourceContext&) {
    if (params.folder == "/missing")
      return fail(Error{.reason = "there is no such folder", .parameter = "folder", .file = params.folder});
    if (params.folder == "/throws") throw std::bad_alloc();
    auto outputs = *infer(params, {});
    outputs[1].classes = params.classes;
    return std::make_unique<FakeSource>(static_cast<std::uint64_t>(params.count), outputs);
  }
};

struct Pictures {
  using Params = SourceParams;
  static NodeSpec spec() {
    return node<Pictures>("pictures", 1, "Pictures", "Pixels.")
        .out("image", Kind::Image)
        .out("label", Kind::Label)
        .param("count", &Params::count, range(0, 1e9), "Records.")
        .param("classes", &Params::classes, range(0, 1000), "Classes.")
        .param("size", &Params::size, range(1, 1000), "Edge.")
        .param("names", &Params::names, "Letters of the classes.");
  }
  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs) {
    ++infer_calls();
    return std::vector<TensorDesc>{picture(Dim::symbol("H"), Dim::symbol("W")), label(Dim::symbol("classes"))};
  }
  static Result<std::unique_ptr<Source>> open(const Params& params, const SourceContext&) {
    std::vector<TensorDesc> outputs = {picture(params.size, params.size), label(params.classes)};
    outputs[1].class_names = letters(params.names);
    return std::make_unique<FakeSource>(static_cast<std::uint64_t>(params.count), outputs);
  }
};

struct Decode {
  struct Params {
    bool exact = false;
  };
  static NodeSpec spec() {
    return node<Decode>("decode", 1, "Decode", "Pixels from files.")
        .in("file", Kind::Encoded)
        .out("image", Kind::Image)
        .param("exact", &Params::exact, "All of it.");
  }
  static Result<TensorDesc> infer(const Params&, const TensorDesc&) {
    ++infer_calls();
    return picture(Dim::symbol("H"), Dim::symbol("W"));
  }
  static bool partial(const Params& params) { return !params.exact; }
  static Status run(const Params&, const Datum&, Datum&, OpContext&) { return {}; }
};

struct Resize {
  struct Params {
    std::int64_t size = 8;
  };
  static NodeSpec spec() {
    return node<Resize>("resize", 2, "Resize", "One size.")
        .in("image", Kind::Image)
        .out("image", Kind::Image)
        .param("size", &Params::size, range(1, 4096), "Edge.")
        .upgrade([](int, ParamMap& params) {  // version 1 called it `edge`
          if (auto old = params.extract("edge")) {
            old.key() = "size";
            params.insert(std::move(old));
          }
        });
  }
  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    ++infer_calls();
    if (in.layout != Layout::HWC) return fail("it takes pictures in HWC layout");
    return picture(params.size, params.size);
  }
  static Status run(const Params&, const Datum&, Datum&, OpContext&) { return {}; }
};

struct Jitter {
  struct Params {
    double strength = 0.5;
    bool broken = false;
  };
  static NodeSpec spec() {
    return node<Jitter>("jitter", 1, "Jitter", "Random.")
        .in("image", Kind::Image)
        .out("image", Kind::Image)
        .random()
        .param("strength", &Params::strength, range(0, 1), "How much.")
        .param("broken", &Params::broken, "Its preparation fails.");
  }
  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) {
    ++infer_calls();
    return in;
  }
  class Op final : public SampleOp {
    Status run(std::span<const Datum* const>, std::span<Datum* const>, OpContext&) const override { return {}; }
  };
  static Result<std::unique_ptr<SampleOp>> make(const Params& params, DescInputs) {
    if (params.broken) return fail("it cannot be prepared");
    return std::make_unique<Op>();
  }
};

struct Cache {
  struct Params : CacheSettings {
    Params() { ram_megabytes = 7; }
  };
  static NodeSpec spec() {
    return node<Cache>("cache", 1, "Cache", "Keeps.").in("sample", Kind::Any).out("sample", Kind::Any);
  }
  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) {
    ++infer_calls();
    return in;
  }
  static Status run(const Params&, const Datum& in, Datum& out, OpContext&) {
    out.view(in);
    return {};
  }
};

/// Two outputs from two inputs, one of them optional.
struct Describe {
  struct Params {};
  static NodeSpec spec() {
    return node<Describe>("describe", 1, "Describe", "Numbers of a picture.")
        .in("image", Kind::Image)
        .optional_in("mask", Kind::Image)
        .out("features", Kind::Features)
        .out("tokens", Kind::Tokens);
  }
  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs) {
    ++infer_calls();
    return std::vector<TensorDesc>{{.kind = Kind::Features, .shape = {4}},
                                   {.kind = Kind::Tokens, .dtype = DType::I64, .shape = {7}}};
  }
  static Result<std::unique_ptr<SampleOp>> make(const Params&, DescInputs) { return std::make_unique<Jitter::Op>(); }
};

struct Shuffle {
  struct Params : SamplerSettings {};
  static NodeSpec spec() {
    return node<Shuffle>("shuffle", 1, "Shuffle", "Order.")
        .in("sample", Kind::Any)
        .optional_in("label", Kind::Label)
        .out("sample", Kind::Any)
        .out("label", Kind::Label)
        .param("shuffle", &Params::shuffle, "On.");
  }
  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs in) {
    ++infer_calls();
    return std::vector<TensorDesc>{in[0] ? *in[0] : TensorDesc{}, in[1] ? *in[1] : TensorDesc{}};
  }
};

struct BatchNode {
  struct Params : BatchSettings {};
  static NodeSpec spec() {
    NodeBuilder<BatchNode> b = node<BatchNode>("batch", 1, "Batch", "Stacks.");
    return std::move(b)
        .optional_in("image", Kind::Image)
        .optional_in("features", Kind::Features)
        .optional_in("tokens", Kind::Tokens)
        .optional_in("label", Kind::Label)
        .out("image", Kind::Tensor)
        .out("features", Kind::Tensor)
        .out("tokens", Kind::Tensor)
        .out("label", Kind::Target)
        .out("batch", Kind::Batch)
        .param("size", &Params::size, range(1, 65536), "Records.")
        .param("drop_last", &Params::drop_last, "Drop.");
  }
  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs in) {
    ++infer_calls();
    std::vector<TensorDesc> out;
    for (const TensorDesc* desc : in) {
      out.push_back(desc ? *desc : TensorDesc{});
      out.back().shape.insert(out.back().shape.begin(), Dim::symbol("N"));
    }
    out.emplace_back();
    return out;
  }
};

struct Linear {
  struct Params {
    std::int64_t units = 0;
  };
  static NodeSpec spec() {
    return node<Linear>("linear", 1, "Linear", "Weights.")
        .in("x", Kind::Tensor)
        .out("x", Kind::Tensor)
        .param("units", &Params::units, range(0, 100000), "0: as many as classes.");
  }
  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    ++infer_calls();
    const Dim width = params.units > 0 ? Dim(params.units) : Dim::symbol("classes");
    return TensorDesc{.kind = Kind::Tensor, .shape = {in.shape.front(), width}};
  }
  static std::unique_ptr<Layer> layer(const Params&, DescInputs, const TensorDesc&) { return nullptr; }
};

struct Add {
  struct Params {};
  static NodeSpec spec() {
    return node<Add>("add", 1, "Add", "Sum.").in("a", Kind::Tensor).in("b", Kind::Tensor).out("x", Kind::Tensor);
  }
  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs in) {
    ++infer_calls();
    if (in[0]->shape.size() != in[1]->shape.size()) return fail("the two differ in shape", "Make them alike");
    return std::vector<TensorDesc>{*in[0]};
  }
  static std::unique_ptr<Layer> layer(const Params&, DescInputs, const TensorDesc&) { return nullptr; }
};

struct CrossEntropy {
  struct Params {};
  static NodeSpec spec() {
    return node<CrossEntropy>("cross_entropy", 1, "Cross-entropy", "Loss.")
        .in("prediction", Kind::Tensor)
        .in("target", Kind::Target)
        .out("loss", Kind::Loss)
        .compares(TargetKind::Classes);
  }
  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs in) {
    ++infer_calls();
    if (!in[0]->shape.back().agrees_with(in[1]->classes)) return fail("the model gives another number of classes");
    return std::vector<TensorDesc>{{.kind = Kind::Loss}};
  }
  static std::unique_ptr<Layer> layer(const Params&, DescInputs, const TensorDesc&) { return nullptr; }
};

/// Written out, because the builder's glue for optimisers needs LibTorch.
NodeSpec sgd() {
  NodeSpec spec{
      .type = "sgd", .title = "SGD", .summary = "Descent.", .category = Category::Optimizer, .role = Role::Optimizer};
  spec.outputs.push_back({.name = "optimizer", .kind = Kind::Optimizer});
  spec.params.push_back({.name = "rate", .kind = ParamKind::Real, .default_value = 0.1, .hard_min = 0, .hard_max = 10});
  spec.infer = [](const ParamMap&, DescInputs) -> Result<std::vector<TensorDesc>> {
    ++infer_calls();
    return std::vector<TensorDesc>{{.kind = Kind::Optimizer}};
  };
  return spec;
}

struct Trainer {
  struct Params : TrainerSettings {};
  static NodeSpec spec() {
    return node<Trainer>("trainer", 1, "Trainer", "Trains.")
        .in("loss", Kind::Loss)
        .in("optimizer", Kind::Optimizer)
        .optional_in("validation", Kind::Batch)
        .param("epochs", &Params::epochs, range(1, 10000), "Epochs.")
        .param("validation_split", &Params::validation_split, range(0, 0.9), "Share.")
        .seed("seed", &Params::seed, "Seed.");
  }
  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs) {
    ++infer_calls();
    return std::vector<TensorDesc>{};
  }
};

}  // namespace

std::atomic<std::size_t>& infer_calls() {
  static std::atomic<std::size_t> calls = 0;
  return calls;
}

const Registry& fake_registry() {
  static const Registry registry = [] {
    Registry r;
    for (NodeSpec spec : {Files::spec(), Pictures::spec(), Decode::spec(), Resize::spec(), Jitter::spec(),
                          Cache::spec(), Describe::spec(), Shuffle::spec(), BatchNode::spec(), Linear::spec(),
                          Add::spec(), CrossEntropy::spec(), sgd(), Trainer::spec()})
      r.add(std::move(spec));
    for (const NodeSpec* spec : Registry::instance().all())
      if (spec->role == Role::Structure) r.add(*spec);
    return r;
  }();
  return registry;
}

Graph::Graph(std::string_view text) { add(text); }

void Graph::must(const Edit& edit) {
  if (const Result<Edit> done = document_.apply(edit); !done) {
    std::cerr << "a test's own graph is wrong: " << done.error().line() << std::endl;
    std::abort();
  }
}

Graph& Graph::add(std::string_view text) {
  const auto new_node = [](std::string id, std::string type) {
    const NodeSpec* spec = fake_registry().find(type);
    return Node{.id = std::move(id), .type = std::move(type), .version = spec == nullptr ? 1 : spec->version};
  };
  const auto port = [](const std::string& word) {
    const auto dot = word.find('.');
    return PortRef{word.substr(0, dot), word.substr(dot + 1)};
  };
  std::istringstream words{std::string(text)};
  for (std::string word; words >> word;) {
    if (const auto arrow = word.find('>'); arrow != std::string::npos)
      must({AddLink{Link{.from = port(word.substr(0, arrow)), .to = port(word.substr(arrow + 1))}}});
    else
      must({AddNode{new_node(word.substr(0, word.find(':')), word.substr(word.find(':') + 1))}});
  }
  return *this;
}

Graph& Graph::set(const std::string& node, const std::string& param, Value value) {
  must({SetParam{node, param, std::move(value)}});
  return *this;
}

Graph trainable() {
  Graph graph(
      "source:pictures resize:resize shuffle:shuffle batch:batch linear:linear loss:cross_entropy sgd:sgd "
      "trainer:trainer "
      "source.image>shuffle.sample source.label>shuffle.label shuffle.sample>resize.image resize.image>batch.image "
      "shuffle.label>batch.label batch.image>linear.x linear.x>loss.prediction batch.label>loss.target "
      "loss.loss>trainer.loss sgd.optimizer>trainer.optimizer");
  return graph;
}

}  // namespace feedline::test
