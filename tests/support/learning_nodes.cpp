// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/learning_nodes.h"

#include "schema/node_builder.h"
#include "support/fake_nodes.h"

#include <algorithm>
#include <array>

namespace feedline::test {
namespace {

/// How often each byte was seen.
class ByteCounts final : public Fitter {
 public:
  explicit ByteCounts(std::int64_t least) : least_(least) {}

  Status add(std::span<const Datum* const> in) override {
    for (const std::byte byte : in[0]->span()) ++counts_[std::to_integer<std::size_t>(byte)];
    ++records_;
    return {};
  }
  Status merge(const Fitter& next) override {
    const auto& other = static_cast<const ByteCounts&>(next);
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    records_ += other.records_;
    return {};
  }
  bool reset() override {
    counts_ = {};
    records_ = 0;
    return true;
  }
  Result<NamedTensors> finish() const override {
    if (records_ == 0) return fail("there is no good training record", "See the list of bad records");
    std::vector<std::int64_t> bytes;
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] < least_) continue;
      bytes.push_back(static_cast<std::int64_t>(i));
      texts.emplace_back(1, static_cast<char>(i));
    }
    NamedTensors state{{"bytes", TensorValue::of(bytes)}};
    put_texts(state, "letters", texts);
    return state;
  }

 private:
  std::int64_t least_;
  std::int64_t records_ = 0;
  std::array<std::int64_t, 256> counts_{};
};

Result<std::vector<std::int64_t>> learnt_bytes(const NamedTensors& state) {
  const auto found = state.find("bytes");
  auto bytes = found == state.end() ? std::nullopt : found->second.numbers<std::int64_t>();
  if (!bytes || std::any_of(bytes->begin(), bytes->end(), [](std::int64_t b) { return b < 0 || b > 255; }))
    return fail("what it has learnt is damaged");
  return std::move(*bytes);
}

/// By byte its place among those that were learnt; -1: it is not.
Result<std::array<std::int32_t, 256>> places_of(const NamedTensors& state) {
  const auto bytes = learnt_bytes(state);
  if (!bytes) return fail(bytes.error());
  std::array<std::int32_t, 256> places;
  places.fill(-1);
  std::int32_t place = 0;
  for (const std::int64_t byte : *bytes) places[static_cast<std::size_t>(byte)] = place++;
  return places;
}

struct LetterParams {
  std::int64_t least = 1;
};

struct Letters {
  using Params = LetterParams;
  static NodeSpec spec() {
    return node<Letters>("letters", 1, "Letters", "Counts bytes.")
        .in("text", Kind::Text, "A text.")
        .out("features", Kind::Features, "Counts.")
        .param("least", &Params::least, range(1, 1e6), "How often a byte must occur.");
  }
  static Result<TensorDesc> infer(const Params&, const TensorDesc&) {
    return TensorDesc{.kind = Kind::Features, .dtype = DType::F32, .shape = {Dim::symbol("features")}};
  }
  static Result<TensorDesc> learnt(const Params&, DescInputs, const NamedTensors& state) {
    const auto bytes = learnt_bytes(state);
    if (!bytes) return fail(bytes.error());
    if (bytes->empty()) return fail(Error{.reason = "no byte is so frequent", .parameter = "least"});
    return TensorDesc{
        .kind = Kind::Features, .dtype = DType::F32, .shape = {Dim(static_cast<std::int64_t>(bytes->size()))}};
  }
  static std::unique_ptr<Fitter> fitter(const Params& params, DescInputs) {
    return std::make_unique<ByteCounts>(params.least);
  }
  class Op final : public SampleOp {
   public:
    Op(std::array<std::int32_t, 256> places, std::int64_t width) : places_(places), width_(width) {}
    Status run(std::span<const Datum* const> in, std::span<Datum* const> out, OpContext&) const override {
      auto* to = reinterpret_cast<float*>(out[0]->allocate(DType::F32, {width_}));
      std::fill_n(to, width_, 0.0F);
      for (const std::byte byte : in[0]->span())
        if (const std::int32_t place = places_[std::to_integer<std::size_t>(byte)]; place >= 0) to[place] += 1;
      return {};
    }

   private:
    std::array<std::int32_t, 256> places_;
    std::int64_t width_;
  };
  static Result<std::unique_ptr<SampleOp>> make(const Params&, DescInputs, const NamedTensors& state) {
    const auto places = places_of(state);
    if (!places) return fail(places.error());
    return std::make_unique<Op>(*places, static_cast<std::int64_t>(learnt_bytes(state)->size()));
  }
};

struct LetterIds {
  struct Params : LetterParams {
    std::int64_t length = 20;
  };
  static NodeSpec spec() {
    return node<LetterIds>("letter_ids", 1, "Letter ids", "Ids of bytes.")
        .in("text", Kind::Text, "A text.")
        .out("tokens", Kind::Tokens, "Ids.")
        .param("least", &Params::least, range(1, 1e6), "How often a byte must occur.")
        .param("length", &Params::length, range(1, 1e6), "The most.");
  }
  static TensorDesc ids(const Params& params, Dim classes) {
    return {
        .kind = Kind::Tokens, .dtype = DType::I32, .shape = {Dim::up_to(params.length)}, .classes = std::move(classes)};
  }
  static Result<TensorDesc> infer(const Params& params, const TensorDesc&) {
    return ids(params, Dim::symbol("vocabulary"));
  }
  static Result<TensorDesc> learnt(const Params& params, DescInputs, const NamedTensors& state) {
    const auto bytes = learnt_bytes(state);
    if (!bytes) return fail(bytes.error());
    return ids(params, Dim(static_cast<std::int64_t>(bytes->size()) + 2));
  }
  static std::unique_ptr<Fitter> fitter(const Params& params, DescInputs) {
    return std::make_unique<ByteCounts>(params.least);
  }
  class Op final : public SampleOp {
   public:
    Op(std::array<std::int32_t, 256> places, std::int64_t length) : places_(places), length_(length) {}
    Status run(std::span<const Datum* const> in, std::span<Datum* const> out, OpContext&) const override {
      const auto count = std::min(static_cast<std::int64_t>(in[0]->bytes()), length_);
      auto* to = reinterpret_cast<std::int32_t*>(out[0]->allocate(DType::I32, {count}));
      for (std::int64_t i = 0; i < count; ++i) to[i] = places_[in[0]->as<std::uint8_t>()[i]] + 2;
      return {};
    }

   private:
    std::array<std::int32_t, 256> places_;
    std::int64_t length_;
  };
  static Result<std::unique_ptr<SampleOp>> make(const Params& params, DescInputs, const NamedTensors& state) {
    const auto places = places_of(state);
    if (!places) return fail(places.error());
    return std::make_unique<Op>(*places, params.length);
  }
};

struct Centre {
  struct Params {};
  static NodeSpec spec() {
    return node<Centre>("centre", 1, "Centre", "Takes the mean off.")
        .in("features", Kind::Features, "Numbers.")
        .out("features", Kind::Features, "The same less their means.");
  }
  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) { return in; }

  class Sums final : public Fitter {
   public:
    explicit Sums(const Dim& width) : sums_(width.known() ? static_cast<std::size_t>(width.size()) : 0) {}
    Status add(std::span<const Datum* const> in) override {
      if (in[0]->dims().size() != 1 || in[0]->dim(0) != static_cast<std::int64_t>(sums_.size()))
        return fail_record("it has " + in[0]->text());
      for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += static_cast<double>(in[0]->as<float>()[i]);
      records_ += 1;
      return {};
    }
    Status merge(const Fitter& next) override {
      const auto& other = static_cast<const Sums&>(next);
      for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += other.sums_[i];
      records_ += other.records_;
      return {};
    }
    Result<NamedTensors> finish() const override {
      if (records_ == 0) return fail("there is no good training record");
      std::vector<double> means = sums_;
      for (double& mean : means) mean /= records_;
      return NamedTensors{{"mean", TensorValue::of(means)}};
    }

   private:
    std::vector<double> sums_;
    double records_ = 0;
  };
  static std::unique_ptr<Fitter> fitter(const Params&, DescInputs in) {
    return std::make_unique<Sums>(in[0]->shape.front());
  }
  class Op final : public SampleOp {
   public:
    explicit Op(std::vector<double> means) : means_(std::move(means)) {}
    Status run(std::span<const Datum* const> in, std::span<Datum* const> out, OpContext&) const override {
      auto* to = reinterpret_cast<float*>(out[0]->allocate(DType::F32, in[0]->dims()));
      for (std::size_t i = 0; i < means_.size(); ++i) to[i] = in[0]->as<float>()[i] - static_cast<float>(means_[i]);
      return {};
    }

   private:
    std::vector<double> means_;
  };
  static Result<std::unique_ptr<SampleOp>> make(const Params&, DescInputs in, const NamedTensors& state) {
    const auto found = state.find("mean");
    auto means = found == state.end() ? std::nullopt : found->second.numbers<double>();
    if (!means || !in[0]->shape.front().known() ||
        in[0]->shape.front() != Dim(static_cast<std::int64_t>(means->size())))
      return fail("what it has learnt does not fit what enters it: " + in[0]->text());
    return std::make_unique<Op>(std::move(*means));
  }
};

}  // namespace

const Registry& learning_registry() {
  static const Registry registry = [] {
    Registry all;
    for (const NodeSpec* spec : Registry::instance().all()) all.add(*spec);
    for (NodeSpec spec : {Letters::spec(), LetterIds::spec(), Centre::spec()}) all.add(std::move(spec));
    return all;
  }();
  return registry;
}

Document letters_graph(const QString& lines) {
  Graph graph(
      "source:text_lines letters:letters centre:centre batch:batch hidden:linear relu:relu last:linear "
      "loss:cross_entropy adam:adam trainer:trainer source.text>letters.text letters.features>centre.features "
      "centre.features>batch.features source.label>batch.label batch.features>hidden.x hidden.y>relu.x relu.y>last.x "
      "last.y>loss.prediction batch.label>loss.target loss.loss>trainer.loss adam.optimizer>trainer.optimizer");
  graph.set("source", "file", lines.toStdString());
  graph.set("hidden", "units", std::int64_t{8});
  graph.set("batch", "size", std::int64_t{16});
  graph.set("trainer", "validation_split", 0.2);
  return graph.document();
}

}  // namespace feedline::test
